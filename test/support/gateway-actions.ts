/** What a service of a tenant does with the gateway, in one line each; and what a test looks at afterwards. */
import type { UsageSum } from '../../src/contract/usage';
import { KeyActions } from './key-actions';
import { callApi, until, type ApiReply, type TestService } from './service';

export const MODEL = 'openai/gpt-4o-mini';
/** USD per token, as the simulator's list has them. */
export const CHAT = '//v1/chat/completions';

export class GatewayActions {
  readonly key: KeyActions;

  constructor(
    readonly service: TestService,
    readonly tenantId: string,
  ) {
    this.key = new KeyActions(service, tenantId);
  }

  /** Stores a key that is good, and makes the provider treat it as `variant` afterwards. Answers the plain key. */
  async storeKey(variant = 'good'): Promise<string> {
    const fields = this.key.mint();
    const reply = await this.key.store(fields);
    if (reply.status !== 201) throw new Error(`not stored: ${JSON.stringify(reply.body)}`);
    if (variant !== 'good') this.service.simulator.setCredential('openrouter', fields, variant);
    return fields['api_key'] ?? '';
  }

  chat(more: object = {}, headers: Record<string, string> = {}): Promise<ApiReply> {
    return this.service.call({
      path: CHAT,
      body: chatBody(more),
      as: { role: 'service', tenantId: this.tenantId },
      headers,
    });
  }

  /** The same as a stream that is still open. */
  async stream(simulate: string, signal?: AbortSignal): Promise<Response> {
    const token = await this.service.mintToken({ role: 'service', tenantId: this.tenantId });
    return fetch(`${this.service.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(chatBody({ stream: true, metadata: { simulate } })),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** A stream whose caller hangs up in the middle of the answer: before its first data nothing would be billed. */
  async breakOff(simulate: string): Promise<void> {
    const hangUp = new AbortController();
    const { body } = await this.stream(simulate, hangUp.signal);
    let seen = '';
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      seen += Buffer.from(chunk).toString();
      if (seen.includes('"content":"')) break;
    }
    hangUp.abort();
  }

  policy(change: object): Promise<ApiReply> {
    return this.service.call({ method: 'PUT', path: `/openrouter/policy/${this.tenantId}`, body: change });
  }

  usage(query = 'group_by=credential,status'): Promise<ApiReply> {
    return this.service.call({ path: `/openrouter/usage/${this.tenantId}?${query}` });
  }

  /** The sums once they show that many calls, and what each cost. */
  async sums(
    requests: number,
    query?: string,
  ): Promise<{ sums: UsageSum[]; total: UsageSum; budget: unknown }> {
    return until(`${requests} calls of ${this.tenantId} are noted`, async () => {
      const { body } = await this.usage(query);
      const { total } = body;
      return (
        total.requests >= requests &&
        total.unpriced_requests === 0 && { sums: body.usage, total, budget: body.budget }
      );
    });
  }

  /** The entries of the audit trail that tell of the gateway. */
  async trail(): Promise<Record<string, any>[]> {
    const { body } = await this.service.call({ path: `/audit?tenant_id=${this.tenantId}&limit=200` });
    return body.entries.filter(({ action }: { action: string }) => action.startsWith('gateway.'));
  }

  /** Credentials of the calls that reached the provider since the last look. */
  seen(): (string | null)[] {
    const calls = this.service.simulator.openrouter.calls().filter(({ method }) => method === 'POST');
    this.service.simulator.openrouter.forget();
    return calls.map(({ credential }) => credential);
  }
}

export function chatBody(more: object = {}): Record<string, unknown> {
  return { model: MODEL, messages: [{ role: 'user', content: 'Say something.' }], max_tokens: 20, ...more };
}

/** Who answered, as the headers tell. */
export function servedBy({ headers }: ApiReply): Record<string, string | null> {
  return {
    credential: headers.get('x-keyturn-credential'),
    version: headers.get('x-keyturn-key-version'),
    reason: headers.get('x-keyturn-fallback-reason'),
  };
}

export { callApi };
