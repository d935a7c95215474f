/** A process of its own that starts the servers in a home and holds them until it is killed. */
import { startEmbeddedServers } from '../../src/embedded/stack';

const [home = '', temporalBin, baoBin] = process.argv.slice(2);

void startEmbeddedServers({
  home,
  ports: { temporal: 0, temporalUi: 0, vault: 0, postgres: 0 },
  binaries: { temporalBin, baoBin },
  log: () => undefined,
}).then(({ stop: _stop, ...servers }) => process.stdout.write(`${JSON.stringify(servers)}\n`));
setInterval(() => undefined, 60_000);
