/** The shapes of requests and answers. What validates here is what the OpenAPI document says. */
import { z } from 'zod';
import { DEFAULT_KEY_NAME, ID_PATTERN, UUID_PATTERN } from '../contract/ids';
import { GRACE_SECONDS, KeyState } from '../contract/keys';
import { OperationKind, OperationState } from '../contract/operations';
import { Verdict, VerdictReason } from '../contract/verdict';

const id = (what: string) => z.string().regex(ID_PATTERN).meta({ description: what });

export const tenantId = id('the tenant; any such id is one').meta({ example: 'acme' });
export const serviceId = id('id or alias of a service of the catalogue').meta({ example: 'openrouter' });
export const givenKeyName = id('name of the key among the service’s keys');
export const keyName = givenKeyName.default(DEFAULT_KEY_NAME);
export const operationId = z.string().regex(UUID_PATTERN).meta({ description: 'id of an operation' });
/** No control characters and no lone surrogates, which PostgreSQL cannot hold; not only white space. */
const ONE_LINE = /^(?=.*\S)[^\p{Cc}\p{Cs}]+$/u;
export const reason = z
  .string()
  .max(500)
  .regex(ONE_LINE)
  .meta({ description: 'why; kept in the audit trail; must hold no credential' });
export const apiKeys = z.record(z.string().min(1).max(64), z.string().max(16_384)).meta({
  description: 'the credential: field → value, as /byok/services lists them',
  example: { api_key: 'sk-…' },
});
export const graceSeconds = z.int().min(GRACE_SECONDS.min).max(GRACE_SECONDS.max);
export const limit = z.coerce.number().int().min(1).max(200).default(50);
export const cursor = z.string().min(1).max(512);

const details = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const time = z.iso.datetime();
const links = z.object({
  operation: z.string().meta({ description: 'where the operation can be looked at' }),
  workflow: z.string().nullable().meta({ description: 'its run in the Temporal Web UI; null while unknown' }),
});
const warnings = z
  .array(z.string())
  .optional()
  .meta({ description: 'fields whose value does not look as usual' });

/** Which key an answer is about. */
const about = { tenant_id: z.string(), service_id: z.string(), key_name: z.string() };
/** How to follow it up. */
const trace = { operation_id: z.string(), links };

const verdictFacts = {
  verdict: z.enum(Verdict),
  reason: z.enum(VerdictReason),
  account: z.string().nullable(),
  validated_at: time.nullable(),
  details,
};
const keyFacts = {
  outcome: z.string().meta({ example: 'stored' }),
  state: z.enum(KeyState),
  key_id: z.string().nullable(),
  version: z.int(),
  previous_version: z.int().nullable().optional(),
  replaced_version: z.int().optional(),
  hint: z.string().nullable(),
  fingerprint: z.string(),
  retire_at: time.nullable(),
};
const revocationFacts = {
  epoch: z.int(),
  key_id: z.string().nullable().optional(),
  tombstone_at: time.nullable().optional(),
  destroyed_below_version: z.int().nullable().optional(),
};

export const keyAnswer = z
  .object({ ...about, ...keyFacts, ...verdictFacts, warnings, ...trace })
  .meta({ id: 'Key' });

export const verdictAnswer = z
  .object({
    ...about,
    stored: z.boolean().meta({ description: 'true: the stored key was asked about' }),
    version: z.int().nullable(),
    provider_status: z.int().nullable(),
    ...verdictFacts,
    warnings,
    ...trace,
  })
  .meta({ id: 'Verdict' });

/** The end of a grace period; its numbers are absent when a crash came between deed and report. */
export const finishAnswer = z
  .object({
    ...about,
    outcome: z.string(),
    state: z.enum(KeyState),
    version: z.int().optional(),
    retired_version: z.int().optional(),
    ...trace,
  })
  .meta({ id: 'FinishedRotation' });

export const revocationReceipt = z
  .object({
    ...about,
    state: z.literal('revoked'),
    revoked_at: time.meta({ description: 'since then no reader is served' }),
    ...revocationFacts,
    at_provider: z.string().meta({ description: 'what remains to be done at the provider' }),
    ...trace,
  })
  .meta({ id: 'RevocationReceipt' });

/** Accepted, and not done within the wait. */
export const acceptedAnswer = z
  .object({ kind: z.enum(OperationKind), state: z.enum(OperationState), ...trace })
  .meta({ id: 'Accepted' });

/** What an operation of any kind ended with. */
const result = z
  .object({
    ...keyFacts,
    version: z.int().nullable(),
    retired_version: z.int(),
    stored: z.boolean(),
    provider_status: z.int().nullable(),
    ...verdictFacts,
    ...revocationFacts,
  })
  .partial();

export const operationAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(OperationKind),
    state: z.enum(OperationState),
    ...about,
    epoch: z.int(),
    principal: z.string(),
    accepted_at: time,
    closed_at: time.nullable(),
    result: result.nullable(),
    error: z.object({ code: z.string(), message: z.string().nullable() }).nullable(),
    links,
  })
  .meta({ id: 'Operation' });

export const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    retryable: z.boolean().meta({ description: 'true: the same request may succeed later' }),
    field: z.string().nullable().optional().meta({ description: 'the field that is wrong' }),
    operation_id: z.string().optional(),
    operation: z.string().optional().meta({ description: 'where the operation can be looked at' }),
  })
  .meta({ id: 'Problem' });
