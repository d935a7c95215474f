import { parseFields } from '../../src/providers/parse-fields';
import { probeKey } from '../../src/providers/probe';
import type { ProviderEntry } from '../../src/providers/provider';
import type { Simulator } from '../../src/simulator/simulator';
import {
  BARE,
  EXHAUSTED,
  INVALID,
  LIMITED,
  PROVIDER_ERROR,
  RATE_LIMITED,
  UNDECIDED,
  VALID,
  WRONG_KIND,
  type ReplySheet,
} from './replies/reply-case';

/** What the simulator's kinds of credential must be judged, by name. */
const BY_VARIANT: Readonly<Record<string, string>> = {
  good: VALID,
  second: VALID,
  otherAccount: VALID,
  otherEnvironment: VALID,
  regionEu: VALID,
  dead: INVALID,
  expired: INVALID,
  revoked: INVALID,
  limited: LIMITED,
  exhausted: EXHAUSTED,
  unpaid: EXHAUSTED,
  forbidden: UNDECIDED,
  wrongKind: WRONG_KIND,
  rateLimited: RATE_LIMITED,
};

/** A status 403 that says nothing of why: not proof of a bad key (a firewall answers so too). */
const PLAIN_403 = { revoked: UNDECIDED };

/** Service → kind of credential → verdict, where the name alone does not tell. */
const BY_SERVICE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'google-gemini': { deadAuthKey: INVALID },
  // Throttled at inference only.
  openrouter: { spent: EXHAUSTED, throttled: VALID },
  xai: { blocked: INVALID, disabled: INVALID },
  fireworks: { suspended: EXHAUSTED },
  'payu-india': { badSignature: INVALID },
  adyen: { inactive: INVALID },
  braintree: { forbidden: LIMITED },
  mollie: { forbidden: LIMITED, organizationToken: VALID },
  // Google's word for it is "Too many requests".
  'google-ads': { wrongClient: INVALID, badDeveloperToken: INVALID, exhausted: RATE_LIMITED },
  'meta-ads': { wrongApp: INVALID, tokenOnly: VALID, deadTokenOnly: INVALID },
  'linkedin-ads': { wrongClient: INVALID },
  'tiktok-ads': { wrongApp: INVALID },
  // The limit concerns later calls; the token was issued.
  'salesforce-client-credentials': {
    unknownClient: INVALID,
    misconfigured: UNDECIDED,
    notInstalled: UNDECIDED,
    requestLimit: VALID,
  },
  'salesforce-refresh-token': { malformed: INVALID, wrongClient: INVALID },
  'zoho-crm': { wrongClient: INVALID, wrongSecret: INVALID, throttled: RATE_LIMITED, limited: VALID },
  'twilio-auth-token': { suspended: LIMITED },
  'twilio-api-key': { limited: UNDECIDED },
  brevo: { foreignAddress: UNDECIDED },
  mailchimp: { disabled: UNDECIDED },
  'slack-bot': { inactive: INVALID, orgLogin: UNDECIDED },
  plausible: { unpaid: LIMITED },
  shopify: { ...PLAIN_403, frozen: UNDECIDED, locked: UNDECIDED },
  woocommerce: { wrongSecret: INVALID, writeOnly: LIMITED, forbidden: LIMITED },
  'google-maps': { restricted: LIMITED },
  algolia: { unlisted: UNDECIDED },
  'cloudflare-user-token': { disabled: INVALID },
  'cloudflare-account-token': { disabled: INVALID },
  gitlab: { inactive: INVALID },
  aws: { badSignature: INVALID, session: VALID },
  freshsales: PLAIN_403,
  pipedrive: PLAIN_403,
  amplitude: PLAIN_403,
  'mixpanel-service-account': PLAIN_403,
  'segment-public-api': PLAIN_403,
  'segment-write-key': PLAIN_403,
  airtable: PLAIN_403,
  jira: PLAIN_403,
};

interface Input {
  readonly entry: ProviderEntry;
  readonly simulator: Simulator;
}

async function ask({ entry, simulator }: Input, fields: unknown, timeoutMs = 10_000) {
  const outcome = await probeKey({
    entry,
    fields: parseFields(entry, fields),
    origins: simulator.origins,
    timeoutMs,
    pause: async () => {},
  });
  return { outcome, said: `${outcome.verdict}/${outcome.reason}` };
}

/** What an entry gets wrong of the simulator's credentials; stops at the first mistake when told so. */
export async function checkCredentials(
  input: Input,
  options: { readonly firstOnly?: boolean } = {},
): Promise<string[]> {
  const { entry, simulator } = input;
  const mistakes: string[] = [];
  const accounts: Record<string, string | null> = {};
  for (const [variant, fields] of Object.entries(simulator.find(entry.id).credentials)) {
    const expected =
      BY_SERVICE[entry.id]?.[variant] ?? BY_VARIANT[variant] ?? 'a verdict for this kind in the test';
    const { outcome, said } = await ask(input, fields);
    accounts[variant] = outcome.account;
    const leaked = Object.entries(fields ?? {})
      .filter(([name, value]) => entry.fields[name]?.secret && JSON.stringify(outcome).includes(value))
      .map(([name]) => name);
    if (said !== expected) mistakes.push(`${entry.id} ${variant}: ${said} instead of ${expected}`);
    if (leaked.length > 0) mistakes.push(`${entry.id} ${variant}: the outcome shows ${leaked.join()}`);
    if (mistakes.length > 0 && options.firstOnly === true) return mistakes;
  }
  const { good, second, otherAccount } = accounts;
  if (second !== undefined && second !== good)
    mistakes.push(`${entry.id}: the second key seems of another account`);
  if (otherAccount && otherAccount === good) mistakes.push(`${entry.id}: another account seems the same`);
  return mistakes;
}

/** What an entry gets wrong when its provider or the network is in trouble. */
export async function checkFaults(input: Input, sheet: ReplySheet): Promise<string[]> {
  const { entry, simulator } = input;
  const { good } = simulator.find(entry.id).credentials;
  const trouble = async (
    fault: Parameters<Simulator['setFault']>[1],
    expected: string,
    timeoutMs?: number,
  ) => {
    simulator.setFault(entry.id, fault);
    const { outcome, said } = await ask(input, good, timeoutMs);
    return {
      outcome,
      mistakes: said === expected ? [] : [`${entry.id} ${fault?.kind}: ${said} instead of ${expected}`],
    };
  };
  try {
    const limited = await trouble({ kind: 'rate_limited', retryAfterSeconds: 7 }, RATE_LIMITED);
    const waits = limited.outcome.retryAfterSeconds === 7 ? [] : [`${entry.id}: Retry-After was not read`];
    const forbidden = sheet.simulated403 ?? sheet.bare?.[403] ?? BARE[403] ?? '';
    const others = [
      await trouble({ kind: 'outage' }, PROVIDER_ERROR),
      await trouble({ kind: 'status', status: 403 }, forbidden),
      await trouble({ kind: 'garbage' }, UNDECIDED),
      await trouble({ kind: 'huge' }, UNDECIDED),
      await trouble({ kind: 'redirect', location: `${simulator.origin}/elsewhere` }, UNDECIDED),
      await trouble({ kind: 'reset' }, 'inconclusive/unreachable'),
      await trouble({ kind: 'hang' }, 'inconclusive/timeout', 60),
    ];
    return [...limited.mistakes, ...waits, ...others.flatMap(({ mistakes }) => mistakes)];
  } finally {
    simulator.setFault(entry.id, null);
  }
}
