/** OpenBao under the configuration of docker-compose.yml, its paths and addresses moved to a folder and free ports. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, spawnBao } from '../vault/open-bao';
import { ROOT } from './read-compose';

export interface ComposeVault {
  readonly address: string;
  /** What compose mounts at /run/secrets. */
  readonly secretsDirectory: string;
  readonly auditLogFile: string;
  stop(): Promise<void>;
}

/** `directory` is an empty folder. */
export async function startComposeVault(directory: string): Promise<ComposeVault> {
  const [api, cluster] = await Promise.all([freePort(), freePort()]);
  const secretsDirectory = makeSecrets(directory);
  const moved: Record<string, string> = {
    '0.0.0.0:8200': `127.0.0.1:${api}`,
    '127.0.0.1:8201': `127.0.0.1:${cluster}`,
    'http://openbao:8200': `http://127.0.0.1:${api}`,
    '/openbao/policies': join(ROOT, 'deploy/vault/policies'),
    '/openbao/file': join(directory, 'file'),
    '/openbao/logs': join(directory, 'logs'),
    '/run/secrets': secretsDirectory,
  };
  mkdirSync(join(directory, 'file'));
  mkdirSync(join(directory, 'logs'));
  const config = readFileSync(join(ROOT, 'deploy/openbao/openbao.hcl'), 'utf8');
  const file = join(directory, 'openbao.hcl');
  writeFileSync(
    file,
    Object.entries(moved).reduce((text, [from, to]) => text.replaceAll(from, to), config),
  );
  const { stop } = await spawnBao(['server', `-config=${file}`, '-log-level=warn']);
  return {
    address: `http://127.0.0.1:${api}`,
    secretsDirectory,
    auditLogFile: join(directory, 'logs/audit.log'),
    stop,
  };
}

function makeSecrets(directory: string): string {
  const script = join(directory, 'deploy/make-secrets.sh');
  cpSync(join(ROOT, 'deploy/make-secrets.sh'), script, { recursive: true });
  execFileSync('/bin/sh', [script]);
  // A container gets the files mounted one by one, past their closed folder.
  chmodSync(join(directory, 'deploy/secrets'), 0o755);
  return join(directory, 'deploy/secrets');
}
