/** The example of examples/rag, run as its README says. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Big from 'big.js';
import { GatewayActions } from '../support/gateway-actions';
import { startService, type TestService } from '../support/service';

const EXAMPLE = join(__dirname, '../../examples/rag');
const MODELS = ['openai/gpt-4o-mini', 'openai/text-embedding-3-small'];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of its scripts in a process of its own. */
function run(script: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: EXAMPLE, env: { ...process.env, NO_COLOR: '1', ...env } };
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** What one tenant's turn printed. */
interface Turn {
  readonly tenant: string;
  readonly answers: readonly (readonly [question: string, answer: string, ...sources: string[]])[];
  readonly paidBy: string;
  readonly bill: readonly { credential: string; model: string; calls: number; usd: string }[];
  readonly total: { calls: number; usd: string };
  readonly platformPaidUsd: string;
}

function readTurn(text: string): Turn {
  const [, calls = '', usd = ''] = /together +(\d+) calls?: ([\d.]+) USD/.exec(text) ?? [];
  const asked = text.split(/^ {2}Q {2}/m).slice(1);
  return {
    tenant: /^\S+/.exec(text)?.[0] ?? '',
    answers: asked.map((one) => [
      /^.*/.exec(one)?.[0] ?? '',
      /^ {2}A {2}(.*)/m.exec(one)?.[1] ?? '',
      ...[...one.matchAll(/^ {5}source: (\S+),/gm)].map(([, document = '']) => document),
    ]),
    paidBy: /calls?, paid by (.*)/.exec(text)?.[1] ?? '',
    bill: [...text.matchAll(/^ {5}(\S+) +(\S+\/\S+) +(\d+) calls?, \d+ tokens: ([\d.]+) USD$/gm)].map(
      ([, credential = '', model = '', count = '', cost = '']) => ({
        credential,
        model,
        calls: Number(count),
        usd: cost,
      }),
    ),
    total: { calls: Number(calls), usd },
    platformPaidUsd: /the platform has paid ([\d.]+) of/.exec(text)?.[1] ?? '',
  };
}

const sum = (amounts: readonly string[]): string =>
  amounts.reduce((total, one) => total.plus(one), new Big(0)).toFixed();

describe('without network', () => {
  let ran: Ran;
  let turns: Turn[];
  beforeAll(async () => {
    ran = await run('run-offline.js');
    turns = ran.stdout.split('\n\n').slice(1, 4).map(readTurn);
  }, 120_000);

  test('every step does what it says', () => {
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(ran.stdout.trim().split('\n').at(-1)).toBe('Each step did what it says.');
    expect(turns.map(({ tenant }) => tenant)).toEqual(['acme', 'beta', 'gamma']);
  });

  test.each([
    ['How many days do I have to send an article back?', '45 days', 'returns.md'],
    ['What does shipping to Austria cost?', '4.90 euros', 'shipping.md'],
    ['Is limescale in a kettle a defect?', 'no defect', 'warranty.md'],
  ])('%s is answered from the document that says so', (question, answer, document) => {
    for (const { answers } of turns) {
      const found = answers.find(([one]) => one === question);
      expect(found?.slice(1)).toEqual([expect.stringContaining(answer), document]);
    }
  });

  test('the tenant pays with its own key, and the platform for those who cannot', () => {
    expect(turns.map(({ paidBy }) => paidBy)).toEqual([
      'tenant, key version 1',
      "env, since the tenant's key is missing",
      "env, since the tenant's key is exhausted",
    ]);
  });

  test('the bills add up, to the digit', () => {
    for (const { bill, total } of turns) {
      expect(bill.map(({ model }) => model)).toEqual(MODELS);
      expect(total).toEqual({ calls: 7, usd: sum(bill.map(({ usd }) => usd)) });
      expect(bill.map(({ calls }) => calls)).toEqual([3, 4]);
      expect(new Big(total.usd).gt(0)).toBe(true);
    }
    const credentials = turns.map(({ bill }) => [...new Set(bill.map(({ credential }) => credential))]);
    expect(credentials).toEqual([['tenant'], ['env'], ['env']]);
    const [acme, beta, gamma] = turns;
    expect(turns.map(({ platformPaidUsd }) => platformPaidUsd)).toEqual([
      '0',
      beta?.total.usd,
      gamma?.total.usd,
    ]);
    expect(acme?.total).toEqual(beta?.total);
  });

  test('its README shows what it prints', () => {
    const shown = /```text\n([\s\S]*?)```/.exec(readFileSync(join(EXAMPLE, 'README.md'), 'utf8'))?.[1];
    expect(shown).toBe(ran.stdout);
  });
});

describe('with a Keyturn that runs', () => {
  let service: TestService;
  let acme: GatewayActions;
  let env: Record<string, string>;
  beforeAll(async () => {
    service = await startService();
    acme = new GatewayActions(service, service.tenant('acme'));
    await acme.storeKey();
    const token = await service.mintToken({ role: 'service', tenantId: acme.tenantId });
    env = { KEYTURN_URL: service.url, KEYTURN_TOKEN: token };
  });
  afterAll(() => service.stop());

  test('a question of one’s own is answered with an alias, with the tenant’s key', async () => {
    const args = ['--tenant', acme.tenantId, '--model', 'claude-3.5-sonnet', 'How hot is green tea brewed?'];
    const ran = await run('main.js', args, env);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const { answers, paidBy, bill } = readTurn(ran.stdout.trim());
    expect(answers).toEqual([[args.at(-1), expect.stringContaining('75 degrees'), 'tea.md']]);
    expect(paidBy).toBe('tenant, key version 1');
    expect(bill.map(({ model }) => model)).toEqual(['anthropic/claude-sonnet-5', MODELS[1]]);
  });

  test('it fails, and says why, when the key was revoked', async () => {
    await acme.key.revoke();
    const ran = await run('main.js', ['--tenant', acme.tenantId, 'Why?'], env);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(/^.*the tenant’s OpenRouter key was revoked\n$/);
  });

  test('it says how it is called', async () => {
    const ran = await run('main.js', [], env);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([2, '', expect.stringContaining('usage:')]);
  });
});
