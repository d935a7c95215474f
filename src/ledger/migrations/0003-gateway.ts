import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { BOOKING, GIVE_UP, RESERVE, WRITE_USAGE } from './0003-gateway-books';

/** What the gateway keeps: policies, one row per call, and what the platform has paid. */
export const createGateway: Migration = {
  async up(db) {
    for (const statement of [...TABLES, ADMISSION, ...BOOKING, WRITE_USAGE, RESERVE, GIVE_UP]) {
      await sql.raw(statement).execute(db);
    }
  },
};

/** The bounds refuse NaN and Infinity, which `numeric` would take and no sum recovers from. */
const TABLES = [
  `create table gateway_policies (
    tenant_id text primary key,
    platform_fallback text not null
      check (platform_fallback in ('never', 'when_missing', 'when_exhausted', 'always')),
    monthly_budget_usd numeric check (monthly_budget_usd between 0 and 1e15),
    updated_at timestamptz not null default now()
  )`,
  `create table gateway_usage (
    id uuid primary key,
    tenant_id text not null,
    principal text not null,
    endpoint text not null,
    streamed boolean not null,
    model text not null,
    served_model text,
    credential text not null check (credential in ('tenant', 'platform', 'env')),
    key_version integer,
    fallback_reason text,
    outcome text not null check (outcome in ('open', 'done', 'refused', 'aborted')),
    status integer,
    generation_id text,
    prompt_tokens integer,
    completion_tokens integer,
    reasoning_tokens integer,
    cached_tokens integer,
    cost_usd numeric check (cost_usd between 0 and 1e15),
    upstream_cost_usd numeric check (upstream_cost_usd between 0 and 1e15),
    is_byok boolean,
    reserved_usd numeric check (reserved_usd between 0 and 1e15),
    started_at timestamptz not null,
    duration_ms integer,
    first_data_ms integer,
    -- Where the search for a missing cost stands.
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    given_up_at timestamptz,
    -- True: the platform's budget was charged the reservation, for want of the cost.
    estimated boolean not null default false,
    constraint gateway_usage_open_has_no_cost check (outcome <> 'open' or cost_usd is null)
  )`,
  `create index gateway_usage_of_tenant on gateway_usage (tenant_id, started_at)`,
  `create index gateway_usage_unpriced on gateway_usage (started_at) where cost_usd is null and given_up_at is null`,
  // Rewritten at every call the platform pays for: room for new versions of a row beside the old ones.
  `create table platform_spend (
    scope text not null,
    month text not null,
    settled numeric not null check (settled between 0 and 1e15),
    reserved numeric not null check (reserved between 0 and 1e15),
    primary key (scope, month)
  ) with (fillfactor = 50)`,
];

/** A function because its plan is kept: planning the joins anew for each call would cost more than running them. */
const ADMISSION = `
  create function gateway_admission(
    p_tenant text, p_service text, p_name text,
    out state text, out epoch integer, out seq integer, out version integer, out verdict text,
    out platform_fallback text, out monthly_budget_usd text)
  language plpgsql stable as $$
  #variable_conflict use_column
  begin
    select k.state, k.epoch, k.seq, k.version, k.verdict, p.platform_fallback, trim_scale(p.monthly_budget_usd)::text
      into state, epoch, seq, version, verdict, platform_fallback, monthly_budget_usd
      from (values (p_tenant)) t (tenant_id)
      left join key_index k on k.tenant_id = t.tenant_id and k.service_id = p_service and k.key_name = p_name
      left join gateway_policies p on p.tenant_id = t.tenant_id;
  end $$`;
