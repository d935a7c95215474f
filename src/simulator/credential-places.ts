/** Where a credential is carried. Each reader returns the fields it found, or null when the place is empty or wrong. */
import type { Fields, SimulatedRequest } from './service';

export interface CredentialPlace {
  read(request: SimulatedRequest): Fields | null;
  /** True when the value is a token made by an earlier exchange, under the name `token`. */
  readonly exchanged?: boolean;
  /** For a credential that proves itself without being sent (a signature): whether these fields made the proof. */
  readonly proves?: (request: SimulatedRequest, fields: Fields) => boolean;
}

/** `Authorization: <scheme> <value>`; `lead` is text that comes before the value. */
export function authorization(scheme: string, field: string, lead = ''): CredentialPlace {
  const prefix = `${scheme} ${lead}`.toLowerCase();
  return {
    read({ headers }) {
      const value = headers['authorization'] ?? '';
      if (!value.toLowerCase().startsWith(prefix)) return null;
      return single(field, value.slice(prefix.length).trim());
    },
  };
}

/** `Authorization: Bearer <value>`. */
export function bearer(field: string): CredentialPlace {
  return authorization('Bearer', field);
}

/** A header of its own, the whole value. */
export function header(name: string, field: string): CredentialPlace {
  return { read: ({ headers }) => single(field, headers[name.toLowerCase()] ?? '') };
}

/** A parameter of the query. */
export function query(name: string, field: string): CredentialPlace {
  return { read: (request) => single(field, request.query.get(name) ?? '') };
}

/**
 * HTTP basic. A part is a field's name (with `/literal` after it when the value ends so), a `=literal`, `*` for
 * anything, or null for "must be empty".
 */
export function basic(user: string | null, password: string | null): CredentialPlace {
  return {
    read({ headers }) {
      const [scheme, encoded] = (headers['authorization'] ?? '').split(' ');
      if (scheme?.toLowerCase() !== 'basic' || !encoded) return null;
      const text = Buffer.from(encoded, 'base64').toString();
      const colon = text.indexOf(':');
      if (colon < 0) return null;
      const fields: Record<string, string> = {};
      const parts: [string | null, string][] = [
        [user, text.slice(0, colon)],
        [password, text.slice(colon + 1)],
      ];
      for (const [part, value] of parts) {
        const found = readPart(part, value);
        if (!found) return null;
        Object.assign(fields, found);
      }
      return fields;
    },
  };
}

/** Parameters of an `application/x-www-form-urlencoded` body: parameter → field. */
export function form(fields: Readonly<Record<string, string>>): CredentialPlace {
  return {
    read(request) {
      const parameters = formOf(request);
      return parameters && collect(fields, (name) => parameters.get(name));
    },
  };
}

/** The form in the body, or null when the body is not said to be one. */
export function formOf({ headers, body }: SimulatedRequest): URLSearchParams | null {
  const type = headers['content-type'] ?? '';
  return type.startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(body) : null;
}

/** Members of a JSON body: member → field. */
export function jsonBody(fields: Readonly<Record<string, string>>): CredentialPlace {
  return {
    read({ body }) {
      const parsed = parseObject(body);
      return parsed && collect(fields, (name) => parsed[name]);
    },
  };
}

/** Every place must be filled; the same field in two places must agree. */
export function both(...places: readonly CredentialPlace[]): CredentialPlace {
  const proving = places.find((place) => place.proves)?.proves;
  return {
    read(request) {
      let fields: Fields | null = {};
      for (const place of places) fields = merge(fields, place.read(request));
      return fields;
    },
    ...(places.some((place) => place.exchanged) && { exchanged: true }),
    ...(proving && { proves: proving }),
  };
}

/** For a credential that the path carries: see the `{field}` of a route's path. */
export const inPath: CredentialPlace = { read: () => ({}) };

/** Fields that the place itself implies (a regional host, say). */
export function implied(fields: Fields): CredentialPlace {
  return { read: () => fields };
}

/** The first place that is filled. */
export function either(...places: readonly CredentialPlace[]): CredentialPlace {
  return {
    read(request) {
      for (const place of places) {
        const fields = place.read(request);
        if (fields) return fields;
      }
      return null;
    },
  };
}

/** A token of an earlier exchange instead of the credential itself. */
export function exchanged(place: (field: string) => CredentialPlace): CredentialPlace {
  return { ...place('token'), exchanged: true };
}

/** A JSON object, or null for anything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Both sets, or null when either is missing or they disagree. */
export function merge(a: Fields | null, b: Fields | null): Fields | null {
  if (!a || !b) return null;
  for (const [name, value] of Object.entries(b)) if (a[name] !== undefined && a[name] !== value) return null;
  return { ...a, ...b };
}

function readPart(part: string | null, value: string): Fields | null {
  if (part === '*') return {};
  if (part === null) return value === '' ? {} : null;
  if (part.startsWith('=')) return value === part.slice(1) ? {} : null;
  const slash = part.indexOf('/');
  if (slash < 0) return single(part, value);
  const suffix = part.slice(slash);
  return value.endsWith(suffix) ? single(part.slice(0, slash), value.slice(0, -suffix.length)) : null;
}

function single(field: string, value: string): Fields | null {
  return value === '' ? null : { [field]: value };
}

function collect(fields: Readonly<Record<string, string>>, get: (name: string) => unknown): Fields | null {
  const found: Record<string, string> = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = get(name);
    if (typeof value !== 'string' || value === '') return null;
    found[field] = value;
  }
  return found;
}
