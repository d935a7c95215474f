import { MockAgent } from 'undici';
import { probeKey } from '../../src/providers/probe';
import type { ProviderEntry } from '../../src/providers/provider';
import { exampleFields } from './example-credentials';
import { BARE, PROVIDER_ERROR, type ReplyCase, type ReplySheet } from './replies/reply-case';

interface Sent {
  readonly url: string;
  readonly text: string;
}

/** What an entry gets wrong of its sheet; stops at the first mistake when told so. */
export async function checkReplies(
  entry: ProviderEntry,
  sheet: ReplySheet,
  options: { readonly firstOnly?: boolean } = {},
): Promise<string[]> {
  const mistakes: string[] = [];
  for (const [title, replyCase] of casesOf(sheet)) {
    const mistake = await checkCase(entry, replyCase);
    if (mistake === null) continue;
    mistakes.push(`${entry.id}, ${title}: ${mistake}`);
    if (options.firstOnly === true) break;
  }
  return mistakes;
}

function casesOf(sheet: ReplySheet): [string, ReplyCase][] {
  const documented = sheet.cases.map((one): [string, ReplyCase] => [JSON.stringify(one.replies.at(-1)), one]);
  const bare = Object.entries({ ...BARE, ...sheet.bare }).map(([status, expected]): [string, ReplyCase] => [
    `empty ${status}`,
    { replies: [{ status: Number(status), body: '' }], expected },
  ]);
  // A server in trouble says nothing of the credential, whatever it puts into the body.
  const outages = sheet.cases.map((one): [string, ReplyCase] => [
    `503 with ${JSON.stringify(one.replies.at(-1)?.body)}`,
    {
      replies: [...one.replies.slice(0, -1), { ...one.replies.at(-1), status: 503 }],
      expected: PROVIDER_ERROR,
      ...(one.fields && { fields: one.fields }),
    },
  ]);
  return [...documented, ...bare, ...outages];
}

async function checkCase(entry: ProviderEntry, replyCase: ReplyCase): Promise<string | null> {
  const { agent, sent } = stubReplies(replyCase);
  const outcome = await probeKey({
    entry,
    fields: { ...exampleFields(entry), ...replyCase.fields },
    origins: {},
    dispatcher: agent,
    timeoutMs: 5_000,
    pause: async () => {},
  });
  const last = sent.at(-1);
  const said = `${outcome.verdict}/${outcome.reason}`;
  if (said !== replyCase.expected) return `${said} instead of ${replyCase.expected}`;
  const { status = null } = replyCase.replies.at(-1) ?? {};
  if (outcome.status !== status) return `status ${outcome.status} instead of ${status}`;
  if (sent.length !== replyCase.replies.length) return `${sent.length} requests`;
  if (replyCase.url !== undefined && last?.url !== replyCase.url) return `asked ${last?.url}`;
  const missing = (replyCase.sent ?? []).find((part) =>
    typeof part === 'string' ? !last?.text.split('\n').includes(part) : !part.test(last?.text ?? ''),
  );
  return missing === undefined ? null : `did not send ${String(missing)}`;
}

function stubReplies({ replies }: ReplyCase): { agent: MockAgent; sent: Sent[] } {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const pool = agent.get(() => true);
  const sent: Sent[] = [];
  for (const { status, body, headers = {} } of replies) {
    pool.intercept({ path: () => true, method: () => true }).reply((request) => {
      const lines = Object.entries(request.headers as Record<string, string>).map(
        ([name, value]) => `${name}: ${value}`,
      );
      sent.push({
        url: new URL(request.path, request.origin).href,
        text: [
          `method: ${request.method}`,
          ...lines,
          typeof request.body === 'string' ? request.body : '',
        ].join('\n'),
      });
      const data = typeof body === 'string' ? body : JSON.stringify(body);
      return { statusCode: status, data, responseOptions: { headers } };
    });
  }
  return { agent, sent };
}
