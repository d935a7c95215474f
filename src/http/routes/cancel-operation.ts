/** Stops an operation that has not taken effect yet. */
import { z } from 'zod';
import { tenantChain } from '../../contract/audit';
import { KeyturnError } from '../../contract/errors';
import { OPEN_STATES, type OperationKind } from '../../contract/operations';
import type { HttpPorts } from '../ports';
import { defineRoute, type Route } from '../route';
import { operationAnswer, operationId } from '../schemas';
import { findOperation, operationBody } from './get-operation';

const FINAL_KINDS: readonly OperationKind[] = ['revoke', 'finish', 'rollback'];
const params = z.strictObject({ id: operationId });

export function cancelOperation(ports: HttpPorts): Route {
  const access = { roles: ['tenant', 'operator', 'admin'], tenant: 'resource' } as const;
  return defineRoute({
    method: 'post',
    path: '/byok/operations/:id/cancel',
    operationId: 'cancelOperation',
    summary: 'Cancel an operation before it takes effect',
    tag: 'Operations',
    access,
    mutates: true,
    params,
    responses: {
      200: { description: 'how it ended', schema: operationAnswer },
      202: { description: 'told to stop; it has not ended yet', schema: operationAnswer },
    },
    async handle(request) {
      const operation = await findOperation(ports, { access }, request.principal, request.params.id);
      // A decision shares its run with the wait for the grace period's end, which must go on.
      if (FINAL_KINDS.includes(operation.kind))
        throw new KeyturnError('already_promoted', `a ${operation.kind} cannot be taken back`, {
          operation_id: operation.id,
        });
      if (OPEN_STATES.includes(operation.state)) {
        const { tenantId, serviceId, keyName, id } = operation;
        const event = {
          action: 'key.cancel',
          outcome: 'intent',
          principal: request.principal.subject,
        } as const;
        await ports.ledger.appendAudit({
          ...event,
          chain: tenantChain(tenantId),
          serviceId,
          keyName,
          operationId: id,
        });
        await ports.door.cancel(operation);
      }
      const latest = await ports.door.wait(operation, ports.settings.waitMs);
      if (latest.state === 'done') {
        throw new KeyturnError('already_promoted', 'the operation has taken effect already', {
          operation_id: latest.id,
        });
      }
      const status = OPEN_STATES.includes(latest.state) ? 202 : 200;
      return { status, body: operationBody(ports, latest) };
    },
  });
}
