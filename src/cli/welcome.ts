/** What `npm start` says when it is ready: addresses, and lines to paste. */
import type { AllInOne } from '../start';

/** Somebody may have set it for the lines below alone. */
const PLATFORM_PAYS =
  'OPENROUTER_API_KEY is set: it pays for tenants without a key of their own, within KEYTURN_TENANT_BUDGET_USD.';

/** Prints to standard output. `platformPays`: the environment has an OpenRouter key of the platform's own. */
export function printWelcome(running: AllInOne, platformPays: boolean): void {
  const { url, servers } = running;
  const token = `$(cat ${servers.home}/admin.token)`;
  const curl = `curl -sS -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json'`;
  const body = `{"tenant_id":"acme","service_id":"openrouter","api_keys":{"api_key":"'"$OPENROUTER_API_KEY"'"}}`;
  const question = `{"model":"openai/gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"Say hello."}]}`;
  const lines = [
    `Keyturn is ready.`,
    `  API            ${url}/api/brain   (documentation: ${url}/docs)`,
    `  OpenAI clients ${url}/v1          (base URL; a Keyturn token is the API key)`,
    `  Temporal UI    ${servers.temporal.uiUrl}/namespaces/${servers.temporal.namespace}/workflows`,
    ``,
    `Store a key, list what is stored, and call a model with it:`,
    `  ${curl} ${url}/api/brain/byok/generate-keys -d '${body}'`,
    `  ${curl} '${url}/api/brain/byok/keys?tenant_id=acme'`,
    `  ${curl} '${url}/v1/chat/completions?tenant_id=acme' -d '${question}'`,
    ``,
    ...(platformPays ? [PLATFORM_PAYS, ``] : []),
  ];
  console.log(lines.join('\n'));
}
