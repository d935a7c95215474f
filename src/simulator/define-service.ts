/** Turns a provider's description (routes, places, replies per variant) into something that answers requests. */
import { createHash } from 'node:crypto';
import { merge, type CredentialPlace } from './credential-places';
import {
  DEFAULT_ACCOUNT,
  Keyring,
  type Fields,
  type IssuedCredential,
  type SimulatedReply,
  type SimulatedRequest,
  type SimulatedService,
  type Variant,
} from './service';

/** What a reply may be made from. */
export interface Call {
  readonly request: SimulatedRequest;
  /** The credential's fields: all of them when it is known, else those presented. */
  readonly fields: Fields;
  readonly variant: Variant;
  readonly account: string;
  /** Every credential of the service: for providers whose keys can be made and ended by request. */
  readonly keyring: Keyring;
  /** Makes a token for this credential, accepted by routes whose place is `exchanged`. */
  issueToken(prefix: string): string;
}

export type Reply = SimulatedReply | ((call: Call) => SimulatedReply);

export interface Route {
  readonly method: string;
  /** Restricts the route to one of the service's hosts; named groups become fields. */
  readonly host?: string | RegExp;
  /** `{field}` stands for one path segment (or part of one) that is part of the credential, `{*name}` for any text. */
  readonly path: string;
  /** Refuses a request before its credential is looked at. */
  readonly requires?: (request: SimulatedRequest) => SimulatedReply | null;
  /** Null for a public endpoint: everyone gets `good`. */
  readonly place: CredentialPlace | null;
  /** Greatest body that is read; absent: 64 KiB. */
  readonly maxBodyBytes?: number;
  /** When the place is empty or wrong; absent: as for a dead credential. */
  readonly missing?: Reply;
  /** A variant without an entry is answered like `good`; `badSignature` is for a known name with a wrong proof. */
  readonly replies: { readonly good: Reply; readonly dead: Reply; readonly [variant: Variant]: Reply };
}

export interface ServiceDefinition {
  readonly id: string;
  readonly hosts: readonly (string | RegExp)[];
  /** Paths that begin so are this service's, too, when the Host is loopback: for clients that cannot set it. */
  readonly loopbackPrefix?: string;
  readonly credentials: SimulatedService['credentials'];
  readonly routes: readonly Route[];
  /** The provider's reply to a path it does not have. */
  readonly notFound?: SimulatedReply;
  /** The provider's reply to a known path with another method; absent: as for an unknown path. */
  readonly wrongMethod?: SimulatedReply;
  /** The provider's reply to a body over the route's limit. */
  readonly tooLarge?: SimulatedReply;
  /** Body (and further headers) of a 429. */
  readonly rateLimited?: SimulatedReply;
  /** The provider's own 5xx. */
  readonly outage?: SimulatedReply;
}

/** Published credentials `good`, `second`, `dead` and more, made from a tag that is unique to service and variant. */
export function publish(
  id: string,
  variants: readonly Variant[],
  make: (tag: string) => Fields,
): SimulatedService['credentials'] {
  const credentials = Object.fromEntries(variants.map((variant) => [variant, make(`${id} ${variant}`)]));
  return { ...credentials, good: make(`${id} good`), second: make(`${id} second`), dead: make(`${id} dead`) };
}

/** How well a request fits a service, for hosts that several services share. */
export interface Fit {
  /** 0 host only, 1 route, 2 route and place of the credential, 3 the credential too. */
  readonly score: 0 | 1 | 2 | 3;
  /** The route's template: safe to record, for it holds no value. Null when no route fits. */
  readonly template: string | null;
}

/** A running simulated provider. */
export interface RunningService extends SimulatedService {
  readonly definition: ServiceDefinition;
  readonly keyring: Keyring;
  fit(request: SimulatedRequest): Fit | null;
}

/** The account behind the published `otherAccount`. */
export const OTHER_ACCOUNT = 'other';

/** Brings a description to life with its published credentials issued. */
export function runService(definition: ServiceDefinition): RunningService {
  const keyring = new Keyring();
  for (const [variant, fields] of Object.entries(definition.credentials)) {
    if (fields) keyring.set(fields, variant, variant === 'otherAccount' ? OTHER_ACCOUNT : undefined);
  }
  const { id, hosts, credentials } = definition;
  return {
    id,
    hosts,
    credentials,
    definition,
    keyring,
    fit: (request) => fitOf(definition, keyring, request),
    handle: (request) => answer(definition, keyring, request),
  };
}

function answer(definition: ServiceDefinition, keyring: Keyring, request: SimulatedRequest): SimulatedReply {
  const notFound = definition.notFound ?? { status: 404, body: 'simulator: this provider has no such path' };
  const onPath = definition.routes
    .map((route) => ({ route, found: pathFields(definition, route, request) }))
    .filter((candidate) => candidate.found !== null);
  const matching = onPath.find(({ route }) => route.method === request.method);
  if (!matching) return onPath.length > 0 ? (definition.wrongMethod ?? notFound) : notFound;

  const { route, found } = matching;
  const refusal = route.requires?.(request);
  if (refusal) return refusal;
  const { presented, issued, unproved } = identify(route, found, keyring, request);
  const variant = issued
    ? issued.variant
    : unproved && route.replies['badSignature']
      ? 'badSignature'
      : 'dead';
  const call: Call = {
    request,
    fields: issued?.fields ?? presented ?? {},
    variant,
    account: issued?.account ?? DEFAULT_ACCOUNT,
    keyring,
    issueToken(prefix) {
      const fields = issued?.fields ?? {};
      const token = prefix + createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 40);
      keyring.issueToken(token, fields);
      return token;
    },
  };
  if (!route.place) return make(route.replies.good, call);
  if (presented === null) return make(route.missing ?? route.replies.dead, call);
  return make(route.replies[variant] ?? route.replies.good, call);
}

function fitOf(definition: ServiceDefinition, keyring: Keyring, request: SimulatedRequest): Fit | null {
  if (!definition.hosts.some((host) => matchesHost(host, request.host))) return null;
  let best: Fit = { score: 0, template: null };
  for (const route of definition.routes) {
    const found = pathFields(definition, route, request);
    if (!found || route.method !== request.method) continue;
    const { presented, issued } = identify(route, found, keyring, request);
    const score = presented === null ? 1 : issued ? 3 : 2;
    if (score > best.score) best = { score, template: route.path };
  }
  return best;
}

function identify(
  route: Route,
  found: Fields | null,
  keyring: Keyring,
  request: SimulatedRequest,
): { presented: Fields | null; issued: IssuedCredential | undefined; unproved?: boolean } {
  const carried = route.place?.read(request) ?? null;
  if (!carried) return { presented: null, issued: undefined };
  if (route.place?.exchanged) {
    const { token = '', ...rest } = carried;
    const issued = keyring.findByToken(token);
    const agrees = issued && merge(issued.fields, { ...found, ...rest }) !== null;
    return { presented: carried, issued: agrees ? issued : undefined };
  }
  const presented = merge(found, carried);
  const { proves } = route.place ?? {};
  if (presented && proves) {
    const candidates = keyring.findAll(presented);
    const issued = candidates.find(({ fields }) => proves(request, fields));
    return { presented, issued, unproved: !issued && candidates.length > 0 };
  }
  return { presented: presented ?? carried, issued: presented ? keyring.find(presented) : undefined };
}

function make(reply: Reply, call: Call): SimulatedReply {
  return typeof reply === 'function' ? reply(call) : reply;
}

/** True when a service's host entry names `host`. */
export function matchesHost(entry: string | RegExp, host: string): boolean {
  return typeof entry === 'string' ? entry === host : entry.test(host);
}

/** Fields carried by host and path, or null when either does not match. */
function pathFields(definition: ServiceDefinition, route: Route, request: SimulatedRequest): Fields | null {
  const hosts = route.host ? [route.host] : definition.hosts;
  const host = hosts.find((entry) => matchesHost(entry, request.host));
  if (!host) return null;
  const fromHost = typeof host === 'string' ? {} : { ...host.exec(request.host)?.groups };
  const match = pathPattern(route.path).exec(request.path);
  if (!match) return null;
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...fromHost, ...match.groups })) {
    if (!name.startsWith('any_')) fields[name] = decode(value);
  }
  return fields;
}

const patterns = new Map<string, RegExp>();

function pathPattern(template: string): RegExp {
  let pattern = patterns.get(template);
  if (!pattern) {
    const source = template
      .split(/(\{\*?\w+\})/)
      .map((part) => {
        const placeholder = /^\{(\*?)(\w+)\}$/.exec(part);
        if (!placeholder) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        return placeholder[1] ? `(?<any_${placeholder[2]}>.+)` : `(?<${placeholder[2]}>[^/]+?)`;
      })
      .join('');
    pattern = new RegExp(`^${source}$`);
    patterns.set(template, pattern);
  }
  return pattern;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
