/** From a route's data to an express handler: authenticate, authorize, parse, handle, answer. */
import type { Request, RequestHandler, Response } from 'express';
import { PLATFORM_CHAIN, tenantChain } from '../contract/audit';
import { isKeyturnError, KeyturnError } from '../contract/errors';
import { authenticate, authorizeRole, authorizeTenant } from './authenticate';
import { parseInput } from './parse-input';
import type { HttpPorts } from './ports';
import { OPENAI_ERRORS } from './problem';
import type { Principal } from './principal';
import { readBytes } from './read-json';
import type { Reply, Route } from './route';

/** The handler of one route. Errors go to the problem handler. */
export function mountRoute(ports: HttpPorts, route: Route): RequestHandler {
  return async (request, response) => {
    const startedMs = performance.now();
    response.once('finish', () => {
      const { statusCode: status } = response;
      ports.observeRequest({
        route: route.path,
        method: route.method,
        status,
        seconds: (performance.now() - startedMs) / 1000,
      });
    });
    if (speaksOpenAi(route)) response.locals[OPENAI_ERRORS] = true;
    const principal = await authenticate(ports, route, request);
    // Roles first, then shapes: who may not ask learns nothing of what is asked for.
    const input = await noteDenial(ports, { route, principal }, () => {
      authorizeRole(route, principal);
      const parsed = parse(route, request);
      authorizeTenant(route, principal, route.tenantOf?.(parsed, principal) ?? null);
      return parsed;
    });
    const signal = abortSignalOf(response);
    const name = `${route.method.toUpperCase()} ${route.path}`;
    const asked = { ...input, principal, route: name, raw: request, signal };
    if ('relay' in route) {
      // Not before: who may not call does not get to fill our memory.
      const body = await readBytes(request, response, route.maxBodyBytes);
      return route.relay({ ...asked, params: undefined, body }, response);
    }
    const reply = await route.handle(asked);
    send(response, { ...reply, body: shape(ports, route, reply) });
  };
}

/** Who asks for what is not theirs leaves a trace; the answer does not wait for more than that. */
async function noteDenial<T>(
  ports: HttpPorts,
  asked: { route: Route; principal: Principal },
  authorize: () => T,
): Promise<T> {
  try {
    return authorize();
  } catch (error) {
    if (isKeyturnError(error) && (error.code === 'forbidden' || error.code === 'not_found')) {
      const { subject, tenantId } = asked.principal;
      const chain = tenantId === null ? PLATFORM_CHAIN : tenantChain(tenantId);
      const details = { route: `${asked.route.method.toUpperCase()} ${asked.route.path}` };
      await ports.ledger.appendAudit({
        chain,
        action: 'access.denied',
        outcome: 'refused',
        principal: subject,
        errorCode: error.code,
        details,
      });
    }
    throw error;
  }
}

/** OpenAI's clients look for `error` in a body, whatever else it has. */
function speaksOpenAi(route: Route): boolean {
  return 'relay' in route || route.path.startsWith('//v1/');
}

function parse(route: Route, request: Request) {
  if ('relay' in route) {
    return { body: undefined, query: parseInput(route.query, request.query, 'query'), params: undefined };
  }
  const hasBody = request.body !== undefined;
  if (
    route.body !== undefined &&
    hasBody &&
    (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body))
  ) {
    throw new KeyturnError('invalid_request', 'the body must be a JSON object', { field: 'body' });
  }
  return {
    body: parseInput(route.body, request.body, 'body'),
    query: parseInput(route.query, request.query, 'query'),
    params: parseInput(route.params, request.params, 'path'),
  };
}

function abortSignalOf(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    // An answer that is out has nobody who listens; making the reason of an abort is not free.
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * The answer as the document describes it: its members, in its order, and nothing else. What a store returns has
 * members in another order, or one that is nobody's business.
 */
function shape(ports: HttpPorts, route: Route, reply: Reply): unknown {
  const schema = route.responses[reply.status]?.schema;
  // Text is another form of the answer: it has no members.
  if (schema === undefined || typeof reply.body === 'string') return reply.body;
  const shaped = schema.safeParse(reply.body, { reportInput: false });
  if (shaped.success) return shaped.data;
  // The deed is done: its caller gets the answer, and the log says that the document is wrong.
  const members = shaped.error.issues.map((issue) => issue.path.join('.')).join(', ');
  ports.logError(new Error(`the answer does not fit the document at: ${members}`), route.path);
  return reply.body;
}

function send(response: Response, reply: Reply): void {
  response.status(reply.status).set('Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (typeof reply.body === 'string') response.send(reply.body);
  else response.json(reply.body);
}
