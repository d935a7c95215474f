/** Portkey's own server, as its package starts it, but on a free port of loopback and for as long as its parent. */
import { Server, type AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import type { ListeningMessage } from './start-child';

/** It would listen on every address, where anyone could send calls through it, and not tell a port that it was given as 0. */
function listenOnLoopback(): void {
  const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server;
  Server.prototype.listen = function onLoopback(this: Server): Server {
    this.once('listening', () => {
      const { port } = this.address() as AddressInfo;
      const message: ListeningMessage = { origin: `http://127.0.0.1:${port}` };
      process.send?.(message);
    });
    return listen.call(this, 0, '127.0.0.1');
  } as typeof Server.prototype.listen;
}

async function main(entry: string): Promise<void> {
  listenOnLoopback();
  process.once('disconnect', () => process.exit());
  process.argv.push('--headless', '--port=0');
  await import(pathToFileURL(entry).href);
}

void main(process.argv[2] ?? '');
