/**
 * Which process a pid is. Pids are reused: a recorded one names the same process only if the start time and the
 * executable agree as well.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process. */
  readonly startTime: string;
  /** Path of the running executable. */
  readonly executable: string;
}

/** Null when no such process runs (a zombie has ended, too). */
export function identifyProcess(pid: number): ProcessIdentity | null {
  return process.platform === 'linux' ? identifyOnLinux(pid) : identifyByPs(pid);
}

/** True while the very process that was recorded runs. */
export function isSameProcess(recorded: ProcessIdentity): boolean {
  const now = identifyProcess(recorded.pid);
  if (now === null || now.startTime !== recorded.startTime) return false;
  // ps shows the path as it was typed; /proc shows the file.
  const view = process.platform === 'linux' ? (path: string) => path : basename;
  return view(now.executable) === view(recorded.executable);
}

function identifyOnLinux(pid: number): ProcessIdentity | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name is in parentheses and may itself hold spaces; proc(5) counts fields from after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, ticks] = [fields[0], fields[19]];
    if (state === 'Z' || state === 'X' || ticks === undefined) return null;
    // Ticks count from boot, so the boot is part of the time.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, startTime: `${boot}/${ticks}`, executable: executableOf(pid) };
  } catch {
    return null; // The process ended, perhaps between two reads.
  }
}

/** " (deleted)" is what the kernel appends when an upgrade replaced the file under a running process. */
function executableOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
}

function identifyByPs(pid: number): ProcessIdentity | null {
  try {
    const out = execFileSync('ps', ['-o', 'stat=,lstart=,comm=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // "Ss   Mon Nov 23 00:00:00 2026 /path/to/executable"
    const match = /^\s*(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.+?)\s*$/.exec(out);
    if (!match?.[1] || !match[2] || !match[3] || match[1].startsWith('Z')) return null;
    return { pid, startTime: match[2].replace(/\s+/g, ' '), executable: match[3] };
  } catch {
    return null; // ps answers 1 when there is none.
  }
}
