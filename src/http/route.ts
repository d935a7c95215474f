/** One endpoint as data: the table of them gives the router, the OpenAPI document and the access matrix. */
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { Principal, Role } from './principal';

/** Everything of the API lives below this path. */
export const BASE_PATH = '/api/brain';

export type Method = 'get' | 'post' | 'put' | 'delete';

/** Who may call, and where the request names the tenant it is about. */
export type Access =
  | { readonly open: true }
  | {
      readonly open?: false;
      readonly roles: readonly Role[];
      readonly tenant: 'named' | 'resource' | 'optional' | 'none';
    };

/** What a handler gets: parsed input and who asks. */
export interface RouteRequest<Body = unknown, Query = unknown, Params = unknown> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  readonly principal: Principal;
  readonly route: string;
  readonly raw: Request;
  /** Ends when the client hangs up. */
  readonly signal: AbortSignal;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ResponseDoc {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** `application/json` unless said. */
  readonly contentType?: string;
  /** Further forms of the same answer, by content type. */
  readonly alsoAs?: Readonly<Record<string, z.ZodType>>;
}

/** What every endpoint says of itself. Ids and texts are strings, so a query string may stand in for a body. */
export interface RouteFacts<B extends z.ZodType, Q extends z.ZodType, P extends z.ZodType> {
  readonly method: Method;
  /** Express path below the base, e.g. `/byok/operations/:id`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly access: Access;
  readonly mutates: boolean;
  readonly body?: B;
  readonly query?: Q;
  readonly params?: P;
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  /** The tenant the input names; compared with the token before anything is looked up. */
  readonly tenantOf?: (
    input: { body: z.output<B>; query: z.output<Q>; params: z.output<P> },
    principal: Principal,
  ) => string | null;
}

/** An endpoint that answers with a value. */
export interface RouteDoc<B extends z.ZodType, Q extends z.ZodType, P extends z.ZodType> extends RouteFacts<
  B,
  Q,
  P
> {
  readonly handle: (request: RouteRequest<z.output<B>, z.output<Q>, z.output<P>>) => Promise<Reply>;
}

/** An endpoint that passes bytes on: its body is not parsed here, and it writes its answer itself. */
export interface RelayDoc<Q extends z.ZodType> extends Omit<RouteFacts<z.ZodType, Q, z.ZodType>, 'params'> {
  readonly params?: undefined;
  readonly maxBodyBytes: number;
  readonly relay: (
    request: RouteRequest<Buffer, z.output<Q>, undefined>,
    response: Response,
  ) => Promise<void>;
}

/** A route whose types have served their purpose. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- variance: a table holds routes of many input types
export type Route = RouteDoc<any, any, any> | RelayDoc<any>;

/** Keeps the input types of one route in step with its schemas. */
export function defineRoute<B extends z.ZodType, Q extends z.ZodType, P extends z.ZodType>(
  route: RouteDoc<B, Q, P>,
): Route {
  return route as Route;
}

/** The same for an endpoint that passes bytes on. `body` says what they should look like, for the document only. */
export function defineRelay<Q extends z.ZodType>(route: RelayDoc<Q>): Route {
  return route as Route;
}

/** Where a route is mounted: routes that begin with `//` live outside the base path. */
export function pathOf(route: Pick<Route, 'path'>): string {
  return route.path.startsWith('//') ? route.path.slice(1) : `${BASE_PATH}${route.path}`;
}

/** The same as OpenAPI writes it: `:name` and `*name` are `{name}`. */
export function templateOf(route: Pick<Route, 'path'>): string {
  return pathOf(route).replaceAll(/[:*](\w+)/g, '{$1}');
}
