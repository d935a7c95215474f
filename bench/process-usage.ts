/** What other processes take, as Linux tells it in /proc. Elsewhere nothing is told. */
import { readFileSync } from 'node:fs';

/** USER_HZ, which Linux shows as 100 to programs on every machine. */
const TICKS_PER_SECOND = 100;
const KIBIBYTES_PER_MEBIBYTE = 1024;

/** CPU time since its start, in milliseconds; with `children`, theirs too, also of those that ended. NaN: not told. */
export function readCpuMs(pid: number, children: 'alone' | 'with children' = 'alone'): number {
  try {
    const own = readTicks(pid);
    if (children === 'alone') return toMs(own.self);
    const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return toMs(pids.reduce((sum, child) => sum + ticksOfChild(Number(child)), own.self + own.ended));
  } catch {
    return NaN;
  }
}

/** Resident memory in MiB. NaN: not told. */
export function readRssMiB(pid: number): number {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) / KIBIBYTES_PER_MEBIBYTE;
  } catch {
    return NaN;
  }
}

/** proc_pid_stat(5): the fields 14 to 17; the command before them may hold blanks and brackets. */
function readTicks(pid: number): { self: number; ended: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = NaN, system = NaN, endedUser = NaN, endedSystem = NaN] = fields.slice(11, 15).map(Number);
  return { self: user + system, ended: endedUser + endedSystem };
}

/** It may end while we look. */
function ticksOfChild(pid: number): number {
  try {
    return readTicks(pid).self;
  } catch {
    return 0;
  }
}

function toMs(ticks: number): number {
  return (ticks / TICKS_PER_SECOND) * 1000;
}
