/**
 * Who may import whom. The whole direction of the code in one table:
 *
 *   cli → composition roots → http | activities → vault · ledger · providers · temporal → contract ← workflows
 */
export interface Room {
  /** Files of the room: a path prefix, or a pattern where a folder is shared. */
  readonly files: string | RegExp;
  /** Prefixes of what it may load. Its own files always. */
  readonly values: readonly string[];
  /** Prefixes of what it may name as a type only. */
  readonly types?: readonly string[];
  readonly packages: readonly string[];
  /** Whether `node:` modules may be loaded. */
  readonly node: boolean;
  /** Members of `process` it may touch. Only src/config.ts reads the environment. */
  readonly process?: readonly string[];
}

const CONTRACT = 'src/contract/';

const WIRED = [
  'vault',
  'ledger',
  'reader',
  'providers',
  'openrouter',
  'temporal',
  'http',
  'embedded',
  'break-glass',
];
const RESTORED = ['embedded', 'ledger', 'temporal', 'vault'];
const CLI_ROOMS = [
  'vault',
  'ledger',
  'temporal',
  'embedded',
  'simulator',
  'providers',
  'backup',
  'break-glass',
  'key-import',
];
const CLI_ROOTS = [
  'all-roles',
  'api',
  'audit-anchors',
  'config',
  'connections',
  'gateway',
  'log',
  'setup',
].concat(['http/refuse-secrets', 'role-credentials', 'run-api', 'run-worker', 'start', 'worker']);
const inSrc = (names: readonly string[]): string[] => names.map((name) => `src/${name}`);

/** The first room whose pattern fits a file is its room. */
export const ROOMS: Readonly<Record<string, Room>> = {
  contract: { files: CONTRACT, values: [], packages: [], node: false },
  workflows: {
    files: 'workflows/',
    values: [CONTRACT],
    types: ['activities/index'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    node: false,
  },
  activities: {
    files: 'activities/',
    values: [CONTRACT, 'src/vault/', 'src/ledger/'],
    packages: ['@temporalio/activity', '@temporalio/client', '@temporalio/common'],
    node: false,
  },
  providers: {
    files: 'src/providers/',
    values: [CONTRACT],
    packages: ['aws4', 'ipaddr.js', 'jose', 'rate-limiter-flexible', 'undici'],
    node: true,
  },
  vault: {
    files: 'src/vault/',
    values: [CONTRACT],
    packages: ['node-vault', 'undici', 'zod'],
    node: true,
  },
  ledger: {
    files: 'src/ledger/',
    values: [CONTRACT],
    packages: ['kysely', 'pg', 'uuidv7', 'zod'],
    node: true,
  },
  reader: {
    files: 'src/reader/',
    values: [CONTRACT, 'src/vault/', 'src/ledger/'],
    packages: ['lru-cache'],
    node: false,
  },
  openrouter: {
    files: 'src/openrouter/',
    values: [CONTRACT],
    packages: ['big.js', 'eventsource-parser', 'fastest-levenshtein', 'jsonc-parser', 'undici', 'zod'],
    node: true,
  },
  temporal: {
    files: 'src/temporal/',
    values: [CONTRACT],
    types: ['activities/index', 'workflows/index', 'src/log'],
    packages: ['@temporalio/client', '@temporalio/common', '@temporalio/worker'],
    node: false,
  },
  http: {
    files: 'src/http/',
    values: [CONTRACT, 'src/providers/catalog', 'src/providers/parse-fields'],
    types: ['src/providers/provider', 'src/log'],
    packages: [
      'csv-stringify',
      'express',
      'helmet',
      'jose',
      'lru-cache',
      'swagger-ui-dist',
      'zod',
      'zod-openapi',
    ],
    node: true,
  },
  simulator: {
    files: 'src/simulator/',
    values: [CONTRACT],
    packages: ['big.js', 'zod'],
    node: true,
    process: ['emitWarning'],
  },
  embedded: {
    files: 'src/embedded/',
    values: [CONTRACT],
    packages: ['@temporalio/client', '@temporalio/common', 'pg', 'proper-lockfile', 'undici', 'zod'],
    node: true,
    // Servers are processes: theirs are looked up and ended by id, and started as another user where we are root.
    process: ['arch', 'getuid', 'kill', 'pid', 'platform'],
  },
  backup: {
    files: 'src/backup/',
    values: [CONTRACT, ...inSrc(RESTORED).map((room) => `${room}/`), 'src/audit-anchors'],
    packages: ['pg', 'undici', 'zod'],
    node: true,
    process: ['pid'],
  },
  breakGlass: {
    files: 'src/break-glass/',
    values: [CONTRACT, 'src/ledger/', 'src/vault/'],
    packages: ['uuidv7', 'zod'],
    node: true,
  },
  keyImport: {
    files: 'src/key-import/',
    values: [CONTRACT, 'src/providers/catalog', 'src/providers/parse-fields'],
    packages: ['csv-parse', 'dotenv', 'undici', 'zod'],
    node: true,
  },
  config: { files: /^src\/config\.ts$/, values: [CONTRACT], packages: ['zod'], node: true, process: ['env'] },
  log: { files: /^src\/log\.ts$/, values: [], packages: ['pino'], node: false },
  /** Wires rooms together; has no rules of its own to keep apart. */
  composition: {
    files: /^src\/[^/]+\.ts$/,
    values: [CONTRACT, 'activities/', ...inSrc(WIRED).map((room) => `${room}/`), 'src/config', 'src/log'],
    packages: ['big.js', 'express', 'prom-client', 'rate-limiter-flexible', 'undici', 'uuidv7', 'zod'],
    node: true,
    process: ['pid'],
  },
  cli: {
    files: 'src/cli/',
    values: [CONTRACT, ...inSrc(CLI_ROOMS).map((room) => `${room}/`), ...inSrc(CLI_ROOTS)],
    packages: ['commander', 'openai', 'zod'],
    node: true,
    process: ['argv', 'exit', 'exitCode', 'off', 'on', 'once', 'stderr', 'stdin', 'stdout'],
  },
};

/** The name of a file's room; undefined when it has none. */
export function roomOf(file: string): string | undefined {
  const found = Object.entries(ROOMS).find(([, { files }]) =>
    typeof files === 'string' ? file.startsWith(files) : files.test(file),
  );
  return found?.[0];
}
