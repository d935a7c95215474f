/** At boot: does our token hold what its role needs, and nothing that its role must not have? */
import { isDeepStrictEqual } from 'node:util';
import { KeyturnError } from '../contract/errors';
import {
  anchorPath,
  FIXED_PATHS,
  inboxPath,
  keyPath,
  platformPath,
  transitPath,
  type VaultPath,
} from './paths';
import type { VaultRole } from './provision-access';
import { dataOf } from './read-reply';
import type { VaultClient } from './vault-client';
import { VAULT_SETTING_NAMES, type VaultSettings } from './vault-settings';

type Capability = 'create' | 'read' | 'update' | 'delete' | 'list';

/** Roles with a table of rights: those that log in, less the issuer, whose paths are no secrets. */
export type CheckedRole = Exclude<VaultRole, 'issuer'>;

// No entry is ever made under these names; rights are asked for, nothing is touched.
const SAMPLE_REF = { tenantId: 'capability-check', serviceId: 'capability-check', keyName: 'default' };
const SAMPLE_OPERATION = '00000000-0000-0000-0000-000000000000';

const RIGHTS: Record<CheckedRole, Record<Subject, readonly Capability[]>> = {
  api: {
    encrypt: ['update'],
    decrypt: [],
    hmac: ['update'],
    sign: [],
    sealingKey: [],
    record: [],
    recordVersions: [],
    inbox: ['create'],
    inboxMetadata: ['delete', 'list', 'read'],
    anchor: ['read'],
    platform: [],
  },
  worker: {
    encrypt: ['update'],
    decrypt: ['update'],
    hmac: ['update'],
    sign: ['update'],
    sealingKey: [],
    record: ['create', 'read', 'update'],
    recordVersions: ['update'],
    inbox: ['read'],
    inboxMetadata: ['delete', 'list', 'read'],
    anchor: ['create', 'read'],
    platform: [],
  },
  gateway: {
    encrypt: [],
    decrypt: ['update'],
    hmac: [],
    sign: [],
    sealingKey: [],
    record: ['read'],
    recordVersions: [],
    inbox: [],
    inboxMetadata: [],
    anchor: [],
    platform: ['read'],
  },
  operator: {
    encrypt: [],
    decrypt: [],
    hmac: [],
    sign: [],
    sealingKey: [],
    record: ['create', 'read', 'update'],
    recordVersions: ['update'],
    inbox: [],
    inboxMetadata: ['list', 'read'],
    anchor: ['read'],
    platform: ['create', 'update'],
  },
};

type Subject = keyof ReturnType<typeof subjectPaths>;

function subjectPaths(settings: VaultSettings) {
  return {
    encrypt: transitPath(settings, 'encrypt', settings.transitKey),
    decrypt: transitPath(settings, 'decrypt', settings.transitKey),
    hmac: transitPath(settings, 'hmac', settings.fingerprintKey),
    sign: transitPath(settings, 'sign', settings.anchorKey),
    sealingKey: transitPath(settings, 'keys', settings.transitKey),
    record: keyPath(settings, 'data', SAMPLE_REF),
    recordVersions: keyPath(settings, 'destroy', SAMPLE_REF),
    inbox: inboxPath(settings, 'data', SAMPLE_REF.tenantId, SAMPLE_OPERATION),
    inboxMetadata: inboxPath(settings, 'metadata', SAMPLE_REF.tenantId, SAMPLE_OPERATION),
    anchor: anchorPath(settings, 1),
    platform: platformPath(settings, 'data', 'openrouter-api-key'),
  } satisfies Record<string, VaultPath>;
}

/**
 * Compares the token's rights with the role's table.
 * Thrown when they differ: `vault_denied`, naming path, what is missing or too much, and the cure.
 */
export async function checkAccess(vault: VaultClient, role: CheckedRole): Promise<void> {
  const paths = subjectPaths(vault.settings);
  const subjects = Object.keys(paths) as Subject[];
  const body = { paths: subjects.map((subject) => paths[subject]) };
  const reply = await vault.request({
    method: 'POST',
    path: FIXED_PATHS.capabilitiesSelf,
    body,
    idempotent: true,
  });
  const held = dataOf(reply.body);
  const complaints = subjects.flatMap((subject) =>
    complain(paths[subject], RIGHTS[role][subject], held[paths[subject]]),
  );
  if (complaints.length === 0) return;
  const { roleId, kvMount, transitMount } = VAULT_SETTING_NAMES;
  throw new KeyturnError(
    'vault_denied',
    `The vault token is not that of the ${role} role: ${complaints.join('; ')}. Load deploy/vault/policies/keyturn-${role}.hcl, ` +
      `or check ${roleId}, ${kvMount} and ${transitMount}`,
    { role, complaints, setting: roleId },
  );
}

function complain(path: VaultPath, needed: readonly Capability[], answer: unknown): string[] {
  const held = Array.isArray(answer)
    ? answer
        .filter((one) => one !== 'deny')
        .map(String)
        .sort()
    : [];
  if (isDeepStrictEqual(held, [...needed].sort())) return [];
  const missing = held.includes('root') ? [] : needed.filter((one) => !held.includes(one));
  const surplus = held.filter((one) => !needed.includes(one as Capability));
  return [
    ...(missing.length > 0 ? [`${path} lacks ${missing.join(', ')}`] : []),
    ...(surplus.length > 0 ? [`${path} has ${surplus.join(', ')} too much`] : []),
  ];
}
