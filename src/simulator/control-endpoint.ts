/** `/__simulator/…`: lets another process (the demo) set faults, issue and kill credentials, and see requests. */
import { z } from 'zod';
import { isKeyturnError } from '../contract/errors';
import { faultSchema, type Fault } from './faults';
import { parseObject } from './credential-places';
import type { Fields, SimulatedReply, SimulatedRequest, SimulatedService, Variant } from './service';

/** What the control endpoint may do. */
export interface ControlledSimulator {
  find(serviceId: string): SimulatedService;
  setFault(serviceId: string, fault: Fault | null): void;
  setCredential(serviceId: string, fields: Fields, variant: Variant, account?: string): void;
  requests(serviceId: string): readonly unknown[];
}

const credentialSchema = z.strictObject({
  fields: z.record(z.string(), z.string()),
  variant: z.string().min(1).default('good'),
  account: z.string().min(1).optional(),
});

/** Answers one control request; refuses any Host but loopback, so that no provider's host reaches it. */
export function answerControl(simulator: ControlledSimulator, request: SimulatedRequest): SimulatedReply {
  if (request.host !== '127.0.0.1' && request.host !== 'localhost') return { status: 404, body: '' };
  const [, , subject, id = '', ...rest] = request.path.split('/');
  if (rest.length > 0) return { status: 404, body: '' };
  try {
    return answerSubject(simulator, `${request.method} ${subject}`, id, request.body);
  } catch (error) {
    if (isKeyturnError(error)) return { status: 404, body: { error: error.message } };
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } };
    throw error;
  }
}

function answerSubject(
  simulator: ControlledSimulator,
  action: string,
  id: string,
  body: string,
): SimulatedReply {
  switch (action) {
    case 'PUT faults':
      simulator.setFault(id, faultSchema.parse(parseObject(body)));
      return { status: 204 };
    case 'DELETE faults':
      simulator.setFault(id, null);
      return { status: 204 };
    case 'GET requests':
      return { status: 200, body: { requests: simulator.requests(id) } };
    case 'GET credentials':
      return { status: 200, body: { credentials: simulator.find(id).credentials } };
    case 'POST credentials': {
      const { fields, variant, account } = credentialSchema.parse(parseObject(body));
      simulator.setCredential(id, fields, variant, account);
      return { status: 201, body: { variant } };
    }
    default:
      return { status: 404, body: '' };
  }
}
