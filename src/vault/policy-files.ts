/** The policies that are shipped as files, with the configured names of mounts and keys put in. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeyturnError } from '../contract/errors';
import { VAULT_DEFAULTS, type VaultSettings } from './vault-settings';

const POLICY_FOLDER = join('deploy', 'vault', 'policies');

/** Every shipped policy: name → HCL under these settings. */
export function renderPolicies(settings: VaultSettings): ReadonlyMap<string, string> {
  const folder = findPolicyFolder();
  const files = readdirSync(folder).filter((file) => file.endsWith('.hcl'));
  return new Map(
    files.map((file) => [
      file.replace(/\.hcl$/, ''),
      renderPolicy(readFileSync(join(folder, file), 'utf8'), settings),
    ]),
  );
}

/** Puts the configured names into the `path "…"` lines of one policy. */
export function renderPolicy(hcl: string, settings: VaultSettings): string {
  return hcl.replace(/^path "([^"]*)"/gm, (_line, path: string) => `path "${renderPath(path, settings)}"`);
}

function renderPath(path: string, settings: VaultSettings): string {
  const mounts = [
    [VAULT_DEFAULTS.kvMount, settings.kvMount],
    [VAULT_DEFAULTS.transitMount, settings.transitMount],
  ] as const;
  const mount = mounts.find(([name]) => path.startsWith(`${name}/`) || path === `sys/mounts/${name}`);
  if (mount === undefined) return path;
  if (path.startsWith('sys/mounts/')) return `sys/mounts/${mount[1]}`;
  const rest = path.slice(mount[0].length);
  return mount[1] + (mount[0] === VAULT_DEFAULTS.transitMount ? renderKey(rest, settings) : rest);
}

function renderKey(rest: string, settings: VaultSettings): string {
  const keys = new Map<string, string>([
    [VAULT_DEFAULTS.transitKey, settings.transitKey],
    [VAULT_DEFAULTS.fingerprintKey, settings.fingerprintKey],
    [VAULT_DEFAULTS.anchorKey, settings.anchorKey],
  ]);
  return rest.replace(/[^/]+$/, (last) => (rest.startsWith('/config/') ? last : (keys.get(last) ?? last)));
}

/** The sources lie two folders below the package, their compiled form three: look upward. */
function findPolicyFolder(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, POLICY_FOLDER);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder))
      throw new KeyturnError('internal', `${POLICY_FOLDER} is missing from this installation`);
  }
}
