/** The keys of the simulated accounts: what GET /key and the management routes know of each. */
import { randomBytes } from 'node:crypto';
import Big from 'big.js';
import { fakeUuid } from './fake-values';
import { hashOf, userOf } from './openrouter-errors';
import { asNumber } from './openrouter-prices';
import type { IssuedCredential, Keyring, Variant } from './service';

/** What can be set on a key. */
export interface KeySettings {
  readonly name: string;
  /** USD; null for none. */
  readonly limit: number | null;
  readonly limitReset: 'daily' | 'weekly' | 'monthly' | null;
  readonly includeByokInLimit: boolean;
  /** ISO 8601. */
  readonly expiresAt: string | null;
  readonly workspaceId: string;
  readonly externalUser: string | null;
}

/** One key. Only minted ones are charged for their calls: the published ones always tell the same. */
interface KeyRecord {
  readonly hash: string;
  readonly label: string;
  settings: KeySettings;
  readonly minted: boolean;
  readonly createdAt: Date;
  /** Keys made in one millisecond have an order, too. */
  readonly order: number;
  updatedAt: Date | null;
  usage: Big;
  /** How it fares when it is not disabled. */
  enabledVariant: Variant;
}

/** A key and the record of it. */
export interface KnownKey {
  readonly issued: IssuedCredential;
  readonly record: KeyRecord;
}

/** The workspace of keys that name none. */
export const DEFAULT_WORKSPACE = fakeUuid('openrouter default workspace');
const PUBLISHED_LIMIT_USD = 100;
const PUBLISHED_USAGE_USD = '25.5';
const SPENT_USD = 5;
/** Variants that no listing shows: deleted keys, and management keys. */
const HIDDEN = new Set(['dead', 'wrongKind']);

/** Every key's record; whether a key is issued, disabled or dead is the keyring's word. */
export class KeyBook {
  readonly #records = new Map<string, KeyRecord>();

  /** Makes a key that works at once. */
  mint(keyring: Keyring, account: string, settings: KeySettings): { plainKey: string; known: KnownKey } {
    this.#seeAll(keyring);
    const plainKey = `sk-or-v1-${randomBytes(32).toString('hex')}`;
    keyring.set({ api_key: plainKey }, 'good', account);
    this.#add(plainKey, { settings, minted: true, usage: new Big(0), enabledVariant: 'good' });
    const issued = { fields: { api_key: plainKey }, variant: 'good', account };
    return { plainKey, known: this.#known(issued) };
  }

  /** The account's keys, newest first. */
  list(keyring: Keyring, account: string): readonly KnownKey[] {
    this.#seeAll(keyring);
    return keyring
      .findAll({})
      .filter((issued) => issued.account === account && !HIDDEN.has(issued.variant))
      .map((issued) => this.#known(issued))
      .sort((a, b) => b.record.order - a.record.order);
  }

  find(keyring: Keyring, account: string, hash: string): KnownKey | undefined {
    return this.list(keyring, account).find(({ record }) => record.hash === hash);
  }

  /** Changes settings; `disabled` takes the key out of use, or puts it back. */
  change(
    keyring: Keyring,
    { issued, record }: KnownKey,
    change: Partial<KeySettings>,
    disabled?: boolean,
  ): void {
    record.settings = { ...record.settings, ...change };
    record.updatedAt = new Date();
    if (disabled === undefined || disabled === (issued.variant === 'disabled')) return;
    if (disabled) record.enabledVariant = issued.variant;
    keyring.set(issued.fields, disabled ? 'disabled' : record.enabledVariant);
  }

  delete(keyring: Keyring, { issued }: KnownKey): void {
    keyring.set(issued.fields, 'dead');
  }

  /** Adds what a call cost to a minted key's usage. */
  charge(plainKey: string | undefined, cost: Big): void {
    const record = this.#records.get(plainKey ?? '');
    if (record?.minted) record.usage = record.usage.plus(cost);
  }

  /** Whether a minted key's time or money is up. */
  stateOf(plainKey: string | undefined, now: Date): 'live' | 'expired' | 'over_limit' {
    const record = this.#records.get(plainKey ?? '');
    if (!record?.minted) return 'live';
    const { expiresAt, limit } = record.settings;
    if (expiresAt !== null && new Date(expiresAt) <= now) return 'expired';
    return limit !== null && record.usage.gte(limit) ? 'over_limit' : 'live';
  }

  /** What GET /key shows. `is_provisioning_key` is the old name of `is_management_key`. */
  describe(issued: IssuedCredential): object {
    const { record } = this.#known(issued);
    const management = issued.variant === 'wrongKind';
    return {
      label: record.label,
      ...money(record),
      is_free_tier: false,
      is_management_key: management,
      is_provisioning_key: management,
      rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated and safe to ignore.' },
      creator_user_id: userOf(issued.account),
      expires_at: record.settings.expiresAt,
      allowed_data_regions: [],
      free_model_daily_requests: { limit: 1000, used: 0, remaining: 1000 },
      organization_id: null,
      workspace_id: record.minted ? record.settings.workspaceId : null,
    };
  }

  /** Keys issued elsewhere get their records in the order of their issue. */
  #seeAll(keyring: Keyring): void {
    for (const issued of keyring.findAll({}).toReversed()) this.#known(issued);
  }

  #known(issued: IssuedCredential): KnownKey {
    const plainKey = issued.fields['api_key'] ?? '';
    return { issued, record: this.#records.get(plainKey) ?? this.#add(plainKey, published(issued.variant)) };
  }

  #add(
    plainKey: string,
    known: Pick<KeyRecord, 'settings' | 'minted' | 'usage' | 'enabledVariant'>,
  ): KeyRecord {
    const record: KeyRecord = {
      ...known,
      hash: hashOf(plainKey),
      label: `${plainKey.slice(0, 12)}...${plainKey.slice(-3)}`,
      createdAt: new Date(),
      order: this.#records.size,
      updatedAt: null,
    };
    this.#records.set(plainKey, record);
    return record;
  }
}

/** A key as the management routes show it. */
export function shownKey({ issued, record }: KnownKey): object {
  const { settings } = record;
  return {
    hash: record.hash,
    name: settings.name,
    label: record.label,
    disabled: issued.variant === 'disabled',
    ...money(record),
    created_at: record.createdAt.toISOString(),
    updated_at: record.updatedAt?.toISOString() ?? null,
    expires_at: settings.expiresAt,
    creator_user_id: userOf(issued.account),
    external_user: settings.externalUser,
    workspace_id: settings.workspaceId,
  };
}

function money({ settings, usage, minted }: KeyRecord): object {
  const { limit } = settings;
  const left = limit === null ? null : new Big(limit).minus(usage);
  return {
    limit,
    limit_remaining: left && asNumber(left.lt(0) ? new Big(0) : left),
    limit_reset: settings.limitReset,
    include_byok_in_limit: settings.includeByokInLimit,
    usage: asNumber(usage),
    usage_daily: minted ? asNumber(usage) : 0.5,
    usage_weekly: minted ? asNumber(usage) : 2.5,
    usage_monthly: minted ? asNumber(usage) : 12,
    byok_usage: 0,
    byok_usage_daily: 0,
    byok_usage_weekly: 0,
    byok_usage_monthly: 0,
  };
}

function published(variant: Variant): Pick<KeyRecord, 'settings' | 'minted' | 'usage' | 'enabledVariant'> {
  const spent = variant === 'spent';
  return {
    settings: {
      name: variant,
      limit: variant === 'wrongKind' ? null : spent ? SPENT_USD : PUBLISHED_LIMIT_USD,
      limitReset: null,
      includeByokInLimit: false,
      expiresAt: null,
      workspaceId: DEFAULT_WORKSPACE,
      externalUser: null,
    },
    minted: false,
    usage: new Big(spent ? SPENT_USD : PUBLISHED_USAGE_USD),
    enabledVariant: variant,
  };
}
