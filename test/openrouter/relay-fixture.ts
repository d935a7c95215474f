/** The relay between a real client's socket and a real upstream's, with what it is given decided by the test. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request, type Dispatcher } from 'undici';
import { uuidv7 } from 'uuidv7';
import type { CallCredential, GatewayPolicy, UsageRecord } from '../../src/contract/gateway';
import { isKeyturnError } from '../../src/contract/errors';
import { OpenCalls } from '../../src/openrouter/open-calls';
import { relayCall } from '../../src/openrouter/relay-call';
import type { RelayPorts } from '../../src/openrouter/relay-ports';
import { createUpstream } from '../../src/openrouter/upstream';

export const REF = { tenantId: 'acme', serviceId: 'openrouter', keyName: 'default' };
export const TENANT_KEY: CallCredential = {
  source: 'tenant',
  apiKey: 'sk-or-v1-tenant',
  keyVersion: 3,
  epoch: 1,
  fallbackReason: null,
};

/** One request as it reached the upstream. */
export interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

/** What the upstream does with a request. */
export type Script = (reached: Reached, response: ServerResponse) => void | Promise<void>;

export interface RelayFixture {
  readonly url: string;
  readonly reached: Reached[];
  /** Rows as they were noted, later states included. */
  readonly noted: UsageRecord[];
  readonly brokenOff: string[];
  readonly openCalls: OpenCalls;
  /** Sockets of the upstream that are still open for a request. */
  upstreamOpen(): number;
  post(body: Buffer | string, headers?: Record<string, string>): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

export async function startRelay(
  script: Script,
  options: {
    ports?: Partial<RelayPorts>;
    endpoint?: 'chat.completions' | 'embeddings';
    idleTimeoutMs?: number;
    headersTimeoutMs?: number;
    policy?: GatewayPolicy;
  } = {},
): Promise<RelayFixture> {
  const reached: Reached[] = [];
  const noted: UsageRecord[] = [];
  const brokenOff: string[] = [];
  let upstreamOpen = 0;
  const upstream = await listen(
    createServer((incoming, response) => {
      upstreamOpen += 1;
      response.once('close', () => (upstreamOpen -= 1));
      void bytesOf(incoming).then((body) => {
        const { method = '', url = '', headers, rawHeaders } = incoming;
        const one = { method, url, headers, rawHeaders, body };
        reached.push(one);
        return script(one, response);
      });
    }),
  );
  const dispatcher = new Agent();
  const openCalls = new OpenCalls();
  const policy = options.policy ?? { platformFallback: 'never', monthlyBudgetUsd: null };
  const ports: RelayPorts = {
    send: createUpstream({
      origin: upstream.url,
      dispatcher,
      headersTimeoutMs: options.headersTimeoutMs ?? 10_000,
      idleTimeoutMs: options.idleTimeoutMs ?? 10_000,
    }),
    credentials: {
      choose: async () => ({ credential: TENANT_KEY, policy }),
      reread: async () => null,
      fallBack: async () => null,
    },
    models: { resolve: (model) => ({ model, resolvedFrom: null, row: null }) },
    spend: { reserve: async () => ({ granted: true, spentUsd: '0', budgetUsd: '5' }) },
    usage: { put: (record) => void noted.push(record) },
    openCalls,
    newId: uuidv7,
    observe: {
      ended: () => undefined,
      brokenOff: (by) => void brokenOff.push(by),
      platformKeyRefused: () => undefined,
    },
    firstDataTimeoutMs: 10_000,
    ...options.ports,
  };
  const gateway = await listen(
    createServer((incoming, response) => {
      void bytesOf(incoming).then(async (body) => {
        const endpoint = options.endpoint ?? 'chat.completions';
        const call = { ref: REF, principal: 'service:1', endpoint, headers: incoming.headers, body };
        try {
          await relayCall(ports, call, response);
        } catch (error) {
          const [status, code] = isKeyturnError(error) ? [error.status, error.code] : [500, String(error)];
          response.writeHead(status).end(code);
        }
      });
    }),
  );
  const client = new Agent();
  return {
    url: gateway.url,
    reached,
    noted,
    brokenOff,
    openCalls,
    upstreamOpen: () => upstreamOpen,
    post: (body, headers = {}) =>
      request(gateway.url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
        dispatcher: client,
      }),
    async close() {
      await client.destroy();
      await dispatcher.destroy();
      await Promise.all([gateway.close(), upstream.close()]);
    },
  };
}

async function listen(server: Server): Promise<{ url: string; close: () => Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Writes pieces so that each is a chunk of its own on the wire. */
export async function writePieces(response: ServerResponse, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise<void>((resolve) => response.write(piece, () => setImmediate(resolve)));
  }
  response.end();
}
