/** Where the time of an operation goes: a stop-watch around each step of the door and each activity. */
import type { AllRolesOptions } from '../src/all-roles';

/** Milliseconds by step, in order of their ends. */
export type StepTimes = Map<string, number[]>;

type Step = (...args: never[]) => Promise<unknown>;

/** The same steps with their times noted. Members that are no functions stay as they are. */
export function timeSteps<T extends object>(steps: T, prefix: string, times: StepTimes): T {
  const timed = Object.entries(steps).map(([name, step]: [string, unknown]) => [
    name,
    typeof step === 'function' ? stopWatch(step as Step, `${prefix}${name}`, times) : step,
  ]);
  return Object.fromEntries(timed) as T;
}

/** For {@link AllRolesOptions}: times every activity. */
export function timeActivities(): {
  wrapActivities: NonNullable<AllRolesOptions['wrapActivities']>;
  times: StepTimes;
} {
  const times: StepTimes = new Map();
  return { wrapActivities: (activities) => timeSteps(activities, 'activity ', times), times };
}

function stopWatch(step: Step, name: string, times: StepTimes): Step {
  return async (...args) => {
    const startedMs = performance.now();
    try {
      return await step(...args);
    } finally {
      const list = times.get(name) ?? [];
      list.push(performance.now() - startedMs);
      times.set(name, list);
    }
  };
}
