/** Holds real answers against the OpenAPI document that the service itself gives. */
import { z } from 'zod';

/** The parts of a document the tests look at. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, OpenApiOperation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { readonly schema: object }> }
  >;
}

/** Every operation of the document with its path and method. */
export function operationsOf(
  document: OpenApi,
): { path: string; method: string; operation: OpenApiOperation }[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

/** A check of answers; its result is a list of what does not fit, empty when all does. */
export function answerChecker(document: OpenApi) {
  const $defs = relocate(document.components.schemas);
  const made = new Map<object, z.ZodType>();
  const schemaOf = (schema: object): z.ZodType => {
    const known = made.get(schema) ?? z.fromJSONSchema({ ...(relocate(schema) as object), $defs } as never);
    made.set(schema, known);
    return known;
  };
  return (answer: {
    method: string;
    path: string;
    status: number;
    contentType: string;
    body: unknown;
  }): string[] => {
    const { method, path, status, contentType, body } = answer;
    const found = operationsOf(document).find(
      (one) => one.method === method.toLowerCase() && matches(one.path, path),
    );
    if (found === undefined) return [`${method} ${path} is not in the document`];
    const response =
      found.operation.responses[status] ?? (status >= 400 ? found.operation.responses['default'] : undefined);
    if (response === undefined) return [`${method} ${path}: ${status} is not in the document`];
    const type = contentType.split(';', 1)[0] ?? '';
    const schema = response.content?.[type]?.schema;
    if (schema === undefined) return [`${method} ${path} ${status}: ${type} is not in the document`];
    const parsed = schemaOf(schema).safeParse(body);
    return parsed.success
      ? orderFaults(schemaOf(schema), body)
      : parsed.error.issues.map(
          (issue) => `${method} ${path} ${status}: ${issue.path.join('.')}: ${issue.message}`,
        );
  };
}

/** Members must come in the order of the document. */
function orderFaults(schema: z.ZodType, body: unknown): string[] {
  if (!(schema instanceof z.ZodObject) || typeof body !== 'object' || body === null) return [];
  const known = Object.keys(schema.shape).filter((name) => Object.hasOwn(body, name));
  const given = Object.keys(body).filter((name) => known.includes(name));
  return given.join() === known.join() ? [] : [`order: ${given.join()} instead of ${known.join()}`];
}

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(/[.]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path.split('?', 1)[0] ?? '');
}

/** The same schema with references that a schema on its own can follow. */
function relocate(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('#/components/schemas/', '#/$defs/'));
}
