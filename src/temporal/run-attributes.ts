/** What a run can be found by. */
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';

const TENANT = defineSearchAttributeKey('TenantId', 'KEYWORD');
const SERVICE = defineSearchAttributeKey('ServiceId', 'KEYWORD');
const OPERATION = defineSearchAttributeKey('Operation', 'KEYWORD');

/** Search attributes of a run, but for its outcome. */
export function runAttributes(run: {
  tenantId: string;
  serviceId: string;
  kind: string;
}): SearchAttributePair[] {
  return [
    { key: TENANT, value: run.tenantId },
    { key: SERVICE, value: run.serviceId },
    { key: OPERATION, value: run.kind },
  ];
}
