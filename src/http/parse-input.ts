/** Strict parsing: what is wrong is named by its field, and never echoed. */
import type { z } from 'zod';
import { KeyturnError } from '../contract/errors';

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
    .slice(0, 5)
    .map((issue) => ({ field: fieldOf(issue, place), reason: reasonOf(issue) }));
  const field = faults[0]?.field ?? place;
  throw new KeyturnError(
    'invalid_request',
    faults.map((fault) => `${fault.field}: ${fault.reason}`).join('; '),
    { field },
  );
}

function fieldOf(issue: z.core.$ZodIssue, place: string): string {
  const path = issue.path.map(String).join('.');
  return path === '' ? place : path;
}

/** zod's own words name types and bounds; unknown keys are the caller's text, so only their number is told. */
function reasonOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.length} unknown field(s)`;
  if (issue.code === 'invalid_format')
    return issue.format === 'regex' ? 'has characters that are not allowed' : `is not a ${issue.format}`;
  if (issue.code === 'invalid_type') return `must be ${issue.expected}`;
  if (issue.code === 'too_big' || issue.code === 'too_small')
    return issue.code === 'too_big' ? `is larger than ${issue.maximum}` : `is smaller than ${issue.minimum}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  return 'is not valid';
}
