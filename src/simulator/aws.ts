/** AWS: GetCallerIdentity of the Security Token Service, with the signature checked. */
import { createHash, createHmac } from 'node:crypto';
import type { CredentialPlace } from './credential-places';
import { publish, type Call, type ServiceDefinition } from './define-service';
import { fakeDigits, fakeText, fakeUpper, fakeUuid } from './fake-values';
import type { Fields, SimulatedReply, SimulatedRequest } from './service';

const HOST = /^sts(?:\.([a-z]{2}(?:-[a-z]+)+-[0-9]))?\.amazonaws\.com$/;
const MAX_CLOCK_SKEW_MS = 15 * 60 * 1000;

interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parseAuthorization({ headers }: SimulatedRequest): Authorization | null {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]+)\/(\d{8})\/([a-z0-9-]+)\/(\w+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    );
  if (!match) return null;
  const [, accessKeyId = '', date = '', region = '', service = '', signed = '', signature = ''] = match;
  return { accessKeyId, date, region, service, signedHeaders: signed.split(';'), signature };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function expectedSignature(request: SimulatedRequest, auth: Authorization, secret: string): string {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const canonicalQuery = [...request.query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonicalHeaders = auth.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const canonicalRequest = [
    request.method,
    request.path,
    canonicalQuery,
    canonicalHeaders.join(''),
    auth.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const scope = `${auth.date}/${auth.region}/${auth.service}/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'] ?? '',
    scope,
    sha256(canonicalRequest),
  ].join('\n');
  const key = [auth.region, auth.service, 'aws4_request'].reduce<Buffer>(
    hmac,
    hmac(`AWS4${secret}`, auth.date),
  );
  return hmac(key, toSign).toString('hex');
}

/** The secret stays with the caller: it proves itself by the signature. */
const signature: CredentialPlace = {
  read(request) {
    const auth = parseAuthorization(request);
    return auth && { access_key_id: auth.accessKeyId };
  },
  proves(request, fields) {
    const auth = parseAuthorization(request);
    const region = HOST.exec(request.host)?.[1] ?? 'us-east-1';
    if (!auth || auth.service !== 'sts' || auth.region !== region) return false;
    if (!['host', 'x-amz-date'].every((name) => auth.signedHeaders.includes(name))) return false;
    if (Math.abs(parseAmzDate(request.headers['x-amz-date'] ?? '') - Date.now()) > MAX_CLOCK_SKEW_MS)
      return false;
    if ((fields['session_token'] ?? '') !== (request.headers['x-amz-security-token'] ?? '')) return false;
    return auth.signature === expectedSignature(request, auth, fields['secret_access_key'] ?? '');
  },
};

/** `20260101T000000Z` in milliseconds; 0 when it is not a date. */
function parseAmzDate(text: string): number {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return Date.parse(iso) || 0;
}

/** XML, or JSON when that is what the caller accepts. */
function stsReply(request: SimulatedRequest, status: number, xml: string, json: object): SimulatedReply {
  if ((request.headers['accept'] ?? '').includes('application/json')) return { status, body: json };
  return { status, headers: { 'content-type': 'text/xml' }, body: xml };
}

const stsError =
  (status: number, code: string, message: string) =>
  ({ request }: Pick<Call, 'request'>): SimulatedReply =>
    stsReply(
      request,
      status,
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${fakeUuid('aws request')}</RequestId></ErrorResponse>`,
      { Error: { Code: code, Message: message, Type: 'Sender' }, RequestId: fakeUuid('aws request') },
    );

function callerIdentity({ request, account }: Call): SimulatedReply {
  const Account = fakeDigits(`aws ${account}`, 12);
  const UserId = `AIDA${fakeUpper(`aws user ${account}`, 16)}`;
  const Arn = `arn:aws:iam::${Account}:user/simulated`;
  const RequestId = fakeUuid('aws request');
  return stsReply(
    request,
    200,
    `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${Arn}</Arn><UserId>${UserId}</UserId><Account>${Account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>${RequestId}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    {
      GetCallerIdentityResponse: {
        GetCallerIdentityResult: { Account, Arn, UserId },
        ResponseMetadata: { RequestId },
      },
    },
  );
}

const pair = (tag: string): Fields => ({
  access_key_id: `AKIA${fakeUpper(tag, 16)}`,
  secret_access_key: fakeText(`${tag} secret`, 40),
});
const badSignature = stsError(
  403,
  'SignatureDoesNotMatch',
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
);

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const aws: ServiceDefinition = {
  id: 'aws',
  hosts: [HOST],
  credentials: {
    ...publish('aws', [], (tag) => ({ ...pair(tag), region: 'us-east-1' })),
    /** The good key's id with another secret. */
    badSignature: {
      ...pair('aws good'),
      secret_access_key: fakeText('aws other secret', 40),
      region: 'us-east-1',
    },
    /** Temporary credentials past their time. */
    expired: {
      access_key_id: `ASIA${fakeUpper('aws expired', 16)}`,
      secret_access_key: fakeText('aws expired secret', 40),
      session_token: fakeText('aws session', 100),
      region: 'us-east-1',
    },
    /** Temporary credentials that work. */
    session: {
      access_key_id: `ASIA${fakeUpper('aws session', 16)}`,
      secret_access_key: fakeText('aws session secret', 40),
      session_token: fakeText('aws live session', 100),
      region: 'eu-central-1',
    },
  },
  routes: [
    {
      method: 'POST',
      path: '/',
      requires: (request) => {
        const sent = new URLSearchParams(request.body);
        return sent.get('Action') === 'GetCallerIdentity' && sent.get('Version') === '2011-06-15'
          ? null
          : stsError(400, 'InvalidAction', 'Could not find operation for the version')({ request });
      },
      place: signature,
      missing: stsError(403, 'MissingAuthenticationToken', 'Request is missing Authentication Token'),
      replies: {
        good: callerIdentity,
        dead: stsError(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'),
        badSignature,
        expired: stsError(403, 'ExpiredToken', 'The security token included in the request is expired'),
      },
    },
  ],
  rateLimited: {
    status: 429,
    body: {
      Error: { Code: 'Throttling', Message: 'Rate exceeded', Type: 'Sender' },
      RequestId: fakeUuid('aws request'),
    },
  },
  outage: {
    status: 503,
    body: {
      Error: { Code: 'ServiceUnavailable', Message: 'Service Unavailable', Type: 'Receiver' },
      RequestId: fakeUuid('aws request'),
    },
  },
};
