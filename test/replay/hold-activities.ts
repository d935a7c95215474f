/** Holds single activity calls of one tenant, so that a race always goes the way a branch needs. */
import type { createWorkerActivities } from '../../src/worker';

type Activities = ReturnType<typeof createWorkerActivities>;
type ActivityName = keyof Activities;
type Step = (...args: unknown[]) => Promise<unknown>;

/** One held call. `reached` resolves once it stands still. */
export interface Hold {
  readonly reached: Promise<void>;
  release(): void;
}

interface Waiting {
  readonly activity: ActivityName;
  readonly tenantId: string;
  readonly place: 'before' | 'after';
  readonly stop: () => Promise<void>;
}

export class ActivityHolds {
  readonly #waiting: Waiting[] = [];

  /** The next such call stands still before or after its effect until it is released. */
  hold(activity: ActivityName, tenantId: string, place: Waiting['place']): Hold {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const stop = (): Promise<void> => {
      reached.resolve();
      return released.promise;
    };
    this.#waiting.push({ activity, tenantId, place, stop });
    return { reached: reached.promise, release: released.resolve };
  }

  /** The same activities, held where asked. */
  readonly wrap = (activities: Activities): Activities => {
    const wrapped = Object.entries(activities).map(([name, step]) => [
      name,
      async (...args: unknown[]) => {
        const held = this.#take(name, tenantOf(args[0]));
        if (held?.place === 'before') await held.stop();
        const result = await (step as Step)(...args);
        if (held?.place === 'after') await held.stop();
        return result;
      },
    ]);
    return Object.fromEntries(wrapped) as Activities;
  };

  #take(activity: string, tenantId: string | undefined): Waiting | undefined {
    const at = this.#waiting.findIndex((one) => one.activity === activity && one.tenantId === tenantId);
    return at < 0 ? undefined : this.#waiting.splice(at, 1)[0];
  }
}

function tenantOf(argument: unknown): string | undefined {
  const { tenantId, input } = (argument ?? {}) as { tenantId?: string; input?: { tenantId?: string } };
  return tenantId ?? input?.tenantId;
}
