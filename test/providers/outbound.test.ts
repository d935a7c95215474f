import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import {
  assertAllowedUrl,
  createGuardedAgent,
  guardLookup,
  isPublicUnicast,
} from '../../src/providers/outbound';
import { probeKey } from '../../src/providers/probe';
import { entryWith, EXAMPLE_FIELDS } from './example-entry';

const fields = EXAMPLE_FIELDS;

describe('the way out', () => {
  test.each([
    'http://api.example.com/',
    'https://api.example.com.evil.example/',
    'https://user@api.example.com/',
    'https://api.example.com:8443/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://0x7f000001/',
  ])('is closed for %s', (url) => {
    expect(() => assertAllowedUrl(new URL(url), ['api.example.com'])).toThrow();
  });

  test('never opens for an address, whatever the list says', () => {
    expect(() => assertAllowedUrl(new URL('https://10.0.0.1/'), [/./])).toThrow();
    expect(() => assertAllowedUrl(new URL('https://api.example.com/'), ['api.example.com'])).not.toThrow();
  });

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
  ])('takes %s for private', (address) => expect(isPublicUnicast(address)).toBe(false));
  test.each([
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'x',
    '',
  ])('takes %p for private', (address) => expect(isPublicUnicast(address)).toBe(false));
  test.each(['93.184.215.14', '2606:4700::1111'])('takes %s for public', (address) => {
    expect(isPublicUnicast(address)).toBe(true);
  });

  type Addresses = { address: string; family: number }[];
  const resolveTo =
    (...answers: Addresses[]) =>
    (_: string, __: object, callback: (error: null, addresses: Addresses) => void): void =>
      callback(null, answers.length > 1 ? (answers.shift() ?? []) : (answers[0] ?? []));
  const privately: Addresses = [{ address: '127.0.0.1', family: 4 }];
  const publicly: Addresses = [{ address: '93.184.215.14', family: 4 }];

  test('refuses a name that resolves to a private address, or to one among others', async () => {
    let connections = 0;
    const server = createTcpServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `api.example.com:${(server.address() as AddressInfo).port}`;
    const entry = entryWith({ url: `https://${host}/me` }, { hosts: [host] });
    const askThrough = async (dispatcher: Dispatcher) => {
      const outcome = await probeKey({ entry, fields, origins: {}, dispatcher });
      await dispatcher.close();
      return outcome;
    };
    for (const addresses of [privately, [...privately, ...publicly], []]) {
      const outcome = await askThrough(createGuardedAgent(resolveTo(addresses)));
      expect(outcome).toMatchObject({ verdict: 'inconclusive', reason: 'unreachable', status: null });
    }
    expect(connections).toBe(0);
    // The control: without the guard the same name leads there.
    const lookup = (_: string, __: object, callback: (error: null, addresses: Addresses) => void): void =>
      callback(null, privately);
    await askThrough(new Agent({ connect: { lookup: lookup as never } }));
    expect(connections).toBe(1);
    await new Promise((resolve) => server.close(resolve));
  });

  test('judges the very addresses the socket gets, each time anew', () => {
    const lookup = guardLookup(resolveTo(publicly, privately));
    const seen: unknown[] = [];
    for (const all of [true, true]) {
      lookup('api.example.com', { all }, (error, addresses) => seen.push(error?.code ?? addresses));
    }
    expect(seen).toEqual([publicly, 'EPRIVATE']);
    guardLookup(resolveTo(publicly))('api.example.com', {}, (_, address, family) =>
      seen.push([address, family]),
    );
    expect(seen[2]).toEqual(['93.184.215.14', 4]);
  });

  test('tells a name that does not exist', async () => {
    const dispatcher = createGuardedAgent((_, __, callback) =>
      callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []),
    );
    const outcome = await probeKey({ entry: entryWith(), fields, origins: {}, dispatcher });
    expect(outcome).toMatchObject({ reason: 'unreachable' });
    await dispatcher.close();
  });
});
