/** Replies that several model providers share. */
import type { SimulatedReply } from './service';

/** 200 with a JSON body. */
export function ok(body: unknown): SimulatedReply {
  return { status: 200, body };
}

/** OpenAI's list of models, which many imitate. */
export function modelList(...ids: readonly string[]): SimulatedReply {
  return ok({
    object: 'list',
    data: ids.map((id) => ({ id, object: 'model', created: 1_767_225_600, owned_by: 'simulated' })),
  });
}
