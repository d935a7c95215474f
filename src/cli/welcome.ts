/** What `npm start` says when it is ready: addresses, and lines to paste. */
import type { AllInOne } from '../start';

/** Prints to standard output. */
export function printWelcome(running: AllInOne): void {
  const { url, servers } = running;
  const token = `$(cat ${servers.home}/admin.token)`;
  const curl = `curl -sS -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json'`;
  const body = `{"tenant_id":"acme","service_id":"openrouter","api_keys":{"api_key":"'"$OPENROUTER_API_KEY"'"}}`;
  const lines = [
    `Keyturn is ready.`,
    `  API            ${url}/api/brain   (documentation: ${url}/docs)`,
    `  Temporal UI    ${servers.temporal.uiUrl}/namespaces/${servers.temporal.namespace}/workflows`,
    ``,
    `Store a key, then list what is stored:`,
    `  ${curl} ${url}/api/brain/byok/generate-keys -d '${body}'`,
    `  ${curl} '${url}/api/brain/byok/keys?tenant_id=acme'`,
    ``,
  ];
  console.log(lines.join('\n'));
}
