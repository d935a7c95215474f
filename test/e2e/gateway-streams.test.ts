/** Many streams through one gateway process: its memory, callers that hang up in a storm, and its own end. */
import { randomBytes } from 'node:crypto';
import { Agent, request, type Dispatcher } from 'undici';
import { chatBody, GatewayActions } from '../support/gateway-actions';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process';
import { startService, until, type TestService } from '../support/service';

const STREAMS = 500;
/** Of an open stream, in KiB; what is kept of an answer's end alone may be 64. */
const MOST_PER_STREAM_KIB = 200;

let service: TestService;
let gateway: GatewayProcess;
let client: Agent;
let acme: GatewayActions;
let token: string;

beforeAll(async () => {
  service = await startService();
});
beforeEach(async () => {
  acme = new GatewayActions(service, service.tenant(`streams-${randomBytes(2).toString('hex')}`));
  await acme.storeKey();
  token = await service.mintToken({ role: 'service', tenantId: acme.tenantId });
  client = new Agent();
  gateway = await startGatewayProcess(service, { KEYTURN_DRAIN_MS: '3000', KEYTURN_GATEWAY_FENCE_MS: '100' });
  service.simulator.openrouter.forget();
});
afterEach(async () => {
  await client.destroy();
  await gateway.stop();
});
afterAll(() => service.stop());

function post(simulate: string, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
  return request(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    dispatcher: client,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(chatBody({ stream: true, metadata: { simulate } })),
    ...(signal === undefined ? {} : { signal }),
  });
}

const upstream = () => service.simulator.openrouter;

/** Reads on until told to stop; answers how many bytes came. */
function drink(stream: Dispatcher.ResponseData): { bytes: () => number; ended: Promise<void> } {
  let bytes = 0;
  const ended = (async () => {
    for await (const chunk of stream.body as AsyncIterable<Buffer>) bytes += chunk.length;
  })();
  return { bytes: () => bytes, ended };
}

test(`${STREAMS} open streams take little memory, and no more of it the longer they last`, async () => {
  await (await post('chunks-2')).body.text();
  const before = gateway.residentMiB();
  const hangUp = new AbortController();
  const streams = await Promise.all(
    Array.from({ length: STREAMS }, () => post('endless gap-200', hangUp.signal)),
  );
  const drinks = streams.map(drink);
  const ended = Promise.allSettled(drinks.map((one) => one.ended));
  const least = (): number => Math.min(...drinks.map((one) => one.bytes()));
  await until('each stream flows', async () => least() > 1_000, 60_000);
  expect(upstream().openStreams()).toBe(STREAMS);
  const early = gateway.residentMiB();
  const soFar = least();
  await until('each has carried several times as much', async () => least() > soFar * 4, 60_000);
  const late = gateway.residentMiB();
  expect((early - before) * 1024).toBeLessThan(STREAMS * MOST_PER_STREAM_KIB);
  // Garbage that waits for its collection comes and goes; what grows with each chunk would be far more.
  expect(late - early).toBeLessThan(40);
  hangUp.abort();
  await ended;
  await until('nothing is open upstream', async () => upstream().openStreams() === 0);
}, 180_000);

test('storms of callers that hang up leave nothing open', async () => {
  for (let storm = 0; storm < 3; storm += 1) {
    const calls = Array.from({ length: 150 }, async (_, i) => {
      const hangUp = new AbortController();
      const stream = await post('endless gap-50', hangUp.signal);
      if (i % 2 === 0) for await (const _chunk of stream.body) break;
      hangUp.abort();
    });
    await Promise.allSettled(calls);
  }
  await until('nothing is open upstream', async () => upstream().openStreams() === 0);
  await until('nothing is open in the gateway', async () => {
    const { body } = await request(`${gateway.url}/metrics`, {
      headers: { authorization: `Bearer ${await service.mintToken({ role: 'admin' })}` },
      dispatcher: client,
    });
    return /^keyturn_gateway_open_calls 0$/m.test(await body.text());
  });
  expect((await acme.chat()).status).toBe(200);
}, 120_000);

test('a process that is told to stop lets calls end, ends those that last, and notes all of them', async () => {
  const counted = async (): Promise<number> => (await acme.usage()).body.total.requests;
  const [short, long] = await Promise.all([post('chunks-3 gap-50'), post('endless gap-50')]);
  const code = gateway.stop();
  expect(await short.body.text()).toMatch(/data: \[DONE\]\s+$/);
  expect(await long.body.text()).toContain('"error_type":"abandoned"');
  expect(await code).toBe(0);
  expect(await counted()).toBe(2);
  expect(gateway.said()).not.toMatch(/"level":(50|60)/);
}, 120_000);
