import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** The audit trail: hash chains that only grow. */
export const createAuditTrail: Migration = {
  async up(db) {
    await sql`
      create table audit_heads (
        chain text primary key,
        seq bigint not null,
        hash bytea not null
      )`.execute(db);
    // What the last anchors hold: a hint that keeps anchors small, not a promise. A head it hides from an anchor
    // is reported as not anchored.
    await sql`
      create table audit_anchored (
        chain text primary key,
        seq bigint not null
      )`.execute(db);
    await sql`
      create table audit_entries (
        chain text not null,
        seq bigint not null,
        prev_hash bytea not null,
        hash bytea not null,
        entry text not null,
        dedupe_key text,
        primary key (chain, seq)
      )`.execute(db);
    await sql`
      create unique index audit_entries_dedupe on audit_entries (chain, dedupe_key) where dedupe_key is not null`.execute(
      db,
    );
    await sql`
      create index audit_entries_operation on audit_entries (((entry::jsonb) ->> 'operationId'))`.execute(db);

    // One round trip; the head's row lock orders writers. Each statement of the function sees what the
    // previous holder of the lock committed (READ COMMITTED). The text is stored exactly as it is hashed, so
    // that nobody has to rebuild it to verify.
    await sql`
      create function audit_append(p_chain text, p_event jsonb, p_dedupe_key text, out seq bigint, out hash bytea)
      language plpgsql as $$
      declare
        v_prev bytea;
        v_entry text;
        v_known record;
      begin
        insert into audit_heads (chain, seq, hash)
          values (p_chain, 0, sha256(convert_to('keyturn/audit/v1/' || p_chain, 'UTF8')))
          on conflict on constraint audit_heads_pkey do nothing;
        select h.seq + 1, h.hash into audit_append.seq, v_prev from audit_heads h where h.chain = p_chain for update;
        if p_dedupe_key is not null then
          select e.seq, e.hash into v_known from audit_entries e where e.chain = p_chain and e.dedupe_key = p_dedupe_key;
          if found then
            seq := v_known.seq;
            hash := v_known.hash;
            return;
          end if;
        end if;
        v_entry := '{"v": 1, "chain": ' || to_jsonb(p_chain)::text
          || ', "seq": ' || seq::text
          || ', "at": "' || to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '", '
          || substr((p_event - array['v', 'chain', 'seq', 'at'])::text, 2);
        hash := sha256(v_prev || convert_to(v_entry, 'UTF8'));
        insert into audit_entries (chain, seq, prev_hash, hash, entry, dedupe_key)
          values (p_chain, audit_append.seq, v_prev, audit_append.hash, v_entry, p_dedupe_key);
        update audit_heads h set seq = audit_append.seq, hash = audit_append.hash where h.chain = p_chain;
      end $$`.execute(db);

    await sql`
      create function audit_refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'the audit trail only grows: % on % is refused', tg_op, tg_table_name using errcode = 'KT001';
      end $$`.execute(db);
    await sql`
      create trigger audit_entries_only_grow before update or delete or truncate on audit_entries
      for each statement execute function audit_refuse_change()`.execute(db);
    await sql`
      create trigger audit_heads_only_move before delete or truncate on audit_heads
      for each statement execute function audit_refuse_change()`.execute(db);
  },
};
