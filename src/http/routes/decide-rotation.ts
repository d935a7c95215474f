/** `finish` ends a rotation's grace period now, `rollback` takes the previous key back. */
import { z } from 'zod';
import { KeyturnError } from '../../contract/errors';
import { aboutKey, enter } from '../door';
import type { HttpPorts } from '../ports';
import { refuseSecrets } from '../refuse-secrets';
import { defineRoute, type Route } from '../route';
import { acceptedAnswer, finishAnswer, keyAnswer, operationId, reason } from '../schemas';
import { findOperation } from './get-operation';

const params = z.strictObject({ id: operationId });
const body = z.strictObject({ reason: reason.optional() }).meta({ id: 'DecideRotation' });

const SUMMARIES = {
  finish: 'End the grace period of a rotation now',
  rollback: 'Take the previous key back while the grace period lasts',
} as const;
const ANSWERS = { finish: finishAnswer, rollback: keyAnswer } as const;

export function decideRotationRoutes(ports: HttpPorts): readonly Route[] {
  return (['finish', 'rollback'] as const).map((kind) => decideRoute(ports, kind));
}

function decideRoute(ports: HttpPorts, kind: 'finish' | 'rollback'): Route {
  const access = { roles: ['tenant', 'operator', 'admin'], tenant: 'resource' } as const;
  return defineRoute({
    method: 'post',
    path: `/byok/operations/:id/${kind}`,
    operationId: `${kind}Rotation`,
    summary: SUMMARIES[kind],
    tag: 'Operations',
    access,
    mutates: true,
    params,
    body,
    responses: {
      200: { description: 'done', schema: ANSWERS[kind] },
      202: { description: 'accepted; follow Location', schema: acceptedAnswer },
    },
    async handle(request) {
      const rotation = await findOperation(ports, { access }, request.principal, request.params.id);
      if (rotation.kind !== 'rotate') {
        throw new KeyturnError('not_in_grace', `operation ${rotation.id} is no rotation`);
      }
      const { reason } = request.body;
      refuseSecrets('reason', reason);
      const { tenantId, serviceId, keyName } = rotation;
      const mutation = {
        kind,
        ref: { tenantId, serviceId, keyName },
        params: { targetOperationId: rotation.id, ...(reason === undefined ? {} : { reason }) },
      };
      return enter(ports, request, mutation, (operation) => ({
        status: 200,
        body: aboutKey(ports, operation),
      }));
    },
  });
}
