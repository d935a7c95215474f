/** The keys' routes: https://openrouter.ai/docs/api-reference/api-keys/list */
import { z } from 'zod';
import { bearer, parseObject } from './credential-places';
import type { Call, Reply, Route } from './define-service';
import {
  badRequest,
  EDGE_HEADERS,
  keyLimitExceeded,
  managementOnly,
  missingKey,
  notFound,
  unknownKey,
  unpaid,
} from './openrouter-errors';
import {
  DEFAULT_WORKSPACE,
  shownKey,
  type KeyBook,
  type KeySettings,
  type KnownKey,
} from './openrouter-keys';
import type { SimulatedReply } from './service';

const PAGE_SIZE = 100;
const KEYS_PATH = '/api/v1/keys';

const limits = {
  limit: z.number().nonnegative().nullish(),
  limit_reset: z.enum(['daily', 'weekly', 'monthly']).nullish(),
  include_byok_in_limit: z.boolean().optional(),
};
const createSchema = z.object({
  name: z.string().min(1),
  ...limits,
  /** UTC only, and with seconds. */
  expires_at: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/)
    .refine((text) => !Number.isNaN(Date.parse(text)))
    .nullish(),
  workspace_id: z.string().min(1).optional(),
  external: z.object({ user: z.string().min(1) }).optional(),
});
const changeSchema = z.object({
  name: z.string().min(1).optional(),
  disabled: z.boolean().optional(),
  ...limits,
});

/** Replies of a route for any key; deleted, disabled and expired ones are unknown. */
export function keyReplies(keys: KeyBook, good: (call: Call) => SimulatedReply): Route['replies'] {
  const unlessExpired: Reply = (call) =>
    keys.stateOf(call.fields['api_key'], new Date()) === 'expired' ? unknownKey : good(call);
  return {
    good: unlessExpired,
    dead: unknownKey,
    disabled: unknownKey,
    exhausted: keyLimitExceeded,
    unpaid,
  };
}

/** GET /key and its older path, and the management of keys. */
export function keyRoutes(keys: KeyBook): readonly Route[] {
  const probe = keyReplies(keys, (call) => ok({ data: keys.describe(call) }));
  const managed = (method: string, path: string, wrongKind: (call: Call) => SimulatedReply): Route => ({
    method,
    path,
    place: bearer('api_key'),
    missing: missingKey,
    replies: { good: managementOnly, dead: unknownKey, disabled: unknownKey, wrongKind },
  });
  const one = (method: string, act: (call: Call, known: KnownKey) => SimulatedReply): Route =>
    managed(method, `${KEYS_PATH}/{*hash}`, (call) => {
      const hash = call.request.path.slice(KEYS_PATH.length + 1);
      const known = keys.find(call.keyring, call.account, hash);
      return known ? act(call, known) : notFound;
    });
  return [
    ...['/api/v1/key', '/api/v1/auth/key'].map((path) => ({
      method: 'GET',
      path,
      place: bearer('api_key'),
      missing: missingKey,
      replies: probe,
    })),
    managed('GET', '/api/v1/credits', () => ok({ data: { total_credits: 100, total_usage: 25.5 } })),
    managed('GET', KEYS_PATH, (call) => listKeys(keys, call)),
    managed('POST', KEYS_PATH, (call) => createKey(keys, call)),
    one('GET', (_, known) => ok({ data: shownKey(known) })),
    one('PATCH', (call, known) => changeKey(keys, call, known)),
    one('DELETE', (call, known) => {
      keys.delete(call.keyring, known);
      return ok({ deleted: true });
    }),
  ];
}

function listKeys(keys: KeyBook, { request, keyring, account }: Call): SimulatedReply {
  const offset = Number(request.query.get('offset') ?? 0);
  if (!Number.isInteger(offset) || offset < 0) return badRequest;
  const workspace = request.query.get('workspace_id') ?? DEFAULT_WORKSPACE;
  const withDisabled = request.query.get('include_disabled') === 'true';
  const found = keys
    .list(keyring, account)
    .filter(({ record }) => record.settings.workspaceId === workspace)
    .filter(({ issued }) => withDisabled || issued.variant !== 'disabled');
  return ok({ data: found.slice(offset, offset + PAGE_SIZE).map(shownKey) });
}

function createKey(keys: KeyBook, { request, keyring, account }: Call): SimulatedReply {
  const parsed = createSchema.safeParse(parseObject(request.body));
  if (!parsed.success) return badRequest;
  const { data } = parsed;
  const { plainKey, known } = keys.mint(keyring, account, {
    name: data.name,
    limit: data.limit ?? null,
    limitReset: data.limit_reset ?? null,
    includeByokInLimit: data.include_byok_in_limit ?? false,
    expiresAt: data.expires_at ?? null,
    workspaceId: data.workspace_id ?? DEFAULT_WORKSPACE,
    externalUser: data.external?.user ?? null,
  });
  return { ...ok({ data: shownKey(known), key: plainKey }), status: 201 };
}

function changeKey(keys: KeyBook, call: Call, known: KnownKey): SimulatedReply {
  const parsed = changeSchema.safeParse(parseObject(call.request.body));
  if (!parsed.success) return badRequest;
  const { name, limit, limit_reset: limitReset, include_byok_in_limit: includeByok, disabled } = parsed.data;
  const change: Partial<KeySettings> = {
    ...(name !== undefined && { name }),
    ...(limit !== undefined && { limit }),
    ...(limitReset !== undefined && { limitReset }),
    ...(includeByok !== undefined && { includeByokInLimit: includeByok }),
  };
  keys.change(call.keyring, known, change, disabled);
  const changed = keys.find(call.keyring, call.account, known.record.hash);
  return changed ? ok({ data: shownKey(changed) }) : notFound;
}

function ok(body: unknown): SimulatedReply {
  return { status: 200, headers: { ...EDGE_HEADERS, 'content-type': 'application/json' }, body };
}
