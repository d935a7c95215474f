/** Holds single activities of single tenants, so that a test can act at that very moment. */
import { Context } from '@temporalio/activity';

export interface GateSpec {
  readonly tenantId: string;
  readonly activity: string;
  /** Before its effect, or after it and before the workflow hears of it. */
  readonly when: 'before' | 'after';
  /** Only when this workflow type calls it. */
  readonly workflow?: string;
}

export interface Gate {
  /** Resolves when the activity has come to the gate. */
  readonly reached: Promise<void>;
  /** Lets it go on, and does not hold it again. */
  open(): void;
}

type Step = (...args: unknown[]) => Promise<unknown>;

/** The gates of one service; give {@link Gates.wrap} to it as `wrapActivities`. */
export class Gates {
  readonly #closed = new Map<GateSpec, { reach: () => void; opened: Promise<void> }>();

  close(spec: GateSpec): Gate {
    let open = (): void => undefined;
    let reach = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    const reached = new Promise<void>((resolve) => (reach = resolve));
    this.#closed.set(spec, { reach, opened });
    return {
      reached,
      open: () => {
        this.#closed.delete(spec);
        open();
      },
    };
  }

  readonly wrap = <T extends object>(activities: T): T => {
    const wrapped = Object.entries(activities).map(([activity, step]: [string, Step]) => [
      activity,
      async (...args: unknown[]) => {
        await this.#pass(activity, 'before', args);
        const result = await step(...args);
        await this.#pass(activity, 'after', args);
        return result;
      },
    ]);
    return Object.fromEntries(wrapped) as T;
  };

  async #pass(activity: string, when: 'before' | 'after', [first]: readonly unknown[]): Promise<void> {
    const { tenantId, input } = first as { tenantId?: string; input?: { tenantId: string } };
    const { workflowType } = Context.current().info;
    for (const [spec, gate] of this.#closed) {
      if (spec.activity !== activity || spec.when !== when) continue;
      if (spec.tenantId !== (tenantId ?? input?.tenantId)) continue;
      if (spec.workflow !== undefined && spec.workflow !== workflowType) continue;
      gate.reach();
      await gate.opened;
    }
  }
}
