/** Strict parsing: what is wrong is named by its field, and never echoed. */
import type { z } from 'zod';
import { KeyturnError } from '../contract/errors';

/** What may be quoted of a name the caller chose: a credential pasted in its place must not come back. */
const QUOTABLE_NAME = /^[a-z][a-z_]{0,31}$/;
const MAX_FAULTS = 5;

/** Thrown when the input does not fit: `invalid_request` with the first faults, each a field and a reason. */
export function parseInput<T extends z.ZodType>(
  schema: T | undefined,
  input: unknown,
  place: string,
): z.output<T> {
  if (schema === undefined) return undefined as z.output<T>;
  const parsed = schema.safeParse(input ?? {}, { reportInput: false });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, MAX_FAULTS)
    .map((issue) => ({ field: fieldOf(issue, place), reason: reasonOf(issue, input) }));
  const field = faults[0]?.field ?? place;
  throw new KeyturnError(
    'invalid_request',
    faults.map((fault) => `${fault.field}: ${fault.reason}`).join('; '),
    { field },
  );
}

function fieldOf(issue: z.core.$ZodIssue, place: string): string {
  const unknown = issue.code === 'unrecognized_keys' && issue.keys.length === 1 ? issue.keys : [];
  const path = [...issue.path, ...unknown].map(String);
  // A name that cannot be quoted ends the path: its parent is as near as an answer may point.
  const end = path.findIndex((part) => !QUOTABLE_NAME.test(part));
  const quoted = (end === -1 ? path : path.slice(0, end)).join('.');
  return quoted === '' ? place : quoted;
}

/** zod's own words name types and bounds; unknown keys are the caller's text, so only their number is told. */
function reasonOf(issue: z.core.$ZodIssue, input: unknown): string {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.length === 1 ? 'is not known here' : `has ${issue.keys.length} unknown fields`;
  if (issue.code === 'invalid_format')
    return issue.format === 'regex' ? 'has characters that are not allowed' : `is not a ${issue.format}`;
  if (issue.code === 'invalid_type')
    return valueAt(input, issue.path) === undefined ? 'is missing' : `must be ${issue.expected}`;
  if (issue.code === 'invalid_key') return 'holds a name that is not allowed';
  if (issue.code === 'too_big') return `is larger than ${issue.maximum}`;
  if (issue.code === 'too_small') return `is smaller than ${issue.minimum}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return 'is not valid';
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part)
        ? (value as Record<PropertyKey, unknown>)[part]
        : undefined,
    input,
  );
}
