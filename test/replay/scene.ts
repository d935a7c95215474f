/** What a branch is played with: one tenant of a running service, and short words for what is done to its key. */
import { randomBytes } from 'node:crypto';
import type { Fault } from '../../src/simulator/faults';
import type { Fields } from '../../src/simulator/service';
import { readOperation } from '../../src/ledger/operations';
import { until, type ApiReply, type TestService } from '../support/service';
import type { ActivityHolds, Hold } from './hold-activities';

/** A run whose history is wanted. Without a run id: the last one of that workflow id. */
export interface Run {
  readonly workflowId: string;
  readonly runId?: string;
}

type HeldActivity = Parameters<ActivityHolds['hold']>[0];

const AT_ONCE = { prefer: 'respond-async' };

export class Scene {
  constructor(
    readonly service: TestService,
    readonly holds: ActivityHolds,
    readonly tenant: string,
    readonly serviceId = 'openrouter',
  ) {}

  /** The same tenant with another service. */
  with(serviceId: string): Scene {
    return new Scene(this.service, this.holds, this.tenant, serviceId);
  }

  /** A credential of the simulated provider. */
  key(name: string): Fields {
    const fields = this.service.simulator.find(this.serviceId).credentials[name];
    if (fields === undefined) throw new Error(`the simulated ${this.serviceId} has no credential ${name}`);
    return fields;
  }

  /** A fresh good credential of the simulated OpenRouter, on the account of the others. */
  issue(): Fields {
    const fields = { api_key: `sk-or-v1-${randomBytes(32).toString('hex')}` };
    this.service.simulator.setCredential('openrouter', fields, 'good');
    return fields;
  }

  generate(fields: Fields, more: object = {}, later = false): Promise<ApiReply> {
    return this.#send('POST', '/byok/generate-keys', { api_keys: fields, ...more }, later);
  }

  validate(fields?: Fields, later = false): Promise<ApiReply> {
    const body = fields === undefined ? {} : { api_keys: fields };
    return this.#send('POST', '/byok/validate-key', body, later);
  }

  rotate(fields: Fields, more: object = {}, later = false): Promise<ApiReply> {
    return this.#send('POST', '/byok/rotate-key', { api_keys: fields, ...more }, later);
  }

  revoke(later = false): Promise<ApiReply> {
    return this.#send('DELETE', '/byok/revoke-key', {}, later);
  }

  decide(kind: 'finish' | 'rollback' | 'cancel', rotation: ApiReply, later = false): Promise<ApiReply> {
    const path = `/byok/operations/${operationOf(rotation)}/${kind}`;
    return this.service.call({
      method: 'POST',
      path,
      ...(kind === 'cancel' ? {} : { body: {} }),
      headers: later ? AT_ONCE : {},
    });
  }

  /** Plays `act` while the provider misbehaves. */
  async during<T>(fault: Fault, act: () => Promise<T>): Promise<T> {
    this.service.simulator.setFault(this.serviceId, fault);
    try {
      return await act();
    } finally {
      this.service.simulator.setFault(this.serviceId, null);
    }
  }

  hold(activity: HeldActivity, place: 'before' | 'after'): Hold {
    return this.holds.hold(activity, this.tenant, place);
  }

  /** Resolves once the provider has been asked once more than before `act`. */
  async askedBy<T>(act: () => Promise<T>): Promise<T> {
    const asked = (): number => this.service.simulator.requests(this.serviceId).length;
    const before = asked();
    const result = await act();
    await until('the provider is asked', () => Promise.resolve(asked() > before));
    return result;
  }

  /** The run of an operation, once the ledger knows it. */
  async runOf(reply: ApiReply): Promise<Run> {
    const id = operationOf(reply);
    const operation = await until('its run is known', async () => {
      const found = await readOperation(this.service.ledger, id);
      return found?.runId == null ? null : found;
    });
    return { workflowId: operation.workflowId, runId: operation.runId ?? '' };
  }

  /** The retirement of the version that a rotation put aside. */
  retirementOf(rotation: ApiReply): Run {
    return { workflowId: `retire/${rotation.body.key_id}/${rotation.body.previous_version}` };
  }

  async closed({ workflowId, runId }: Run): Promise<void> {
    const handle = this.service.temporal.client.workflow.getHandle(workflowId, runId);
    await until(`${workflowId} ends`, async () => {
      const { status } = await handle.describe();
      return status.name !== 'RUNNING';
    });
  }

  async terminate({ workflowId, runId }: Run): Promise<void> {
    await this.service.temporal.client.workflow.getHandle(workflowId, runId).terminate('stopped by hand');
  }

  async cancelRun({ workflowId, runId }: Run): Promise<void> {
    await this.service.temporal.client.workflow.getHandle(workflowId, runId).cancel();
  }

  /** The run that the reconciler starts for an operation whose own run was stopped. */
  async closingOf(reply: ApiReply): Promise<Run> {
    const run = { workflowId: `close/${operationOf(reply)}` };
    const handle = this.service.temporal.client.workflow.getHandle(run.workflowId);
    await until('the reconciler closes it', () =>
      handle.describe().then(
        () => true,
        () => false,
      ),
    );
    return run;
  }

  #send(method: string, path: string, body: object, later: boolean): Promise<ApiReply> {
    const about = { tenant_id: this.tenant, service_id: this.serviceId };
    return this.service.call({ method, path, body: { ...about, ...body }, headers: later ? AT_ONCE : {} });
  }
}

/** The operation an answer speaks of, also one that tells why it failed. */
export function operationOf(reply: ApiReply): string {
  const id = (reply.body as { operation_id?: string }).operation_id;
  if (id === undefined) throw new Error(`no operation in the answer ${JSON.stringify(reply.body)}`);
  return id;
}
