import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { findService } from '../../src/providers/catalog';
import {
  MAX_RETRY_AFTER_SECONDS,
  pickRetryAfter,
  readPath,
  readReply,
} from '../../src/providers/judge-reply';
import { closeOutbound, MAX_REPLY_BYTES } from '../../src/providers/outbound';
import { probeKey, type ProbeInput } from '../../src/providers/probe';
import { accept, proceed, type ProbeStep } from '../../src/providers/probe-plan';
import { entryWith, EXAMPLE_FIELDS, EXAMPLE_SECRET } from './example-entry';

const fields = EXAMPLE_FIELDS;

const servers: Server[] = [];
afterEach(async () => {
  await closeOutbound();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A provider of one listener on loopback. */
async function serve(listener: RequestListener): Promise<Record<string, string>> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { example: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function ask(listener: RequestListener, step: Partial<ProbeStep> = {}, more: Partial<ProbeInput> = {}) {
  const origins = await serve(listener);
  return probeKey({ entry: entryWith(step), fields, origins, timeoutMs: 5_000, ...more });
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(JSON.stringify(body));

describe('a request', () => {
  test('goes to the origin with the provider’s own Host, path and query', async () => {
    let seen = '';
    const outcome = await ask(
      (request, response) => {
        seen = `${request.method} ${request.headers.host} ${request.url} ${request.headers.authorization}`;
        response.end('{"ok":true}');
      },
      { query: { a: '1', gone: '{name}' }, headers: { 'x-name': '{name}' } },
    );
    expect(outcome).toMatchObject({ verdict: 'valid', reason: 'accepted', status: 200 });
    expect(seen).toBe(`GET api.example.com /me?a=1 Bearer ${EXAMPLE_SECRET}`);
  });

  test('encodes what it puts into a path', async () => {
    let path: string | undefined;
    await ask(
      (request, response) => {
        path = request.url;
        response.end('{}');
      },
      { url: 'https://api.example.com/of/{token}/me' },
      { fields: { token: 'a/../b?c#d:e' } },
    );
    expect(path).toBe('/of/a%2F..%2Fb%3Fc%23d:e/me');
  });

  test('is refused when a value would move it to another host', async () => {
    const listener = jest.fn<void, Parameters<RequestListener>>(
      (_, response) => void response.end('{"ok":true}'),
    );
    for (const token of [
      'evil.example/',
      'evil.example#',
      'a@evil.example/',
      '127.0.0.1/',
      'evil.example:443/',
    ]) {
      const outcome = await ask(listener, { url: 'https://{+token}.example.com/' }, { fields: { token } });
      expect(outcome).toMatchObject({ verdict: 'inconclusive', status: null });
    }
    expect(listener).not.toHaveBeenCalled();
  });

  test('is not sent without a value it needs', async () => {
    const listener = jest.fn();
    const outcome = await ask(listener, { auth: { scheme: 'bearer', token: '{name}' } });
    expect(outcome).toMatchObject({ verdict: 'inconclusive', reason: 'unexpected_reply', status: null });
    expect(listener).not.toHaveBeenCalled();
  });

  test('takes inherited names of objects for absent', async () => {
    const listener = jest.fn();
    await ask(listener, { auth: { scheme: 'bearer', token: '{constructor}' } });
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('trouble', () => {
  test('a redirect is not followed', async () => {
    const paths: (string | undefined)[] = [];
    const outcome = await ask((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: '/other' }).end();
    });
    expect(outcome).toMatchObject({ verdict: 'inconclusive', reason: 'unexpected_reply', status: 302 });
    expect(paths).toEqual(['/me']);
  });

  test('a reply over the cap is not read to its end', async () => {
    let written = 0;
    const outcome = await ask((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const push = (): void => {
        while (!response.destroyed && written < 512 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', push);
        }
      };
      push();
    });
    expect(outcome).toMatchObject({ verdict: 'inconclusive', reason: 'unexpected_reply' });
    expect(written).toBeLessThan(512 * 1024 * 1024);
  });

  test('the cap is the step’s own where it has one', async () => {
    const body = { ok: true, filler: 'x'.repeat(MAX_REPLY_BYTES) };
    expect(await ask(json(200, body))).toMatchObject({ reason: 'unexpected_reply' });
    expect(await ask(json(200, body), { maxBytes: 2 * MAX_REPLY_BYTES })).toMatchObject({ verdict: 'valid' });
  });

  test('silence and a dripping body end with the timeout', async () => {
    expect(await ask(() => {}, {}, { timeoutMs: 50 })).toMatchObject({ reason: 'timeout', status: null });
    const dripping = await ask(
      (_, response) => void response.writeHead(200).write('{'),
      {},
      { timeoutMs: 50 },
    );
    expect(dripping).toMatchObject({ verdict: 'inconclusive', reason: 'timeout' });
  });

  test('a closed port is unreachable', async () => {
    const origins = await serve(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    expect(await probeKey({ entry: entryWith(), fields, origins })).toMatchObject({
      reason: 'unreachable',
      status: null,
    });
  });

  test('something that speaks no HTTP is an unexpected reply', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end('SSH-2.0-OpenSSH_9.9\r\n\r\n', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origins = { example: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const outcome = await probeKey({ entry: entryWith(), fields, origins });
    await new Promise((resolve) => server.close(resolve));
    expect(outcome).toMatchObject({ reason: 'unexpected_reply' });
  });

  test('only the caller’s own signal is thrown', async () => {
    const reason = new Error('stopped');
    await expect(ask(() => {}, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const asked = ask(() => controller.abort(reason), {}, { signal: controller.signal });
    await expect(asked).rejects.toBe(reason);
  });

  test('429 carries its wait, as seconds or as a date', async () => {
    expect(await ask(json(429, {}, { 'retry-after': '17' }))).toMatchObject({
      reason: 'rate_limited',
      retryAfterSeconds: 17,
    });
    const reply = (header: string) =>
      readReply({ status: 429, headers: { 'retry-after': header }, body: '' });
    const step = { rules: [] } as unknown as ProbeStep;
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(pickRetryAfter(step, reply('Thu, 01 Jan 2026 00:00:30 GMT'), now)).toBe(30);
    expect(pickRetryAfter(step, reply('Thu, 01 Jan 2020 00:00:30 GMT'), now)).toBe(0);
    expect(pickRetryAfter(step, reply('999999999'), now)).toBe(MAX_RETRY_AFTER_SECONDS);
    expect(pickRetryAfter(step, reply('soon'), now)).toBeNull();
    expect(pickRetryAfter({ ...step, retryAfter: 'wait' }, { ...reply(''), json: { wait: 2.5 } }, now)).toBe(
      3,
    );
  });
});

describe('what leaves the prober', () => {
  const facts = { details: { fact: 'fact', list: 'list' }, account: ['account'] } as const;

  test('is bounded and of the list', async () => {
    const outcome = await ask(
      json(200, { ok: true, fact: 'x'.repeat(500), list: ['b', 'a'], account: 7, other: 'y' }),
      facts,
    );
    expect(outcome.details).toEqual({ fact: 'x'.repeat(200), list: 'a b', list_count: 2 });
    expect(outcome.account).toBe('7');
  });

  test.each([EXAMPLE_SECRET, `x${EXAMPLE_SECRET}y`, [EXAMPLE_SECRET], ['a', EXAMPLE_SECRET]])(
    'never holds a secret: %p',
    async (value) => {
      const outcome = await ask(json(200, { ok: true, fact: value, list: value, account: value }), facts);
      expect(outcome).toMatchObject({ verdict: 'valid', details: {}, account: null });
    },
  );

  test('never holds objects', async () => {
    const outcome = await ask(json(200, { ok: true, fact: { a: 1 }, list: [{ a: 1 }] }), facts);
    expect(outcome.details).toEqual({});
  });

  test('is nothing when the credential was refused', async () => {
    const outcome = await ask(json(401, { fact: 'x', account: 'y' }), facts);
    expect(outcome).toMatchObject({ verdict: 'invalid', details: {}, account: null });
  });

  test('holds no token taken on the way', async () => {
    const step = (extra: Partial<ProbeStep>): ProbeStep => ({
      method: 'GET',
      url: 'https://api.example.com/me',
      auth: { scheme: 'none' },
      rules: [],
      details: { fact: 'fact' },
      ...extra,
    });
    const probe = {
      ways: [
        {
          steps: [
            step({ rules: [proceed({ status: 200 })], take: { issued: 'issued' } }),
            step({ auth: { scheme: 'bearer', token: '{issued}' }, rules: [accept({ status: 200 })] }),
          ],
        },
      ],
    } as const;
    const origins = await serve((request, response) => {
      const echoed = request.headers.authorization ?? '';
      response.end(JSON.stringify({ issued: 'short-lived-token', fact: `echo ${echoed}` }));
    });
    const outcome = await probeKey({ entry: entryWith({}, { probe }), fields, origins });
    expect(outcome).toMatchObject({ verdict: 'valid', details: { fact: 'echo ' } });
    expect(JSON.stringify(outcome)).not.toContain('short-lived-token');
  });

  test('of OpenRouter are limits, not the masked key', async () => {
    const entry = findService('openrouter')!;
    const data = {
      label: 'sk-or-v1-abc...123',
      limit: 10,
      limit_remaining: 4,
      is_free_tier: false,
      usage: 6,
    };
    const origins = await serve(
      json(200, { data: { ...data, creator_user_id: 'user_1', expires_at: null } }),
    );
    const outcome = await probeKey({
      entry,
      fields: { api_key: `sk-or-v1-${'0'.repeat(64)}` },
      origins: { openrouter: origins['example']! },
    });
    expect(outcome).toEqual({
      verdict: 'valid',
      reason: 'accepted',
      details: { limit: 10, limit_remaining: 4, is_free_tier: false, expires_at: null },
      account: 'user_1',
      status: 200,
      retryAfterSeconds: null,
    });
  });
});

describe('readPath', () => {
  const body = { a: { b: [{ c: 1 }, { c: 2 }, 3], n: null }, e: { x: 'p', y: 'q' } };
  test.each([
    ['$', [body]],
    ['a.n', [null]],
    ['a.b[].c', [1, 2]],
    ['e.*', ['p', 'q']],
    ['a.missing.c', []],
    ['a.b.c', []],
    ['a.constructor', []],
    ['a.b[].toString', []],
  ])('%s', (path, found) => expect(readPath(body, path)).toEqual(found));

  test.each([undefined, null, 7, 'text'])('finds nothing in %p', (json) =>
    expect(readPath(json, 'a.b')).toEqual([]),
  );
});
