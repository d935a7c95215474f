/** What a tenant can do with its OpenRouter key, in one line each; and what a test looks at afterwards. */
import { randomBytes } from 'node:crypto';
import type { Operation } from '../../src/contract/operations';
import { readIndexEntry } from '../../src/ledger/key-index';
import { readOperation } from '../../src/ledger/operations';
import { listInbox } from '../../src/vault/inbox';
import { readKeyRecord } from '../../src/vault/key-store';
import { gatherKeyVersions } from '../canary/gather-pieces';
import { until, type ApiReply, type TestService } from './service';

type Fields = Readonly<Record<string, string>>;

export class KeyActions {
  readonly ref;

  constructor(
    readonly service: TestService,
    readonly tenantId: string,
  ) {
    this.ref = { tenantId, serviceId: 'openrouter', keyName: 'default' };
  }

  /** A new credential that the provider knows. */
  mint(account = 'simulated'): Fields {
    const fields = { api_key: `sk-or-v1-${randomBytes(32).toString('hex')}` };
    this.service.simulator.setCredential('openrouter', fields, 'good', account);
    return fields;
  }

  readonly #about = () => ({ tenant_id: this.tenantId, service_id: 'openrouter' });

  store(fields: Fields, headers: Record<string, string> = {}): Promise<ApiReply> {
    return this.service.call({
      path: '/byok/generate-keys',
      body: { ...this.#about(), api_keys: fields },
      headers,
    });
  }

  rotate(fields: Fields, more: object = {}, headers: Record<string, string> = {}): Promise<ApiReply> {
    const body = { ...this.#about(), api_keys: fields, ...more };
    return this.service.call({ path: '/byok/rotate-key', body, headers });
  }

  validate(headers: Record<string, string> = {}): Promise<ApiReply> {
    return this.service.call({ path: '/byok/validate-key', body: this.#about(), headers });
  }

  revoke(headers: Record<string, string> = {}): Promise<ApiReply> {
    return this.service.call({ method: 'DELETE', path: '/byok/revoke-key', body: this.#about(), headers });
  }

  decide(what: 'finish' | 'rollback' | 'cancel', operationId: string, headers = {}): Promise<ApiReply> {
    const body = what === 'cancel' ? undefined : {};
    const path = `/byok/operations/${operationId}/${what}`;
    return this.service.call({ method: 'POST', path, ...(body === undefined ? {} : { body }), headers });
  }

  resolve(stage: 'current' | 'previous' = 'current'): Promise<ApiReply> {
    const path = `/byok/resolve?tenant_id=${this.tenantId}&service_id=openrouter&stage=${stage}`;
    return this.service.call({ path, as: { role: 'service', tenantId: this.tenantId } });
  }

  /** The key that is served, or the code of the refusal. */
  async served(stage: 'current' | 'previous' = 'current'): Promise<unknown> {
    const { body } = await this.resolve(stage);
    return body.api_keys ?? body.code;
  }

  /** The operation once it is closed. */
  closed(operationId: string): Promise<Operation> {
    return until(`operation ${operationId} is closed`, async () => {
      const operation = await readOperation(this.service.ledger, operationId);
      return operation?.closedAt === null ? null : operation;
    });
  }

  index() {
    return readIndexEntry(this.service.ledger, this.ref);
  }

  async record() {
    return (await readKeyRecord(this.service.vault.worker, this.ref)).record;
  }

  /** For each KV version, oldest first: true when it is still there. */
  async versionsLeft(): Promise<boolean[]> {
    const versions = await gatherKeyVersions(this.service.vault.worker, [this.tenantId]);
    return versions.map(({ destroyed }) => !destroyed);
  }

  async inbox(): Promise<string[]> {
    const found: string[] = [];
    for await (const one of listInbox(this.service.vault.worker, this.tenantId)) found.push(one);
    return found;
  }

  /** Workflow types of this tenant that still run. */
  async running(): Promise<string[]> {
    const found: string[] = [];
    const query = `TenantId = '${this.tenantId}' and ExecutionStatus = 'Running'`;
    for await (const { type } of this.service.temporal.client.workflow.list({ query })) found.push(type);
    return found;
  }

  /** Nothing runs any more, and nothing waits in the inbox. */
  async atRest(): Promise<void> {
    await until(`no run of ${this.tenantId} is left`, async () => (await this.running()).length === 0);
    await until(`the inbox of ${this.tenantId} is empty`, async () => (await this.inbox()).length === 0);
  }
}

export const ASYNC = { prefer: 'respond-async' } as const;
