/** One tenant's turn: index the documents, ask, show who paid and the bill. */
import { setTimeout as delay } from 'node:timers/promises';
import { createAssistant } from './assistant.js';

/** Questions, and the document that answers each. */
export const QUESTIONS = [
  { question: 'How many days do I have to send an article back?', document: 'returns.md' },
  { question: 'What does shipping to Austria cost?', document: 'shipping.md' },
  { question: 'Is limescale in a kettle a defect?', document: 'warranty.md' },
];
/** Keyturn books calls behind the answers, a moment later. */
const BILL_PATIENCE_MS = 10_000;

/**
 * @param keyturn see `createAssistant`
 * @param turn `passages`; `questions` as above, where `document` may be left out; `expected`: how each call must be
 * paid, in the words of `describe`, or undefined
 * @returns {Promise<string[]>} what did not go as it should; empty when all did
 */
export async function playTurn(keyturn, { passages, questions, expected }) {
  const startedAt = new Date().toISOString();
  const wrong = [];
  const assistant = await createAssistant(keyturn, passages);
  const calls = [...assistant.calls];
  for (const { question, document } of questions) {
    const { text, sources, calls: made } = await assistant.ask(question);
    calls.push(...made);
    console.log(`  Q  ${question}\n  A  ${text}`);
    for (const source of sources) console.log(`     source: ${source.document}, "${source.heading}"`);
    if (document !== undefined && !sources.some((source) => source.document === document))
      wrong.push(`${document} should be a source of the answer to: ${question}`);
  }
  const payers = [...new Set(calls.map(describe))];
  console.log(`  ${plural(calls.length)}, paid by ${payers.join(' and by ')}`);
  if (expected !== undefined && payers.join() !== expected) wrong.push(`it should be: paid by ${expected}`);

  const { usage, total, budget } = await readBill(keyturn, { startedAt, calls: calls.length });
  for (const row of usage)
    console.log(
      `     ${row.credential.padEnd(9)} ${row.model.padEnd(30)} ${plural(row.requests)}, ` +
        `${row.prompt_tokens + row.completion_tokens} tokens: ${row.cost_usd} USD`,
    );
  console.log(`     ${'together'.padEnd(40)} ${plural(total.requests)}: ${total.cost_usd} USD`);
  console.log(`     the platform has paid ${budget.spent_usd} of ${budget.budget_usd} USD this month`);
  if (total.requests !== calls.length) wrong.push(`the bill has ${plural(total.requests)}`);
  return wrong;
}

const plural = (calls) => `${calls} ${calls === 1 ? 'call' : 'calls'}`;

function describe({ credential, keyVersion, reason }) {
  const version = keyVersion === null ? '' : `, key version ${keyVersion}`;
  return `${credential}${version}${reason === null ? '' : `, since the tenant's key is ${reason}`}`;
}

/** The usage since the turn began, once all of its calls are there and have a price. */
async function readBill({ url, token, tenant }, { startedAt, calls }) {
  const query = new URLSearchParams({ from: startedAt, group_by: 'credential,model' });
  const deadlineMs = Date.now() + BILL_PATIENCE_MS;
  for (;;) {
    const response = await fetch(`${url}/api/brain/openrouter/usage/${tenant}?${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const bill = await response.json();
    if (!response.ok) throw new Error(`the bill cannot be read: ${bill.detail}`);
    const { total, budget } = bill;
    const complete = total.requests >= calls && total.unpriced_requests === 0 && budget.reserved_usd === '0';
    if (complete || Date.now() > deadlineMs) return bill;
    await delay(100);
  }
}
