/** An OIDC issuer of the test's own: it signs what it is told, also what no issuer should. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import type { IssuerSettings } from '../../src/http/verify-token';

export interface TestIssuer {
  readonly settings: IssuerSettings;
  /** A good token, with claims added, changed, or taken away by undefined. */
  sign(claims: JWTPayload, key?: 'ours' | 'another'): Promise<string>;
  /** `alg: none`, no signature. */
  unsigned(claims: JWTPayload): string;
  /** HS256 with the public key as the shared secret. */
  signedWithPublicKey(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

const KEY_ID = 'test-key';

export async function startIssuer(): Promise<TestIssuer> {
  const [ours, another] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwk = { ...(await exportJWK(ours.publicKey)), kid: KEY_ID, alg: 'ES256', use: 'sig' };
  const server = createServer((_request, response) => void response.end(JSON.stringify({ keys: [jwk] })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const settings: IssuerSettings = {
    issuer: 'https://issuer.test',
    audience: 'keyturn-api',
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
  };
  const complete = (claims: JWTPayload): JWTPayload => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const usual = { iss: settings.issuer, aud: settings.audience, sub: 'someone', exp: nowSeconds + 600 };
    return JSON.parse(JSON.stringify({ ...usual, ...claims })) as JWTPayload;
  };
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return {
    settings,
    sign: (claims, key = 'ours') =>
      new SignJWT(complete(claims))
        .setProtectedHeader({ alg: 'ES256', kid: KEY_ID })
        .sign((key === 'ours' ? ours : another).privateKey),
    unsigned: (claims) => `${encode({ alg: 'none', kid: KEY_ID })}.${encode(complete(claims))}.`,
    async signedWithPublicKey(claims) {
      const text = `${encode({ alg: 'HS256', kid: KEY_ID })}.${encode(complete(claims))}`;
      const secret = await exportSPKI(ours.publicKey);
      return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
