/** docker-compose.yml and its parts, as far as they can be checked without Docker. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS } from '../../src/config';
import { VAULT_ROLES } from '../../src/vault/provision-access';
import { finalStage, readCompose, readDockerfile, ROOT, serviceOf } from './read-compose';

const compose = readCompose();
const all = Object.entries(compose.services);
const ours = all.filter(([, service]) => service.build !== undefined);
const longRunning = all.filter(([, service]) => service.restart === 'unless-stopped');
const composeText = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

describe('what is published', () => {
  it.each(all)('%s publishes on loopback only', (_name, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('keeps databases, vault and Temporal on a network without a way out or in', () => {
    expect(compose.networks['inside']?.internal).toBe(true);
    for (const name of ['postgres', 'openbao', 'temporal']) {
      expect(serviceOf(compose, name).networks).toEqual(['inside']);
      expect(serviceOf(compose, name).ports).toBeUndefined();
    }
  });
});

describe('secrets', () => {
  const secretName = /PASSWORD|PWD|SECRET|TOKEN|API_KEY/;

  it.each(all)('%s has no secret with a default', (_name, service) => {
    for (const [variable, value] of Object.entries(service.environment ?? {})) {
      if (secretName.test(variable) && !variable.endsWith('_FILE'))
        expect(value).toMatch(/^\$\{\w+:\?[^}]+\}$/);
      // A password inside an address counts, too.
      const password = /:\/\/[^/:@\s]+:([^@]+)@/.exec(value)?.[1];
      if (password !== undefined) expect(password).toMatch(/^\$\{\w+:\?[^}]+\}$/);
    }
  });

  it('are never given a default in the file (a planted one is found)', () => {
    const defaulted = /\$\{\w*(PASSWORD|PWD|SECRET|TOKEN)\w*:?-/;
    expect('PWD: ${TEMPORAL_DB_PASSWORD:-temporal}').toMatch(defaulted);
    expect(composeText).not.toMatch(defaulted);
  });

  it('are never written in the short form, which is empty when unset', () => {
    expect([...composeText.matchAll(/\$\w+|\$\{\w+\}/g)].map(([found]) => found)).toEqual([]);
  });

  it('come from files or variables that deploy/make-secrets.sh makes, and it never overwrites one', () => {
    const home = mkdtempSync(join(tmpdir(), 'keyturn-secrets-'));
    try {
      cpSync(join(ROOT, 'deploy/make-secrets.sh'), join(home, 'deploy/make-secrets.sh'), { recursive: true });
      const run = (): string =>
        execFileSync('/bin/sh', [join(home, 'deploy/make-secrets.sh')], { encoding: 'utf8', cwd: '/' });
      const first = run();
      const files = Object.values(compose.secrets).map(({ file }) => join(home, file ?? 'none'));
      const made = files.map((file) => readFileSync(file));
      const env = readFileSync(join(home, '.env'), 'utf8');
      const variables = new Set([...composeText.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name));
      expect(variables.size).toBeGreaterThan(0);
      for (const name of variables) expect(env).toMatch(new RegExp(`^${name}=[0-9a-f]{48}$`, 'm'));
      expect(readFileSync(join(home, 'deploy/secrets/seal-key'))).toHaveLength(32);
      expect(statSync(join(home, '.env')).mode & 0o777).toBe(0o600);
      expect(statSync(join(home, 'deploy/secrets')).mode & 0o777).toBe(0o700);
      for (const value of env.matchAll(/=(.+)$/gm)) expect(first).not.toContain(value[1]);

      run();

      expect(files.map((file) => readFileSync(file))).toEqual(made);
      expect(readFileSync(join(home, '.env'), 'utf8')).toBe(env);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  it('stay out of git and out of the image', () => {
    for (const file of ['.gitignore', '.dockerignore']) {
      const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
      expect(lines).toContain('.env');
      expect(lines.map((line) => line.replace(/\/$/, ''))).toContain('deploy/secrets');
    }
  });
});

describe('health and order', () => {
  it.each(longRunning)('%s has a health check', (_name, service) => {
    expect(service.healthcheck?.disable).not.toBe(true);
    expect(service.healthcheck?.test?.[0]).toMatch(/^CMD/);
  });

  it.each(all)('%s waits for conditions, not for starts', (_name, service) => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const once = serviceOf(compose, other).restart?.startsWith('on-failure');
      expect([other, condition]).toEqual([
        other,
        once ? 'service_completed_successfully' : 'service_healthy',
      ]);
    }
  });

  it.each(['api', 'worker', 'gateway'])('%s starts after everything is set up', (name) => {
    const needed = Object.keys(serviceOf(compose, name).depends_on ?? {}).sort();
    expect(needed).toEqual(['openbao', 'postgres', 'setup', 'temporal']);
  });
});

describe('our containers', () => {
  it.each(ours)(
    '%s runs as nobody in particular, without privileges, on a read-only disk',
    (_name, service) => {
      expect(service.user).toBe('10001:10001');
      expect(service.read_only).toBe(true);
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.cap_add).toBeUndefined();
      expect(service.security_opt).toContain('no-new-privileges:true');
      expect(service.environment?.['NODE_ENV']).toBe('production');
    },
  );

  it.each(ours)('%s sets only variables that the configuration knows', (_name, service) => {
    for (const variable of Object.keys(service.environment ?? {})) expect(SETTINGS).toHaveProperty(variable);
  });

  it.each(ours.filter(([name]) => name !== 'tools'))('%s runs a command that exists', (_name, service) => {
    const help = keyturn('--help');
    expect(service.command).toHaveLength(1);
    expect(help).toMatch(new RegExp(`^ {2}${service.command?.[0]} `, 'm'));
  });

  it.each(['api', 'worker', 'gateway'])('%s sees its own secret id and no other', (name) => {
    const { environment = {}, volumes = [], secrets } = serviceOf(compose, name);
    const folder = `/var/lib/keyturn/credentials/${name}`;
    expect(environment['KEYTURN_VAULT_ROLE_ID']).toBe(`keyturn-${name}`);
    expect(environment['KEYTURN_VAULT_SECRET_ID_FILE']).toBe(`${folder}/secret-id`);
    expect(volumes).toEqual([`credentials-${name}:${folder}:ro`]);
    expect(secrets).toBeUndefined();
  });

  it('setup has a volume for every role, which the image makes with the right owner', () => {
    const { volumes, environment } = serviceOf(compose, 'setup');
    const directory = environment?.['KEYTURN_CREDENTIALS_DIR'];
    expect(volumes).toEqual(VAULT_ROLES.map((role) => `credentials-${role}:${directory}/${role}`));
    const run = finalStage().instructions.find(({ kind }) => kind === 'RUN')?.text;
    expect(run).toContain(`for role in ${VAULT_ROLES.join(' ')};`);
    expect(run).toContain(`"${directory}/$role"`);
  });
});

describe('the files it mounts', () => {
  it.each(all)('%s mounts what is there, and volumes that are declared', (_name, service) => {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0] ?? '';
      if (source.startsWith('./')) expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
      else expect(compose.volumes).toHaveProperty(source);
    }
    for (const secret of service.secrets ?? []) expect(compose.secrets).toHaveProperty(secret);
  });

  it.each([
    'deploy/make-secrets.sh',
    'deploy/postgres/create-databases.sh',
    'deploy/temporal/set-up-schema.sh',
  ])('%s is a shell script that parses', (script) => {
    expect(() => execFileSync('/bin/sh', ['-n', join(ROOT, script)])).not.toThrow();
  });
});

describe('the Dockerfile', () => {
  it('uses the same base in every stage, Debian with Node 24', () => {
    const bases = readDockerfile().map(({ from }) => from);
    expect(bases).toEqual(['node:24-bookworm-slim', 'manifest', 'manifest', 'node:24-bookworm-slim']);
  });

  it('ends as a user without a name on the host, with a health check and no secret', () => {
    const { instructions } = finalStage();
    const of = (kind: string) => instructions.filter((one) => one.kind === kind).map(({ text }) => text);
    expect(of('USER')).toEqual(['10001:10001']);
    expect(of('HEALTHCHECK')).toHaveLength(1);
    expect(of('ENV').sort()).toEqual(['HOST=0.0.0.0', 'NODE_ENV=production', 'PORT=8001']);
    expect(of('ARG')).toEqual([]);
    expect(of('RUN').join()).toContain('ca-certificates');
  });
});

function keyturn(...args: string[]): string {
  return execFileSync(process.execPath, [join(ROOT, 'dist/src/cli/keyturn.js'), ...args], {
    encoding: 'utf8',
  });
}
