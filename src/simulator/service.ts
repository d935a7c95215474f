/** What a simulated provider is: hosts, made-up credentials, and a reply to every request. */
import type { ServerResponse } from 'node:http';

/** A credential: field name → value. */
export type Fields = Readonly<Record<string, string>>;

/** One request as the provider would see it. */
export interface SimulatedRequest {
  readonly method: string;
  /** The Host header without its port: the provider's own name, not the simulator's. */
  readonly host: string;
  /** Path without query, as sent (percent-encoding kept). */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came. */
  readonly bytes: Buffer;
}

/** One reply. An object body is sent as JSON, a string as it is. */
export interface SimulatedReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sends the reply itself, for bodies that come in pieces; `status` and `headers` then only tell what it does. */
  readonly send?: (response: ServerResponse) => void;
}

/** How a credential fares: `good`, `dead`, or a name that the service's routes know. */
export type Variant = string;

/** One credential the simulated provider has issued. */
export interface IssuedCredential {
  readonly fields: Fields;
  readonly variant: Variant;
  /** Label of the account behind it: credentials of one label show the same account. */
  readonly account: string;
}

/** A provider that can be spoken to. */
export interface SimulatedService {
  readonly id: string;
  readonly hosts: readonly (string | RegExp)[];
  readonly credentials: {
    readonly good: Fields;
    /** Well formed, never issued (or revoked). */
    readonly dead: Fields;
    /** A second good credential of the same account, for rotations. */
    readonly second?: Fields;
    /** A good credential of another account. */
    readonly otherAccount?: Fields;
    readonly limited?: Fields;
    readonly exhausted?: Fields;
    readonly forbidden?: Fields;
    readonly wrongKind?: Fields;
    readonly [variant: Variant]: Fields | undefined;
  };
  handle(request: SimulatedRequest): SimulatedReply;
}

/** The account behind a credential that names none. */
export const DEFAULT_ACCOUNT = 'simulated';

/** The credentials a simulated provider knows; anything else is dead. */
export class Keyring {
  readonly #issued: IssuedCredential[] = [];
  readonly #tokens = new Map<string, Fields>();

  /** Issues a credential, or changes the one with these very fields (variant `dead` kills it). */
  set(fields: Fields, variant: Variant, account?: string): void {
    const at = this.#issued.findIndex((known) => sameFields(known.fields, fields));
    const entry = {
      fields: { ...fields },
      variant,
      account: account ?? this.#issued[at]?.account ?? DEFAULT_ACCOUNT,
    };
    if (at >= 0) this.#issued.splice(at, 1);
    // The latest word counts, also when an earlier entry had a further field.
    this.#issued.unshift(entry);
  }

  /** The credential that carries every presented value. */
  find(presented: Fields): IssuedCredential | undefined {
    const names = Object.keys(presented);
    if (names.length === 0) return undefined;
    return this.#issued.find(({ fields }) => names.every((name) => fields[name] === presented[name]));
  }

  /** All of them; every credential when nothing is presented. */
  findAll(presented: Fields): readonly IssuedCredential[] {
    const names = Object.keys(presented);
    return this.#issued.filter(({ fields }) => names.every((name) => fields[name] === presented[name]));
  }

  /** Remembers a token made in exchange for a credential. */
  issueToken(token: string, fields: Fields): void {
    this.#tokens.set(token, fields);
  }

  /** The credential a token was made from. */
  findByToken(token: string): IssuedCredential | undefined {
    const fields = this.#tokens.get(token);
    return fields && this.find(fields);
  }
}

function sameFields(a: Fields, b: Fields): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
