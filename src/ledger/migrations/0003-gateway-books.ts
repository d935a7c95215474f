/** Migration 0003's functions: the only way a row of usage is written, and with it the platform's books. */

/**
 * What a call means for the platform's budget follows from its row alone, so what is booked is always the difference
 * of two states of the row: no order and no repetition of records can count money twice.
 */
export const BOOKING = [
  `create function gateway_month(p_at timestamptz) returns text language sql immutable as $$
    select to_char(p_at at time zone 'UTC', 'YYYY-MM')
  $$`,
  `create function gateway_settled(u gateway_usage) returns numeric language sql immutable as $$
    select case
      when u.credential = 'tenant' then 0
      when u.cost_usd is not null then u.cost_usd
      when u.given_up_at is not null then coalesce(u.reserved_usd, 0)
      else 0
    end
  $$`,
  `create function gateway_held(u gateway_usage) returns numeric language sql immutable as $$
    select case
      when u.credential = 'tenant' or u.cost_usd is not null or u.given_up_at is not null then 0
      else coalesce(u.reserved_usd, 0)
    end
  $$`,
  // Null for a call that was not there before.
  `create type gateway_change as (old gateway_usage, new gateway_usage)`,
  // After all rows of usage, and in one order: that is what keeps batches from waiting for each other in a ring.
  // Never below zero: an operator may have emptied a row by hand, and that must not stop the books for ever.
  `create function gateway_book(p_changes gateway_change[]) returns void language plpgsql as $$
  declare
    v_sum record;
  begin
    for v_sum in
      select s.scope, gateway_month((c.new).started_at) as month,
        sum(gateway_settled(c.new) - gateway_settled(c.old)) as settled,
        sum(gateway_held(c.new) - gateway_held(c.old)) as held
      from unnest(p_changes) c cross join lateral (values ('tenant:' || (c.new).tenant_id), ('total')) s (scope)
      group by s.scope, month order by s.scope collate "C", month
    loop
      continue when v_sum.settled = 0 and v_sum.held = 0;
      insert into platform_spend values (v_sum.scope, v_sum.month, 0, 0) on conflict do nothing;
      update platform_spend s
        set settled = greatest(s.settled + v_sum.settled, 0), reserved = greatest(s.reserved + v_sum.held, 0)
        where s.scope = v_sum.scope and s.month = v_sum.month;
    end loop;
  end $$`,
  // What was reserved for one credential is not spent by another.
  `create function gateway_keeps_credential(c gateway_change) returns boolean language sql immutable as $$
    select (c.old).reserved_usd is not null or (c.new).credential is null
  $$`,
  `create function gateway_rank(u gateway_usage) returns integer language sql immutable as $$
    select case when u.outcome = 'open' then 0 when u.cost_usd is null then 1 else 2 end
  $$`,
];

/**
 * Records are ranked open < closed < closed with its cost. One of a lower rank than the row changes nothing, and the
 * first cost stays; else what the record knows replaces what the row knew. With p_insert false a record may leave out
 * what it does not know, and those without a row are dropped. In a round each call has one record; whatever order they
 * come in, rows are locked by their ids.
 */
export const WRITE_USAGE = `
  create function gateway_write_usage(p_rounds jsonb, p_insert boolean) returns void language plpgsql as $$
  declare
    v_blank gateway_usage := jsonb_populate_record(null::gateway_usage, '{"attempts": 0, "estimated": false}');
    v_round jsonb;
    v_inserted uuid[];
    v_known gateway_change[];
    v_paid gateway_change[];
    v_changes gateway_change[] := '{}';
  begin
    for v_round in select e.round from jsonb_array_elements(p_rounds) with ordinality e (round, n) order by e.n loop
      v_inserted := '{}';
      if p_insert then
        with fresh as (
          insert into gateway_usage as u select * from jsonb_populate_recordset(v_blank, v_round) r order by r.id
          on conflict (id) do nothing returning u as new
        )
        select coalesce(array_agg((f.new).id), '{}'),
            array_agg(row(null, f.new)::gateway_change) filter (where (f.new).credential <> 'tenant')
          into v_inserted, v_paid from fresh f;
        v_changes := v_changes || v_paid;
      end if;
      continue when cardinality(v_inserted) = jsonb_array_length(v_round);
      -- A statement of its own: the next one then sees what whoever held a lock has left.
      select array_agg(row(l.old, l.new)::gateway_change) into v_known from (
        select u as old, n as new from jsonb_populate_recordset(v_blank, v_round) n join gateway_usage u on u.id = n.id
        where n.id <> all (v_inserted) order by u.id for update of u
      ) l;
      with merged as (
        update gateway_usage u set
            credential = case when gateway_keeps_credential(c) then u.credential else (c.new).credential end,
            key_version = case when gateway_keeps_credential(c) then u.key_version else (c.new).key_version end,
            fallback_reason =
              case when gateway_keeps_credential(c) then u.fallback_reason else (c.new).fallback_reason end,
            outcome = coalesce((c.new).outcome, nullif(u.outcome, 'open'), 'done'),
            served_model = coalesce((c.new).served_model, u.served_model),
            status = coalesce((c.new).status, u.status),
            generation_id = coalesce((c.new).generation_id, u.generation_id),
            prompt_tokens = coalesce((c.new).prompt_tokens, u.prompt_tokens),
            completion_tokens = coalesce((c.new).completion_tokens, u.completion_tokens),
            reasoning_tokens = coalesce((c.new).reasoning_tokens, u.reasoning_tokens),
            cached_tokens = coalesce((c.new).cached_tokens, u.cached_tokens),
            cost_usd = (c.new).cost_usd,
            upstream_cost_usd = coalesce((c.new).upstream_cost_usd, u.upstream_cost_usd),
            is_byok = coalesce((c.new).is_byok, u.is_byok),
            duration_ms = coalesce((c.new).duration_ms, u.duration_ms),
            first_data_ms = coalesce((c.new).first_data_ms, u.first_data_ms),
            given_up_at = case when (c.new).cost_usd is null then u.given_up_at end,
            estimated = (c.new).cost_usd is null and u.estimated
          from unnest(v_known) c
          where u.id = (c.old).id and gateway_rank(c.old) < 2 and gateway_rank(c.new) >= gateway_rank(c.old)
          returning c.old as old, u as new
      )
      select array_agg(row(m.old, m.new)::gateway_change)
          filter (where (m.old).credential <> 'tenant' or (m.new).credential <> 'tenant')
        into v_paid from merged m;
      v_changes := v_changes || v_paid;
    end loop;
    perform gateway_book(v_changes);
  end $$`;

/**
 * Takes an amount of both budgets, or of none. The first look takes no lock: a refusal costs one read, and an amount of
 * zero waits for nobody. What counts is the second, under the lock of each row.
 */
export const RESERVE = `
  create function gateway_reserve(
    p_record jsonb, p_amount numeric, p_tenant_budget numeric, p_total_budget numeric,
    out refused_scope text, out tenant_spent numeric, out total_spent numeric)
  language plpgsql as $$
  declare
    v_new gateway_usage := jsonb_populate_record(
      jsonb_populate_record(null::gateway_usage, '{"attempts": 0, "estimated": false}'), p_record);
    v_scope text := 'tenant:' || v_new.tenant_id;
    v_month text := gateway_month(v_new.started_at);
    v_known gateway_usage;
  begin
    select
        coalesce(sum(s.settled + s.reserved) filter (where s.scope <> 'total'), 0),
        coalesce(sum(s.settled + s.reserved) filter (where s.scope = 'total'), 0)
      into tenant_spent, total_spent
      from platform_spend s where s.month = v_month and s.scope in (v_scope, 'total');
    select * into v_known from gateway_usage where id = v_new.id;
    if found and v_known.outcome <> 'open' then
      raise exception 'the call has ended' using errcode = '23000', constraint = 'gateway_reserve_open_call';
    end if;
    -- Asked again because the first answer was lost.
    if found and v_known.reserved_usd is not null then return; end if;
    if p_amount > 0 then
      refused_scope := case
        when tenant_spent + p_amount > p_tenant_budget then 'tenant'
        when total_spent + p_amount > p_total_budget then 'total'
      end;
      if refused_scope is not null then return; end if;
    end if;
    v_new.reserved_usd := p_amount;
    begin
      insert into gateway_usage as u select v_new.* on conflict (id) do update
        set credential = excluded.credential, key_version = excluded.key_version,
          fallback_reason = excluded.fallback_reason, reserved_usd = excluded.reserved_usd
        where u.outcome = 'open' and u.reserved_usd is null;
      if not found or p_amount = 0 then return; end if;
      insert into platform_spend as s values (v_scope, v_month, 0, p_amount) on conflict (scope, month) do update
        set reserved = s.reserved + p_amount where s.settled + s.reserved + p_amount <= p_tenant_budget
        returning s.settled + s.reserved into tenant_spent;
      if not found then
        refused_scope := 'tenant';
        raise exception using errcode = 'KT002';
      end if;
      insert into platform_spend as s values ('total', v_month, 0, p_amount) on conflict (scope, month) do update
        set reserved = s.reserved + p_amount where s.settled + s.reserved + p_amount <= p_total_budget
        returning s.settled + s.reserved into total_spent;
      if not found then
        refused_scope := 'total';
        raise exception using errcode = 'KT002';
      end if;
    exception when sqlstate 'KT002' then
      -- All of it is undone; what is told is the row as it was when it refused.
      select
          coalesce(sum(s.settled + s.reserved) filter (where s.scope <> 'total'), 0),
          coalesce(sum(s.settled + s.reserved) filter (where s.scope = 'total'), 0)
        into tenant_spent, total_spent
        from platform_spend s where s.month = v_month and s.scope in (v_scope, 'total');
    end;
  end $$`;

/**
 * Ends the search for what cannot be found: calls with a generation id after p_max_attempts whose last lease is over,
 * closed ones without an id after p_max_age, open ones without an id after p_open. A reservation is charged in full.
 */
export const GIVE_UP = `
  create function gateway_give_up(
    p_now timestamptz, p_max_attempts integer, p_max_age interval, p_open interval, p_limit integer)
  returns table (id uuid, tenant_id text, credential text, charged numeric) language plpgsql as $$
  #variable_conflict use_column
  declare
    v_old gateway_usage;
    v_row gateway_usage;
    v_changes gateway_change[] := '{}';
  begin
    for v_old in
      select * from gateway_usage u
      where u.cost_usd is null and u.given_up_at is null and case
          when u.generation_id is not null
            then u.attempts >= p_max_attempts and coalesce(u.next_attempt_at, p_now) <= p_now
          when u.outcome = 'open' then u.started_at <= p_now - p_open
          else u.started_at <= p_now - p_max_age
        end
      order by u.started_at limit p_limit for update skip locked
    loop
      update gateway_usage u set
          outcome = case when u.outcome = 'open' then 'aborted' else u.outcome end,
          given_up_at = p_now,
          estimated = gateway_held(u) > 0
        where u.id = v_old.id returning * into v_row;
      v_changes := v_changes || row(v_old, v_row)::gateway_change;
      id := v_row.id;
      tenant_id := v_row.tenant_id;
      credential := v_row.credential;
      charged := gateway_settled(v_row);
      return next;
    end loop;
    perform gateway_book(v_changes);
  end $$`;
