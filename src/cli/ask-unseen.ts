/** Asks for a secret at the terminal without showing what is typed. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Needs a terminal: the caller looks whether there is one. */
export async function askUnseen(question: string): Promise<string> {
  // readline echoes what is typed to its output: this one swallows it.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output, terminal: true });
  process.stderr.write(question);
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
