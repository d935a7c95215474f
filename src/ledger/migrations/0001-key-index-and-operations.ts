import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Keys, operations on them, and remembered Idempotency-Keys. */
export const createKeyIndex: Migration = {
  async up(db) {
    await sql`
      create table key_index (
        tenant_id text not null,
        service_id text not null,
        key_name text not null,
        epoch integer not null check (epoch >= 1),
        seq integer not null check (seq >= 0),
        key_id uuid,
        state text not null check (state in ('none', 'pending', 'active', 'grace', 'revoked')),
        version integer,
        verdict text,
        reason text,
        hint text,
        fingerprint text,
        account text,
        validated_at timestamptz,
        stored_at timestamptz,
        previous_version integer,
        retire_at timestamptz,
        retiring_count integer not null default 0,
        fenced_at timestamptz,
        updated_at timestamptz not null default now(),
        primary key (tenant_id, service_id, key_name),
        constraint key_index_grace_is_whole
          check (state <> 'grace' or previous_version is not null)
      )`.execute(db);
    await sql`create index key_index_retire_at on key_index (retire_at) where state = 'grace'`.execute(db);

    await sql`
      create table operations (
        id uuid primary key,
        tenant_id text not null,
        service_id text not null,
        key_name text not null,
        kind text not null check (kind in ('generate', 'validate', 'rotate', 'finish', 'rollback', 'revoke')),
        state text not null check (state in ('accepted', 'running', 'done', 'failed', 'abandoned')),
        epoch integer not null,
        principal text not null,
        route text not null,
        params jsonb not null,
        has_inbox boolean not null,
        workflow_id text not null,
        run_id text,
        result jsonb,
        error_code text,
        error_message text,
        error_details jsonb,
        accepted_at timestamptz not null default now(),
        closed_at timestamptz,
        constraint operations_closed_at check ((closed_at is null) = (state in ('accepted', 'running')))
      )`.execute(db);
    // The lock. The row lock on the key's index row already serialises; this holds even against a bug of ours.
    await sql`
      create unique index operations_one_open_per_key on operations (tenant_id, service_id, key_name)
      where state in ('accepted', 'running') and kind in ('generate', 'rotate', 'finish', 'rollback')`.execute(
      db,
    );
    await sql`
      create index operations_open on operations (id) where state in ('accepted', 'running')`.execute(db);
    await sql`
      create index operations_open_of_key on operations (tenant_id, service_id, key_name)
      where state in ('accepted', 'running')`.execute(db);
    await sql`
      create index operations_revocations on operations (tenant_id, service_id, key_name, id) where kind = 'revoke'`.execute(
      db,
    );
    await sql`create index operations_of_tenant on operations (tenant_id, id)`.execute(db);
    await sql`create index operations_of_service on operations (tenant_id, service_id, id)`.execute(db);

    await sql`
      create table idempotency_keys (
        principal text not null,
        route text not null,
        key text not null,
        digest text not null,
        operation_id uuid not null,
        created_at timestamptz not null default now(),
        primary key (principal, route, key)
      )`.execute(db);
    await sql`create index idempotency_keys_created_at on idempotency_keys (created_at)`.execute(db);
  },
};
