/** A token that was in order is taken for a while without another look: no longer than it says itself. */
import { createTokenVerifier } from '../../src/http/verify-token';
import { startIssuer, type TestIssuer } from './test-issuer';

let issuer: TestIssuer;
let verify: ReturnType<typeof createTokenVerifier>;

beforeAll(async () => {
  issuer = await startIssuer();
  verify = createTokenVerifier(issuer.settings);
});

afterAll(() => issuer.close());

afterEach(() => jest.useRealTimers());

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;

/** Moves the clock of the day; timers go on as they are. */
function setClock(ms: number): void {
  const others = ['hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const;
  const timers = ['setImmediate', 'setInterval', 'setTimeout'] as const;
  const cleared = ['clearImmediate', 'clearInterval', 'clearTimeout'] as const;
  jest.useFakeTimers({ now: ms, doNotFake: [...others, ...timers, ...cleared] });
}

test('the second time its signature is not checked again', async () => {
  const token = await issuer.sign({ tenant_id: 'acme', roles: 'service' });
  const first = await verify(token);
  expect(first).toEqual({ subject: 'someone', tenantId: 'acme', roles: ['service'] });
  expect(await verify(token)).toBe(first);
});

test('it is refused when it has expired, however often it was taken before', async () => {
  const token = await issuer.sign({ exp: inSeconds(30) });
  const startMs = Date.now();
  await verify(token);
  setClock(startMs + 29_000);
  await verify(token);
  // Past the allowance for clocks that differ.
  setClock(startMs + 37_000);
  await expect(verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('one that differs in its signature alone is another one', async () => {
  const claims = { sub: 'somebody', exp: inSeconds(60) };
  const token = await issuer.sign(claims);
  await verify(token);
  await expect(verify(await issuer.sign(claims, 'another'))).rejects.toMatchObject({
    code: 'unauthenticated',
  });
  const [head, body, signature = ''] = token.split('.');
  const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  await expect(verify(forged)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('one that was refused is refused again', async () => {
  const token = await issuer.sign({ aud: 'another-api' });
  for (const _turn of [1, 2]) await expect(verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
});
