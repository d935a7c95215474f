/** When the platform pays for a tenant's calls, and how much: read by all it concerns, decided by an admin. */
import { z } from 'zod';
import { KeyturnError } from '../../contract/errors';
import { PlatformFallback, type GatewayPolicy } from '../../contract/gateway';
import type { PolicyPorts, UsagePorts } from '../gateway-ports';
import { defineRoute, type Reply, type Route } from '../route';
import { tenantId } from '../schemas';

const platformFallback = z.enum(PlatformFallback).meta({
  description: 'when the platform’s key serves instead of the tenant’s own',
});
const decimal = z.string().meta({ example: '25' });
const PATH = '/openrouter/policy/:tenant_id';
const params = z.strictObject({ tenant_id: tenantId });

const change = z.strictObject({
  platform_fallback: platformFallback.optional(),
  monthly_budget_usd: z
    .string()
    .regex(/^\d{1,12}(\.\d{1,12})?$/)
    .nullable()
    .optional()
    .meta({
      description: 'most the platform pays in a month (UTC); null: the configured budget',
      example: '25',
    }),
});

const answer = z
  .object({
    tenant_id: z.string(),
    platform_fallback: platformFallback,
    monthly_budget_usd: decimal.nullable().meta({ description: 'null: the configured budget' }),
    effective_monthly_budget_usd: decimal,
  })
  .meta({ id: 'GatewayPolicy' });

export function gatewayPolicyRoutes(policy: PolicyPorts, usage: UsagePorts): readonly Route[] {
  return [readGatewayPolicy(policy, usage), writeGatewayPolicy(policy, usage)];
}

function readGatewayPolicy(policy: PolicyPorts, usage: UsagePorts): Route {
  return defineRoute({
    method: 'get',
    path: PATH,
    operationId: 'readGatewayPolicy',
    summary: 'When the platform pays for a tenant’s calls',
    tag: 'Gateway',
    access: { roles: ['tenant', 'operator', 'admin'], tenant: 'named' },
    mutates: false,
    params,
    responses: { 200: { description: 'the policy', schema: answer } },
    tenantOf: (input) => input.params.tenant_id,
    handle: async ({ params: { tenant_id: tenant } }) => present(tenant, await policy.read(tenant), usage),
  });
}

function writeGatewayPolicy(policy: PolicyPorts, usage: UsagePorts): Route {
  return defineRoute({
    method: 'put',
    path: PATH,
    operationId: 'writeGatewayPolicy',
    summary: 'Change when the platform pays for a tenant’s calls',
    tag: 'Gateway',
    access: { roles: ['admin'], tenant: 'named' },
    mutates: true,
    params,
    body: change,
    responses: {
      200: { description: 'the policy as it is now; what was not named is as before', schema: answer },
    },
    tenantOf: (input) => input.params.tenant_id,
    async handle({ body, params: { tenant_id: tenant }, principal }) {
      const { platform_fallback: fallback, monthly_budget_usd: budget } = body;
      if (fallback === undefined && budget === undefined) {
        throw new KeyturnError('invalid_request', 'body: names nothing to change', { field: 'body' });
      }
      const written = await policy.write(
        tenant,
        {
          ...(fallback === undefined ? {} : { platformFallback: fallback }),
          ...(budget === undefined ? {} : { monthlyBudgetUsd: budget }),
        },
        principal.subject,
      );
      return present(tenant, written, usage);
    },
  });
}

async function present(tenant: string, policy: GatewayPolicy, usage: UsagePorts): Promise<Reply> {
  const { budgetUsd } = await usage.readBudget(tenant);
  const body: z.input<typeof answer> = {
    tenant_id: tenant,
    platform_fallback: policy.platformFallback,
    monthly_budget_usd: policy.monthlyBudgetUsd,
    effective_monthly_budget_usd: budgetUsd,
  };
  return { status: 200, body };
}
