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
  // The rows of both scopes that take a call from one state to the next; p_old is null for a new call.
  `create function gateway_difference(p_old gateway_usage, p_new gateway_usage) returns platform_spend[]
  language plpgsql immutable as $$
  declare
    v_settled numeric := gateway_settled(p_new) - coalesce(gateway_settled(p_old), 0);
    v_held numeric := gateway_held(p_new) - coalesce(gateway_held(p_old), 0);
    v_month text := gateway_month(p_new.started_at);
  begin
    if v_settled = 0 and v_held = 0 then return '{}'; end if;
    return array[
      row('tenant:' || p_new.tenant_id, v_month, v_settled, v_held)::platform_spend,
      row('total', v_month, v_settled, v_held)::platform_spend];
  end $$`,
  // After all rows of usage, and in one order: that is what keeps batches from waiting for each other in a ring.
  // Never below zero: an operator may have emptied a row by hand, and that must not stop the books for ever.
  `create function gateway_book(p_differences platform_spend[]) returns void language plpgsql as $$
  declare
    v_sum platform_spend;
  begin
    for v_sum in
      select d.scope, d.month, sum(d.settled), sum(d.reserved) from unnest(p_differences) d
      group by d.scope, d.month order by d.scope collate "C", d.month
    loop
      insert into platform_spend values (v_sum.scope, v_sum.month, 0, 0) on conflict do nothing;
      update platform_spend s
        set settled = greatest(s.settled + v_sum.settled, 0), reserved = greatest(s.reserved + v_sum.reserved, 0)
        where s.scope = v_sum.scope and s.month = v_sum.month;
    end loop;
  end $$`,
];

/**
 * Records are ranked open < closed < closed with its cost. One of a lower rank than the row changes nothing, and the
 * first cost stays; else what the record knows replaces what the row knew. With p_insert false a record may leave out
 * what it does not know, and those without a row are dropped.
 */
export const WRITE_USAGE = `
  create function gateway_write_usage(p_records jsonb, p_insert boolean) returns void language plpgsql as $$
  declare
    v_new gateway_usage;
    v_old gateway_usage;
    v_row gateway_usage;
    v_differences platform_spend[] := '{}';
    v_rank integer;
    v_old_rank integer;
  begin
    for v_new in
      select r.* from jsonb_array_elements(p_records) with ordinality e (record, n), jsonb_populate_record(
        jsonb_populate_record(null::gateway_usage, '{"attempts": 0, "estimated": false}'), e.record) r
      order by r.id, e.n
    loop
      v_old := null;
      if p_insert then
        insert into gateway_usage select v_new.* on conflict (id) do nothing returning * into v_row;
        if found then
          v_differences := v_differences || gateway_difference(v_old, v_row);
          continue;
        end if;
      end if;
      select * into v_old from gateway_usage where id = v_new.id for update;
      continue when not found;
      v_rank := case when v_new.outcome = 'open' then 0 when v_new.cost_usd is null then 1 else 2 end;
      v_old_rank := case when v_old.outcome = 'open' then 0 when v_old.cost_usd is null then 1 else 2 end;
      continue when v_old_rank = 2 or v_rank < v_old_rank;
      if v_new.credential is null or v_old.reserved_usd is not null then
        v_new.credential := v_old.credential;
        v_new.key_version := v_old.key_version;
        v_new.fallback_reason := v_old.fallback_reason;
      end if;
      update gateway_usage u set
          credential = v_new.credential,
          key_version = v_new.key_version,
          fallback_reason = v_new.fallback_reason,
          outcome = coalesce(v_new.outcome, nullif(v_old.outcome, 'open'), 'done'),
          served_model = coalesce(v_new.served_model, v_old.served_model),
          status = coalesce(v_new.status, v_old.status),
          generation_id = coalesce(v_new.generation_id, v_old.generation_id),
          prompt_tokens = coalesce(v_new.prompt_tokens, v_old.prompt_tokens),
          completion_tokens = coalesce(v_new.completion_tokens, v_old.completion_tokens),
          reasoning_tokens = coalesce(v_new.reasoning_tokens, v_old.reasoning_tokens),
          cached_tokens = coalesce(v_new.cached_tokens, v_old.cached_tokens),
          cost_usd = v_new.cost_usd,
          upstream_cost_usd = coalesce(v_new.upstream_cost_usd, v_old.upstream_cost_usd),
          is_byok = coalesce(v_new.is_byok, v_old.is_byok),
          duration_ms = coalesce(v_new.duration_ms, v_old.duration_ms),
          first_data_ms = coalesce(v_new.first_data_ms, v_old.first_data_ms),
          given_up_at = case when v_new.cost_usd is null then v_old.given_up_at end,
          estimated = v_new.cost_usd is null and v_old.estimated
        where u.id = v_old.id returning * into v_row;
      v_differences := v_differences || gateway_difference(v_old, v_row);
    end loop;
    perform gateway_book(v_differences);
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
    v_differences platform_spend[] := '{}';
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
      v_differences := v_differences || gateway_difference(v_old, v_row);
      id := v_row.id;
      tenant_id := v_row.tenant_id;
      credential := v_row.credential;
      charged := gateway_settled(v_row);
      return next;
    end loop;
    perform gateway_book(v_differences);
  end $$`;
