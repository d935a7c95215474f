/**
 * One HTTP server that stands for every provider. It routes on the Host header, so a request reaches it with the
 * provider's own host, method, path and credential, and each of them can be refused.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeyturnError } from '../contract/errors';
import { answerControl, type ControlledSimulator } from './control-endpoint';
import { matchesHost, runService, type RunningService } from './define-service';
import { sendFault, sendReply, type Fault } from './faults';
import { createOpenRouter } from './openrouter';
import type { OpenRouterObserver } from './openrouter-observer';
import { readOpenRouterModels } from './openrouter-models-file';
import { hostOf, receiveRequest } from './receive-request';
import { serviceDefinitions } from './services';
import type { Fields, SimulatedReply, SimulatedRequest, SimulatedService, Variant } from './service';

/** What a simulated provider saw. The path is a template, so it holds no credential. */
export interface RecordedRequest {
  readonly method: string;
  readonly host: string;
  /** `{name}` stands where a part of a credential was; paths the provider does not have are shortened. */
  readonly path: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface Simulator {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** Service id → origin, as KEYTURN_PROVIDER_ORIGINS wants it. */
  readonly origins: Readonly<Record<string, string>>;
  readonly services: readonly SimulatedService[];
  /** Thrown when there is no such service: `unknown_service`. */
  find(serviceId: string): SimulatedService;
  /** Null ends the fault. */
  setFault(serviceId: string, fault: Fault | null): void;
  /** Issues a credential at run time, or changes one: the variant `dead` kills it. */
  setCredential(serviceId: string, fields: Fields, variant: Variant, account?: string): void;
  /** The last requests (at most 1,000), oldest first. */
  requests(serviceId: string): readonly RecordedRequest[];
  /** What OpenRouter was asked, credentials and bodies included: for tests in this process only. */
  readonly openrouter: OpenRouterObserver;
  close(): Promise<void>;
}

/** How the simulator is started. */
export interface SimulatorOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** A JSON file in the form of OpenRouter's GET /models, instead of the built-in models. */
  readonly openrouterModelsFile?: string;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_RECORDED = 1_000;
const MAX_REMEMBERED_HOSTS = 1_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Starts it on loopback. Thrown when the file of models is none: `configuration`. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const file = options.openrouterModelsFile;
  const openrouter = createOpenRouter(file === undefined ? {} : { models: await readOpenRouterModels(file) });
  const services = serviceDefinitions(openrouter.definition).map(runService);
  const state = new SimulatorState(services);
  const server = createServer((request, response) => {
    const target = state.targetOf(hostOf(request), request.url ?? '/');
    receiveRequest(request, target.host, target.maxBodyBytes)
      .then((received) => {
        if (received) state.answer(received, response);
        else sendReply(response, target.tooLarge);
      })
      .catch((error: unknown) => {
        // A client that went away mid-request needs no answer; anything else is a bug of the simulator.
        if (response.destroyed || !request.complete) return;
        process.emitWarning(`simulator: ${error instanceof Error ? error.stack : String(error)}`);
        sendReply(response, { status: 500, body: 'simulator: a bug, see the warning of its process' });
      });
  });
  // Hanging and huge replies may outlive any other limit.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => resolve());
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    origins: Object.fromEntries(services.map(({ id }) => [id, origin])),
    services,
    find: (id) => state.find(id),
    setFault: (id, fault) => state.setFault(id, fault),
    setCredential: (id, fields, variant, account) => state.setCredential(id, fields, variant, account),
    requests: (id) => state.requests(id),
    openrouter: openrouter.observer,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

class SimulatorState implements ControlledSimulator {
  readonly #services: readonly RunningService[];
  readonly #faults = new Map<string, { fault: Fault; left: number }>();
  readonly #recorded = new Map<string, RecordedRequest[]>();
  readonly #byHost = new Map<string, readonly RunningService[]>();

  constructor(services: readonly RunningService[]) {
    this.#services = services;
  }

  find(id: string): RunningService {
    const service = this.#services.find((candidate) => candidate.id === id);
    if (!service)
      throw new KeyturnError('unknown_service', `the simulator has no service ${JSON.stringify(id)}`);
    return service;
  }

  setFault(id: string, fault: Fault | null): void {
    this.find(id);
    if (fault) this.#faults.set(id, { fault, left: fault.times ?? Infinity });
    else this.#faults.delete(id);
  }

  setCredential(id: string, fields: Fields, variant: Variant, account?: string): void {
    this.find(id).keyring.set(fields, variant, account);
  }

  requests(id: string): readonly RecordedRequest[] {
    this.find(id);
    return [...(this.#recorded.get(id) ?? [])];
  }

  /** Whose host a request means, and how much body it may have: what must be known before the body is read. */
  targetOf(host: string, path: string): { host: string; maxBodyBytes: number; tooLarge: SimulatedReply } {
    const atLoopback = LOOPBACK.has(host)
      ? this.#services.find(
          ({ definition: { loopbackPrefix } }) => loopbackPrefix && path.startsWith(loopbackPrefix),
        )
      : undefined;
    const named = atLoopback?.hosts.find((entry) => typeof entry === 'string');
    const meant = typeof named === 'string' ? named : host;
    let maxBodyBytes = MAX_BODY_BYTES;
    let tooLarge: SimulatedReply = { status: 413, body: 'simulator: the body is too large' };
    for (const { definition } of this.#atHost(meant)) {
      tooLarge = definition.tooLarge ?? tooLarge;
      const route = definition.routes.find(
        (entry) => entry.maxBodyBytes !== undefined && path.startsWith(entry.path),
      );
      maxBodyBytes = Math.max(maxBodyBytes, route?.maxBodyBytes ?? 0);
    }
    return { host: meant, maxBodyBytes, tooLarge };
  }

  #atHost(host: string): readonly RunningService[] {
    let found = this.#byHost.get(host);
    if (!found) {
      found = this.#services.filter(({ hosts }) => hosts.some((entry) => matchesHost(entry, host)));
      if (this.#byHost.size >= MAX_REMEMBERED_HOSTS) this.#byHost.clear();
      this.#byHost.set(host, found);
    }
    return found;
  }

  answer(request: SimulatedRequest, response: ServerResponse): void {
    if (request.path.startsWith('/__simulator/')) {
      sendReply(response, answerControl(this, request));
      return;
    }
    const chosen = this.#choose(request);
    if (!chosen) {
      sendReply(response, { status: 404, body: 'simulator: no provider has this host' });
      return;
    }
    const { service, template } = chosen;
    this.#record(service.id, request, template);
    const normal = (): SimulatedReply => service.handle(request);
    const fault = this.#takeFault(service.id);
    if (fault) sendFault(fault, service.definition, response, normal);
    else sendReply(response, normal());
  }

  /** Several services may share a host: the one that the request fits best, then one with a fault, then the first. */
  #choose(request: SimulatedRequest): { service: RunningService; template: string | null } | null {
    let best: { service: RunningService; template: string | null; weight: number } | null = null;
    for (const service of this.#atHost(request.host)) {
      const fit = service.fit(request);
      if (!fit) continue;
      const weight = fit.score * 2 + (this.#faults.has(service.id) ? 1 : 0);
      if (!best || weight > best.weight) best = { service, template: fit.template, weight };
    }
    return best;
  }

  #takeFault(id: string): Fault | null {
    const active = this.#faults.get(id);
    if (!active) return null;
    active.left -= 1;
    if (active.left <= 0) this.#faults.delete(id);
    return active.fault;
  }

  #record(id: string, request: SimulatedRequest, template: string | null): void {
    const list = this.#recorded.get(id) ?? [];
    list.push({
      method: request.method,
      host: request.host,
      path: template ?? shorten(request.path),
      at: new Date().toISOString(),
    });
    if (list.length > MAX_RECORDED) list.shift();
    this.#recorded.set(id, list);
  }
}

/** A path no route knows may carry a credential: parts that could be one are left out. */
function shorten(path: string): string {
  return path.replace(/[^/]{16,}|[^/]*[:%@][^/]*/g, '…');
}
