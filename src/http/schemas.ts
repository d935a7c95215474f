/** The shapes of requests and answers. What validates here is what the OpenAPI document says. */
import { z } from 'zod';
import { DEFAULT_KEY_NAME, ID_PATTERN, UUID_PATTERN } from '../contract/ids';
import { GRACE_SECONDS } from '../contract/keys';
import { OperationKind, OperationState } from '../contract/operations';
import { Verdict, VerdictReason } from '../contract/verdict';

const id = (what: string) => z.string().regex(ID_PATTERN).meta({ description: what });

export const tenantId = id('the tenant; any such id is one').meta({ example: 'acme' });
export const serviceId = id('id or alias of a service of the catalogue').meta({ example: 'openrouter' });
export const keyName = id('name of the key among the service’s keys').default(DEFAULT_KEY_NAME);
export const operationId = z.string().regex(UUID_PATTERN).meta({ description: 'id of an operation' });
export const reason = z
  .string()
  .min(1)
  .max(500)
  .meta({ description: 'why; kept in the audit trail; must hold no credential' });
export const apiKeys = z
  .record(z.string().min(1).max(64), z.string().min(1).max(16_384))
  .meta({
    description: 'the credential: field → value, as /byok/services lists them',
    example: { api_key: 'sk-…' },
  });
export const graceSeconds = z.int().min(GRACE_SECONDS.min).max(GRACE_SECONDS.max);
export const limit = z.coerce.number().int().min(1).max(200).default(50);
export const cursor = z.string().min(1).max(512);
/** Query strings carry text: `true` and `false`. */
export const queryFlag = z.enum(['true', 'false']).transform((value) => value === 'true');

const details = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const time = z.iso.datetime();
const links = z.object({ operation: z.string().optional(), workflow: z.string().nullable().optional() });

export const keyAnswer = z
  .object({
    tenant_id: z.string(),
    service_id: z.string(),
    key_name: z.string(),
    operation_id: z.string(),
    outcome: z.string(),
    key_id: z.string().nullable(),
    state: z.string(),
    version: z.int(),
    verdict: z.enum(Verdict),
    reason: z.enum(VerdictReason),
    hint: z.string().nullable(),
    fingerprint: z.string(),
    account: z.string().nullable(),
    validated_at: time.nullable(),
    retire_at: time.nullable(),
    details,
    warnings: z.array(z.string()).optional(),
    links,
  })
  .meta({ id: 'Key' });

export const verdictAnswer = z
  .object({
    tenant_id: z.string(),
    service_id: z.string(),
    key_name: z.string(),
    operation_id: z.string(),
    verdict: z.enum(Verdict),
    reason: z.enum(VerdictReason),
    stored: z.boolean(),
    version: z.int().nullable(),
    account: z.string().nullable(),
    provider_status: z.int().nullable(),
    validated_at: time.nullable(),
    details,
    warnings: z.array(z.string()).optional(),
    links,
  })
  .meta({ id: 'Verdict' });

export const revocationReceipt = z
  .object({
    tenant_id: z.string(),
    service_id: z.string(),
    key_name: z.string(),
    operation_id: z.string(),
    state: z.literal('revoked'),
    epoch: z.int(),
    key_id: z.string().nullable(),
    revoked_at: time.meta({ description: 'since then no reader is served' }),
    tombstone_at: time.nullable().optional(),
    destroyed_below_version: z.int().nullable().optional(),
    at_provider: z.string().meta({ description: 'what remains to be done at the provider' }),
    links,
  })
  .meta({ id: 'RevocationReceipt' });

export const operationAnswer = z
  .object({
    id: z.string(),
    kind: z.enum(OperationKind),
    state: z.enum(OperationState),
    tenant_id: z.string(),
    service_id: z.string(),
    key_name: z.string(),
    epoch: z.int(),
    principal: z.string(),
    accepted_at: time,
    closed_at: time.nullable(),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    links,
  })
  .meta({ id: 'Operation' });

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    retryable: z.boolean(),
  })
  .meta({ id: 'Problem' });
