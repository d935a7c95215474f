/** Where a process is to be killed, and how all of them are reached before it is. */

/** A step of one tenant's story. Stories are told apart by their tenant. */
export interface KillPoint {
  readonly tenantId: string;
  /** Workflow type, or `door`. */
  readonly story: string;
  readonly step: string;
  /** Before the effect, or after it and before anyone is told. */
  readonly when: 'before' | 'after';
}

/** A line the child writes: what ran, and which points were reached. */
export type ChildLine =
  | { readonly event: 'ready'; readonly url?: string }
  | { readonly event: 'ran'; readonly story: string; readonly step: string }
  | { readonly event: 'reached'; readonly point: KillPoint };

/** Writes a line to the parent. */
export function tell(line: ChildLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * Kills this very process once every point of the plan was reached; who reaches one waits there. So one process
 * serves many stories, each of which is cut off at its own point by the same blow.
 */
export class Guillotine {
  readonly #waiting: Set<KillPoint>;

  constructor(plan: readonly KillPoint[]) {
    this.#waiting = new Set(plan);
  }

  /** Never resolves at a point of the plan; resolves at once anywhere else. */
  pass(here: KillPoint): Promise<void> {
    const point =
      [...this.#waiting].find((one) => isSame(one, here)) ?? this.#reached.find((one) => isSame(one, here));
    if (point === undefined) return Promise.resolve();
    if (this.#waiting.delete(point)) {
      this.#reached.push(point);
      tell({ event: 'reached', point });
    }
    if (this.#waiting.size === 0) process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  }

  readonly #reached: KillPoint[] = [];
}

function isSame(a: KillPoint, b: KillPoint): boolean {
  return a.tenantId === b.tenantId && a.story === b.story && a.step === b.step && a.when === b.when;
}
