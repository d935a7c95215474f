/** The issuer of bearer tokens, as configured. */
import { request } from 'undici';
import { z } from 'zod';
import type { Config } from './config';
import { KeyturnError } from './contract/errors';
import type { IssuerSettings } from './http/verify-token';

const DISCOVERY_TIMEOUT_MS = 5_000;
const discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });
const keySet = z.object({ keys: z.array(z.object({ kty: z.string() })).min(1) });

/**
 * Issuer, audience and where its keys are: given, or read from the issuer's discovery document.
 * Thrown when OIDC_ISSUER is not set, or its document cannot be read or names another issuer.
 */
export async function issuerOf(config: Config): Promise<IssuerSettings> {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl } = config;
  if (issuer === undefined) throw wrong('set OIDC_ISSUER: tokens of no issuer can be accepted');
  if (jwksUrl !== undefined) {
    await assertKeys('OIDC_JWKS_URL', jwksUrl);
    return { issuer, audience, jwksUrl };
  }
  const document = await discover(issuer);
  if (document.issuer !== issuer)
    throw wrong(`OIDC_ISSUER is ${issuer}, its discovery document says another`);
  await assertKeys('OIDC_ISSUER', document.jwks_uri);
  return { issuer, audience, jwksUrl: document.jwks_uri };
}

/** Thrown when there are no keys at the address: every token would be refused. */
async function assertKeys(setting: string, url: string): Promise<void> {
  try {
    keySet.parse(await readJson(url));
  } catch {
    throw wrong(`${setting}: ${url} gives no keys (JWKS); check the address`);
  }
}

async function readJson(url: string): Promise<unknown> {
  const { statusCode, body } = await request(url, {
    headersTimeout: DISCOVERY_TIMEOUT_MS,
    bodyTimeout: DISCOVERY_TIMEOUT_MS,
  });
  if (statusCode !== 200) throw new Error(`status ${statusCode}`);
  return body.json();
}

async function discover(issuer: string): Promise<z.infer<typeof discovery>> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  try {
    return discovery.parse(await readJson(url));
  } catch {
    throw wrong(`OIDC_ISSUER: ${url} gives no discovery document; check the address, or set OIDC_JWKS_URL`);
  }
}

function wrong(message: string): KeyturnError {
  return new KeyturnError('identity_unavailable', message, { field: 'OIDC_ISSUER' });
}
