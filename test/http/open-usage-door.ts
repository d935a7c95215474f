/** The endpoints about usage and policy behind a real door and with a real ledger; all other ports are silent. */
import { createApp } from '../../src/http/app';
import { listen } from '../../src/http/listen';
import { openApiDocument } from '../../src/http/openapi';
import type { HttpPorts } from '../../src/http/ports';
import { BASE_PATH, type Route } from '../../src/http/route';
import { gatewayPolicyRoutes } from '../../src/http/routes/gateway-policy';
import { readUsage } from '../../src/http/routes/read-usage';
import { createTokenVerifier } from '../../src/http/verify-token';
import { readGatewayPolicy, writeGatewayPolicy } from '../../src/ledger/gateway-policy';
import { readBudget } from '../../src/ledger/platform-spend';
import { summariseUsage } from '../../src/ledger/summarise-usage';
import { openTestLedger, type TestLedger } from '../ledger/open-test-ledger';
import { callApi, type ApiCall, type ApiReply } from '../support/service';
import { answerChecker, type OpenApi } from './answer-document';
import { startIssuer, type TestIssuer } from './test-issuer';

/** What the routes take for now. */
export const NOW = '2026-03-20T12:00:00.000Z';
/** The budget of tenants without one of their own. */
export const CONFIGURED_USD = '25';

export interface UsageDoor {
  readonly test: TestLedger;
  readonly issuer: TestIssuer;
  readonly routes: readonly Route[];
  readonly url: string;
  /** With a token of the role, and of the tenant if one is given. */
  ask(request: ApiCall, role?: string, tenantId?: string): Promise<ApiReply>;
  /** What was wrong with the answers so far: not as the document says, or a fault of ours. */
  readonly wrong: readonly unknown[];
  close(): Promise<void>;
}

export async function openUsageDoor(): Promise<UsageDoor> {
  const [test, issuer] = await Promise.all([openTestLedger(), startIssuer()]);
  const { ledger } = test;
  const wrong: unknown[] = [];
  const usage = {
    summarise: (query: Parameters<typeof summariseUsage>[1]) => summariseUsage(ledger, query),
    readBudget: async (tenantId: string) => {
      const { monthlyBudgetUsd } = await readGatewayPolicy(ledger, tenantId);
      const budgetUsd = monthlyBudgetUsd ?? CONFIGURED_USD;
      return readBudget(ledger, { tenantId, month: NOW.slice(0, 7), budgetUsd });
    },
  };
  const policy = {
    read: (tenantId: string) => readGatewayPolicy(ledger, tenantId),
    write: (...[tenantId, change, principal]: [string, object, string]) =>
      writeGatewayPolicy(ledger, tenantId, change, principal),
  };
  const routes = [readUsage(usage, () => Date.parse(NOW)), ...gatewayPolicyRoutes(policy, usage)];
  const ports = {
    verifyToken: createTokenVerifier(issuer.settings),
    ledger: { appendAudit: async () => {} },
    observeRequest: () => {},
    logError: (error: unknown) => wrong.push(error),
  };
  const door = await listen(createApp(ports as unknown as HttpPorts, routes), { host: '127.0.0.1', port: 0 });
  const check = answerChecker(openApiDocument(routes, BASE_PATH) as OpenApi);
  return {
    test,
    issuer,
    routes,
    url: door.url,
    wrong,
    async ask(request, role = 'admin', tenantId) {
      const claims = { sub: `someone with ${role}`, roles: [role], ...(tenantId && { tenant_id: tenantId }) };
      const reply = await callApi(door.url, await issuer.sign(claims), request);
      const contentType = reply.headers.get('content-type') ?? '';
      const path = `${BASE_PATH}${request.path}`;
      const { status, body } = reply;
      wrong.push(...check({ method: request.method ?? 'GET', path, status, contentType, body }));
      return reply;
    },
    async close() {
      await door.close();
      await Promise.all([issuer.close(), test.close()]);
    },
  };
}

/** What a caller goes by. */
export function refusal({ status, body }: ApiReply): unknown[] {
  return [status, body.code, body.field];
}
