/** A process of its own that starts the servers in a home and holds them until it is killed, or its parent is. */
import { startEmbeddedServers } from '../../src/embedded/stack';

const [home = '', temporalBin, baoBin] = process.argv.slice(2);

const started = startEmbeddedServers({
  home,
  ports: { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 },
  binaries: { temporalBin, baoBin },
  log: () => undefined,
});
void started.then(({ stop: _stop, ...servers }) => process.stdout.write(`${JSON.stringify(servers)}\n`));
// The pipe ends with the parent: then nothing may stay behind.
process.stdin
  .resume()
  .once('end', () => void started.then(({ stop }) => stop()).finally(() => process.exit()));
