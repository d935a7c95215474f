/** Turns a step and a credential into one request: derived values, templates, authentication. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import aws4 from 'aws4';
import { importPKCS8, SignJWT } from 'jose';
import type { Derivation, JsonTemplate, ProbeAuth, ProbeStep } from './probe-plan';

/** Name → value of everything a template may use. */
export type TemplateValues = Readonly<Record<string, string>>;

const PLACEHOLDER = /\{(\+?)([a-z0-9_]+)\}/g;

/** Thrown when a template names a value that is not there. Never quotes values. */
export class MissingValueError extends Error {
  override name = 'MissingValueError' as const;
}

/** Names of the values a template needs. */
export function namesIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => match[2] as string);
}

function fill(template: string, values: TemplateValues, encode: (value: string) => string): string {
  return template.replaceAll(PLACEHOLDER, (_, plus: string, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw new MissingValueError(`no value for ${name}`);
    return plus === '+' ? value : encode(value);
  });
}

const asIs = (value: string): string => value;

/** A colon is an ordinary path character (RFC 3986, 3.3), and Telegram's path wants it so. */
const asPathPart = (value: string): string => encodeURIComponent(value).replaceAll('%3A', ':');

/** Computes the derived values, in the order they are declared; later ones may use earlier ones. */
export async function deriveValues(
  derived: Readonly<Record<string, Derivation>>,
  fields: TemplateValues,
): Promise<TemplateValues> {
  const values: Record<string, string> = { ...fields };
  for (const [name, derivation] of Object.entries(derived)) {
    const value = await derive(derivation, values);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

async function derive(derivation: Derivation, values: TemplateValues): Promise<string | undefined> {
  if ('choose' in derivation) {
    const key = values[derivation.from];
    if (key !== undefined && Object.hasOwn(derivation.choose, key)) return derivation.choose[key];
    const template = key === undefined ? (derivation.absent ?? derivation.otherwise) : derivation.otherwise;
    return template === undefined ? undefined : fill(template, values, asIs);
  }
  if ('match' in derivation) return derivation.match.exec(values[derivation.from] ?? '')?.[1];
  if ('sha512' in derivation)
    return createHash('sha512')
      .update(fill(derivation.sha512, values, asIs))
      .digest('hex');
  if ('hmacSha256' in derivation) return deriveHmac(derivation.hmacSha256, values);
  if ('randomHex' in derivation)
    return randomBytes(derivation.randomHex).toString('hex').slice(0, derivation.randomHex);
  return signAssertion(derivation.serviceAccountJwt, values);
}

/** Undefined when an input is not given: an optional proof is then left out. */
function deriveHmac(hmac: { key: string; message: string }, values: TemplateValues): string | undefined {
  if (namesIn(hmac.key + hmac.message).some((name) => values[name] === undefined)) return undefined;
  return createHmac('sha256', fill(hmac.key, values, asIs))
    .update(fill(hmac.message, values, asIs))
    .digest('hex');
}

/** https://developers.google.com/identity/protocols/oauth2/service-account#jwt-auth */
async function signAssertion(
  jwt: { from: string; scope: string; audience: string },
  values: TemplateValues,
): Promise<string> {
  const file = JSON.parse(values[jwt.from] ?? '') as Record<string, string>;
  return new SignJWT({ scope: jwt.scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: file['private_key_id'] ?? '' })
    .setIssuer(file['client_email'] ?? '')
    .setAudience(jwt.audience)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(await importPKCS8(file['private_key'] ?? '', 'RS256'));
}

/** A request ready to be sent. */
export interface BuiltRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/** Thrown as {@link MissingValueError} when the URL or the credential needs a value that is not there. */
export function buildRequest(step: ProbeStep, values: TemplateValues): BuiltRequest {
  const url = new URL(fill(step.url, values, asPathPart));
  for (const [name, value] of Object.entries(fillGiven(step.query, values)))
    url.searchParams.set(name, value);
  const { body, contentType } = fillBody(step, values);
  const headers: Record<string, string> = {
    accept: 'application/json',
    // The byte cap counts what is read, so nothing may arrive compressed.
    'accept-encoding': 'identity',
    'user-agent': 'keyturn',
    ...(contentType === null ? {} : { 'content-type': contentType }),
    ...fillGiven(step.headers, values),
  };
  const request = { url, method: step.method, headers, body };
  Object.assign(headers, authHeaders(step.auth, request, values));
  return request;
}

/** Items whose values are all given. */
function fillGiven(
  templates: Readonly<Record<string, string>> | undefined,
  values: TemplateValues,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates ?? {})
      .filter(([, template]) => namesIn(template).every((name) => values[name] !== undefined))
      .map(([name, template]) => [name, fill(template, values, asIs)]),
  );
}

function fillBody(
  step: ProbeStep,
  values: TemplateValues,
): { body: string | null; contentType: string | null } {
  if (step.body === undefined) return { body: null, contentType: null };
  if ('form' in step.body) {
    const body = new URLSearchParams(fillGiven(step.body.form, values)).toString();
    return { body, contentType: 'application/x-www-form-urlencoded' };
  }
  return { body: JSON.stringify(fillJson(step.body.json, values)), contentType: 'application/json' };
}

function fillJson(template: JsonTemplate, values: TemplateValues): JsonTemplate {
  if (typeof template === 'string') return fill(template, values, asIs);
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template))
    return (template as readonly JsonTemplate[]).map((part) => fillJson(part, values));
  return Object.fromEntries(
    Object.entries(template).map(([key, part]) => [key, fillJson(part as JsonTemplate, values)]),
  );
}

function authHeaders(auth: ProbeAuth, request: BuiltRequest, values: TemplateValues): Record<string, string> {
  switch (auth.scheme) {
    case 'none':
      return {};
    case 'bearer':
      return { authorization: `Bearer ${fill(auth.token, values, asIs)}` };
    case 'basic': {
      const pair = `${fill(auth.username, values, asIs)}:${fill(auth.password, values, asIs)}`;
      return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` };
    }
    case 'header':
      return { [auth.name]: fill(auth.value, values, asIs) };
    case 'sigv4':
      return signSigV4(auth, request, values);
  }
}

function signSigV4(
  auth: Extract<ProbeAuth, { scheme: 'sigv4' }>,
  request: BuiltRequest,
  values: TemplateValues,
): Record<string, string> {
  const sessionToken = namesIn(auth.sessionToken).every((name) => values[name] !== undefined)
    ? { sessionToken: fill(auth.sessionToken, values, asIs) }
    : {};
  const signed = aws4.sign(
    {
      host: request.url.host,
      method: request.method,
      path: request.url.pathname + request.url.search,
      service: auth.service,
      region: fill(auth.region, values, asIs),
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body: request.body ?? '',
    },
    {
      accessKeyId: fill(auth.accessKeyId, values, asIs),
      secretAccessKey: fill(auth.secretAccessKey, values, asIs),
      ...sessionToken,
    },
  );
  return Object.fromEntries(
    Object.entries(signed.headers ?? {})
      .filter(([name]) => /^(authorization|x-amz-)/i.test(name))
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}
