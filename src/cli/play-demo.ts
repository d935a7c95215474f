/** The steps of the demo: each is a real request, and says what must come of it. */
import { askModel, type ModelAnswer } from './ask-model';
import type { Simulator } from '../simulator/simulator';
import type { AllInOne } from '../start';

type Json = Readonly<Record<string, unknown>>;

type Reply = ModelAnswer;

/** A step: what it shows, the request, and the members of the answer that must be so. */
interface Step {
  readonly title: string;
  readonly act: () => Promise<Reply>;
  readonly expect: Json & { status: number };
}

const TENANT = 'acme';
const SHORT_GRACE_SECONDS = 2;
const PATIENCE_MS = 20_000;

/** Plays all steps; true when each did what it says. */
export async function playDemo(
  running: AllInOne,
  simulator: Simulator,
  openRouterKey?: string,
): Promise<boolean> {
  const admin = await running.mintToken({ role: 'admin' });
  const service = await running.mintToken({ role: 'service', tenantId: TENANT });
  const call = (method: string, path: string, body?: Json, token = admin) =>
    send(running.url, { method, path, body, token });
  const fields = (id: string, variant: string): Json => ({ ...simulator.find(id)?.credentials[variant] });
  const about = (service_id: string): Json => ({ tenant_id: TENANT, service_id });
  const generate = (id: string, api_keys: Json) => () =>
    call('POST', '/byok/generate-keys', { ...about(id), api_keys });
  let rotation = '';
  const rotate = (id: string, simulated: string, grace_seconds: number) => async () => {
    const reply = await call('POST', '/byok/rotate-key', {
      ...about(id),
      api_keys: fields(simulated, 'second'),
      grace_seconds,
    });
    rotation = String(reply.body['operation_id']);
    return reply;
  };
  const whileDown = async (id: string, act: () => Promise<Reply>): Promise<Reply> => {
    simulator.setFault(id, { kind: 'outage' });
    try {
      return await act();
    } finally {
      simulator.setFault(id, null);
    }
  };
  const openRouter = openRouterKey === undefined ? fields('openrouter', 'good') : { api_key: openRouterKey };

  const steps: Step[] = [
    {
      title: 'Store a key for openrouter',
      act: generate('openrouter', openRouter),
      expect: { status: 201, verdict: 'valid', version: 1 },
    },
    {
      title: 'Store a key for stripe',
      act: generate('stripe', fields('stripe', 'good')),
      expect: { status: 201, verdict: 'valid' },
    },
    {
      title: 'Store a key for twilio',
      act: generate('twilio', fields('twilio-auth-token', 'good')),
      expect: { status: 201, verdict: 'valid' },
    },
    {
      title: 'A key the provider rejects is refused',
      act: () =>
        call('POST', '/byok/generate-keys', {
          tenant_id: 'beta',
          service_id: 'stripe',
          api_keys: fields('stripe', 'dead'),
        }),
      expect: { status: 422, code: 'key_rejected' },
    },
    {
      title: 'An outage of the provider is not called invalid',
      act: () => whileDown('stripe', () => call('POST', '/byok/validate-key', about('stripe'))),
      expect: { status: 200, verdict: 'inconclusive', reason: 'provider_error' },
    },
    {
      title: `Rotate the stripe key with a grace period of ${SHORT_GRACE_SECONDS} s`,
      act: rotate('stripe', 'stripe', SHORT_GRACE_SECONDS),
      expect: { status: 200, state: 'grace', version: 2, previous_version: 1 },
    },
    {
      title: 'The old stripe key retires when the grace period ends',
      act: () => retired(() => call('GET', `/byok/keys?tenant_id=${TENANT}&service_id=stripe`)),
      expect: { status: 200, state: 'active', version: 2, previous_version: null },
    },
    {
      title: 'Rotate the twilio key',
      act: rotate('twilio', 'twilio-auth-token', 3600),
      expect: { status: 200, state: 'grace', version: 2 },
    },
    {
      title: 'Roll it back',
      act: () => call('POST', `/byok/operations/${rotation}/rollback`, {}),
      expect: { status: 200, state: 'active', version: 1 },
    },
    {
      title: 'A service of the tenant reads the openrouter key (not shown here)',
      act: async () =>
        hideKey(
          await call('GET', `/byok/resolve?tenant_id=${TENANT}&service_id=openrouter`, undefined, service),
        ),
      expect: { status: 200, version: 1, api_keys: '(the key)' },
    },
    {
      title: 'A model answers through the gateway, with the tenant’s own key',
      act: () => askModel(running.url, service, 'What does a key rotation change?'),
      expect: { status: 200, credential: 'tenant', key_version: 1 },
    },
    {
      title: 'What that cost',
      act: () => priced(() => call('GET', `/openrouter/usage/${TENANT}?group_by=model,credential`)),
      expect: { status: 200, credential: 'tenant', requests: 1, unpriced_requests: 0 },
    },
    {
      title: 'Revoke the openrouter key',
      act: () => call('DELETE', '/byok/revoke-key', { ...about('openrouter'), reason: 'demo' }),
      expect: { status: 200, state: 'revoked' },
    },
    {
      title: 'From now on it is refused',
      act: () => call('GET', `/byok/resolve?tenant_id=${TENANT}&service_id=openrouter`, undefined, service),
      expect: { status: 409, code: 'key_revoked' },
    },
    {
      title: 'And the gateway refuses, too',
      act: () => askModel(running.url, service, 'Are you still there?'),
      expect: { status: 409, code: 'key_revoked' },
    },
    {
      title: 'The audit trail holds, up to its last entry',
      act: () => anchored(() => call('GET', '/audit/verify')),
      expect: { status: 200, ok: true },
    },
  ];
  return playAll(steps, running);
}

async function playAll(steps: readonly Step[], running: AllInOne): Promise<boolean> {
  const startedMs = performance.now();
  let failed = 0;
  for (const [index, step] of steps.entries()) {
    const reply = await step.act();
    const wrong = misfits(reply, step.expect);
    failed += wrong.length === 0 ? 0 : 1;
    console.log(
      `\n${index + 1}. ${step.title}   ${wrong.length === 0 ? 'ok' : `FAILED: ${wrong.join(', ')}`}`,
    );
    console.log(`   ${reply.status} ${JSON.stringify(withoutLinks(reply.body))}`);
    const link = linkOf(reply.body);
    if (link !== null) console.log(`   ${link}`);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const { uiUrl, namespace } = running.servers.temporal;
  console.log(`\n${steps.length - failed} of ${steps.length} steps did what they say, in ${seconds} s.`);
  console.log(`Temporal Web UI, while it runs: ${uiUrl}/namespaces/${namespace}/workflows`);
  return failed === 0;
}

async function send(
  url: string,
  request: { method: string; path: string; body?: Json | undefined; token: string },
): Promise<Reply> {
  const { method, path, body, token } = request;
  const response = await fetch(`${url}/api/brain${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

/** The listed key, once its grace period is over. */
async function retired(list: () => Promise<Reply>): Promise<Reply> {
  return poll(async () => {
    const { status, body } = await list();
    const [key] = body['keys'] as Json[];
    return { reply: { status, body: key ?? {} }, done: key?.['state'] === 'active' && key['retiring'] === 0 };
  });
}

/** The one sum of the tenant's usage, once the call is noted. */
async function priced(sum: () => Promise<Reply>): Promise<Reply> {
  return poll(async () => {
    const { status, body } = await sum();
    const [first] = (body['usage'] ?? []) as Json[];
    return { reply: { status, body: first ?? {} }, done: first?.['unpriced_requests'] === 0 };
  });
}

/** The verification, once an anchor vouches for every entry. */
async function anchored(verify: () => Promise<Reply>): Promise<Reply> {
  return poll(async () => {
    const reply = await verify();
    const chains = (reply.body['chains'] ?? []) as { unanchored: number }[];
    return { reply, done: chains.every((chain) => chain.unanchored === 0) };
  });
}

async function poll(look: () => Promise<{ reply: Reply; done: boolean }>): Promise<Reply> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const { reply, done } = await look();
    if (done || performance.now() > deadlineMs) return reply;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function misfits(reply: Reply, expected: Step['expect']): string[] {
  const seen: Json = { ...reply.body, status: reply.status };
  return Object.entries(expected)
    .filter(([member, value]) => seen[member] !== value)
    .map(([member, value]) => `${member} should be ${JSON.stringify(value)}`);
}

function hideKey(reply: Reply): Reply {
  return 'api_keys' in reply.body ? { ...reply, body: { ...reply.body, api_keys: '(the key)' } } : reply;
}

function withoutLinks({ links: _links, operation: _operation, workflow: _workflow, ...rest }: Json): Json {
  return rest;
}

function linkOf(body: Json): string | null {
  const link = (body['links'] as Json | undefined)?.['workflow'] ?? body['workflow'];
  return typeof link === 'string' ? link : null;
}
