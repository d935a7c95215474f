/** Which headers go through, each way. What is on neither list stays here. */

/** Of the caller's headers: attribution, session and cache options of OpenRouter, and what a body needs to be read. */
const TO_UPSTREAM =
  /^(?:accept|accept-encoding|content-type|http-referer|x-title|x-session-id|x-openrouter-[a-z0-9-]+)$/;

/** Of the upstream's headers. Cookies, CORS and everything about its own connection are not on it. */
const TO_CLIENT =
  /^(?:content-type|content-encoding|content-length|cache-control|retry-after|x-generation-id|x-openrouter-[a-z0-9-]+|x-ratelimit-[a-z0-9-]+)$/;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The caller's headers that the upstream sees. */
export function headersForUpstream(headers: Headers): Record<string, string> {
  return pick(headers, TO_UPSTREAM);
}

/** The upstream's headers that the caller sees. */
export function headersForClient(headers: Headers): Record<string, string> {
  return pick(headers, TO_CLIENT);
}

function pick(headers: Headers, allowed: RegExp): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && allowed.test(name))
      picked[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return picked;
}
