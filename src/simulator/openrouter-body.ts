/** Sends a reply's body piece by piece: never faster than the client reads, and no longer than it stays. */
import type { ServerResponse } from 'node:http';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Scenario } from './openrouter-scenarios';

/** One body to be sent. */
export interface BodyPlan {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Taken one by one as the client reads them. */
  readonly pieces: Iterable<string>;
  readonly scenario: Scenario;
  /** Whether the client takes gzip. */
  readonly acceptsGzip: boolean;
  /** Called once: all is written, or the client (or a planned reset) came before. */
  readonly ended: (how: 'complete' | 'cancelled') => void;
}

/** Time for what was written to leave before the connection is cut. */
const SETTLE_MS = 20;

/** Sends it, in the way its scenario says. */
export async function sendBody(response: ServerResponse, plan: BodyPlan): Promise<void> {
  const { scenario } = plan;
  let told = false;
  const tell = (how: 'complete' | 'cancelled'): void => {
    if (!told) plan.ended(how);
    told = true;
  };
  response.once('close', () => tell('cancelled'));
  if (scenario.slowMs > 0) await pause(response, scenario.slowMs);
  if (response.destroyed || scenario.start === 'hang') return;
  if (scenario.start === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const zipped = scenario.gzip && plan.acceptsGzip;
  response.writeHead(plan.status, { ...plan.headers, ...(zipped && { 'content-encoding': 'gzip' }) });
  if (scenario.start === 'hang-after-headers') {
    response.flushHeaders();
    return;
  }
  const target = zipped ? zip(response) : response;
  let first = true;
  for (const piece of plan.pieces) {
    if (!first && scenario.gapMs > 0) await pause(response, scenario.gapMs);
    first = false;
    if (response.destroyed) return;
    if (scenario.splitUtf8 && !zipped) await writeSplit(response, piece);
    else if (!target.write(piece)) await drained(response, target);
    // Without an end there may be no backpressure either: others must have their turn.
    if (scenario.course === 'endless' && scenario.gapMs === 0) await nextTurn();
    if (response.destroyed) return;
  }
  if (scenario.course === 'stall') return;
  if (scenario.course === 'reset') {
    await pause(response, SETTLE_MS);
    response.socket?.resetAndDestroy();
    return;
  }
  tell('complete');
  target.end();
}

function zip(response: ServerResponse): Gzip {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  gzip.pipe(response);
  response.once('close', () => gzip.destroy());
  return gzip;
}

/** Every character of several bytes is cut after its first one. */
async function writeSplit(response: ServerResponse, piece: string): Promise<void> {
  const bytes = Buffer.from(piece);
  let from = 0;
  for (let at = 1; at <= bytes.length && !response.destroyed; at += 1) {
    if (at < bytes.length && (bytes[at - 1] ?? 0) < 0xc0) continue;
    const whole = response.write(bytes.subarray(from, at));
    from = at;
    if (!whole) await drained(response, response);
    await nextTurn();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits until the buffer is empty again, or the client has gone. */
function drained(response: ServerResponse, target: ServerResponse | Gzip): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      target.off('drain', done);
      response.off('close', done);
      resolve();
    };
    target.once('drain', done);
    response.once('close', done);
    if (response.destroyed) done();
  });
}

/** Waits so long, or until the client has gone. */
function pause(response: ServerResponse, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    response.once('close', done);
  });
}
