/** The model routes: https://openrouter.ai/docs/api-reference/list-available-models */
import { bearer } from './credential-places';
import type { Call, Route } from './define-service';
import type { ModelCatalogue } from './openrouter-catalogue';
import { badRequest, EDGE_HEADERS, missingKey, notFound, unknownKey } from './openrouter-errors';
import { keyReplies } from './openrouter-key-routes';
import type { KeyBook } from './openrouter-keys';
import type { ModelRow } from './openrouter-model-rows';
import { providerOf } from './openrouter-inference';
import type { SimulatedReply } from './service';

const DEFAULT_PAGE = 500;
const MAX_PAGE = 1_000;
const MAX_REMEMBERED = 50;

/** GET /models and those around it. The list and single models are public: a bad key changes nothing. */
export function modelRoutes(catalogue: ModelCatalogue, keys: KeyBook): readonly Route[] {
  const list = rememberTexts((query: URLSearchParams) => listModels(catalogue, query));
  const open = (path: string, good: (call: Call) => SimulatedReply): Route => ({
    method: 'GET',
    path,
    place: null,
    replies: { good, dead: unknownKey },
  });
  return [
    open('/api/v1/models', ({ request }) => list(request.query)),
    open('/api/v1/embeddings/models', ({ request }) => {
      const query = new URLSearchParams(request.query);
      query.set('output_modalities', 'embeddings');
      return list(query);
    }),
    open('/api/v1/models/count', ({ request }) =>
      ok({ data: { count: select(catalogue, request.query).length } }),
    ),
    {
      method: 'GET',
      path: '/api/v1/models/user',
      place: bearer('api_key'),
      missing: missingKey,
      replies: keyReplies(keys, ({ request }) => list(request.query)),
    },
    open('/api/v1/model/{*id}', ({ request }) => {
      const row = catalogue.find(idOf(request.path, '/api/v1/model/'));
      return row ? ok({ data: row }) : notFound;
    }),
    open('/api/v1/models/{*id}/endpoints', ({ request }) => {
      const row = catalogue.find(idOf(request.path.replace(/\/endpoints$/, ''), '/api/v1/models/'));
      return row ? ok({ data: endpointsOf(row) }) : notFound;
    }),
  ];
}

function ok(body: unknown): SimulatedReply {
  return { status: 200, headers: { ...EDGE_HEADERS, 'content-type': 'application/json' }, body };
}

function listModels(catalogue: ModelCatalogue, query: URLSearchParams): SimulatedReply {
  const rows = select(catalogue, query);
  const paged = query.has('offset') || query.has('limit');
  if (!paged) return ok({ data: rows, total_count: rows.length, links: { next: null } });
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? DEFAULT_PAGE);
  if (!Number.isInteger(offset) || offset < 0) return badRequest;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) return badRequest;
  const further = new URLSearchParams(query);
  further.set('offset', String(offset + limit));
  further.set('limit', String(limit));
  const next = offset + limit < rows.length ? `/api/v1/models?${further.toString()}` : null;
  return ok({ data: rows.slice(offset, offset + limit), total_count: rows.length, links: { next } });
}

function select({ rows }: ModelCatalogue, query: URLSearchParams): readonly ModelRow[] {
  const outputs = listOf(query.get('output_modalities') ?? 'text');
  const inputs = listOf(query.get('input_modalities'));
  const parameters = listOf(query.get('supported_parameters'));
  const words = query.get('q')?.toLowerCase();
  return rows.filter(
    (row) =>
      (outputs.includes('all') ||
        outputs.some((output) => row.architecture.output_modalities.includes(output))) &&
      inputs.every((input) => row.architecture.input_modalities.includes(input)) &&
      parameters.every((parameter) => row.supported_parameters.includes(parameter)) &&
      (words === undefined || `${row.id} ${row.name}`.toLowerCase().includes(words)),
  );
}

function listOf(value: string | null): readonly string[] {
  return (value ?? '').split(',').filter((part) => part !== '');
}

/** Replies are serialised once for each query: a real list has a megabyte. */
function rememberTexts(
  make: (query: URLSearchParams) => SimulatedReply,
): (query: URLSearchParams) => SimulatedReply {
  const made = new Map<string, SimulatedReply>();
  return (query) => {
    const key = query.toString();
    let reply = made.get(key);
    if (!reply) {
      const fresh = make(query);
      reply = { ...fresh, body: JSON.stringify(fresh.body) };
      if (made.size >= MAX_REMEMBERED) made.clear();
      made.set(key, reply);
    }
    return reply;
  };
}

/** The id in a path. Its parts may be percent-encoded. */
function idOf(path: string, lead: string): string {
  const part = path.slice(lead.length);
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Latency and throughput are null: they are shown to nobody in particular. */
function endpointsOf(row: ModelRow): object {
  const provider = providerOf(row);
  return {
    id: row.id,
    name: row.name,
    created: row['created'],
    description: row['description'],
    architecture: row.architecture,
    endpoints: [
      {
        name: `${provider} | ${row.id}`,
        model_id: row.id,
        model_name: row.name,
        provider_name: provider,
        tag: provider.toLowerCase().replace(/[^a-z]+/g, '-'),
        context_length: row.context_length ?? 0,
        max_prompt_tokens: null,
        max_completion_tokens: null,
        quantization: null,
        status: 0,
        supported_parameters: row.supported_parameters,
        supports_implicit_caching: false,
        supports_tool_choice: toolChoices(row.supported_parameters.includes('tool_choice')),
        pricing: row.pricing,
        uptime_last_5m: 100,
        uptime_last_30m: 99.9,
        uptime_last_1d: 99.8,
        latency_last_30m: null,
        throughput_last_30m: null,
      },
    ],
  };
}

function toolChoices(supported: boolean): object {
  return { auto: supported, function: supported, none: supported, required: supported };
}
