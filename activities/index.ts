/** All activities, made with the clients they need. Workflows import the type only. */
import { reportErrors, type LogFailure } from './report-errors';
import { ledgerActivities } from './operation-ledger';
import { probeActivities } from './provider-probe';
import { runActivities } from './workflow-runs';
import { keyActivities } from './tenant-keys';
import type { ActivityPorts } from './ports';

export type { ActivityPorts } from './ports';
export type Activities = ReturnType<typeof bareActivities>;

/** Activities whose errors are fit for Temporal: typed by code, without causes, stacks or secrets. */
export function createActivities(ports: ActivityPorts, logFailure: LogFailure): Activities {
  return reportErrors(bareActivities(ports), logFailure);
}

function bareActivities(ports: ActivityPorts) {
  return {
    ...probeActivities(ports),
    ...keyActivities(ports),
    ...ledgerActivities(ports),
    ...runActivities(ports),
  };
}
