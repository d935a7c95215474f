import { spawn } from 'node:child_process';

/** Passes stdio, signals and the exit code on exactly. */
export function runPassingOn(command, commandArgs, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArgs, { stdio: 'inherit', ...options });
    const forward = (signal) => {
      // Ctrl-C in a terminal reaches the child by itself; a second signal would mean "at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
    for (const signal of signals) process.on(signal, forward);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const each of signals) process.off(each, forward);
      resolve({ code, signal });
    });
  });
}
