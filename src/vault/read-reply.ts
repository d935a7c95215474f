/** Picks what is needed out of the vault's JSON, without trusting its shape. */
import { KeyturnError } from '../contract/errors';

export type JsonObject = Readonly<Record<string, unknown>>;

/** `value` when it is a JSON object, else an empty one. */
export function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The `data` of a reply. */
export function dataOf(body: unknown): JsonObject {
  return objectOf(objectOf(body)['data']);
}

/** Thrown when the field is not there: `vault_unavailable`, for no vault answers so. */
export function stringAt(data: JsonObject, field: string): string {
  const value = data[field];
  if (typeof value !== 'string') throw unexpected(field);
  return value;
}

/** Thrown when the field is not there: `vault_unavailable`, for no vault answers so. */
export function numberAt(data: JsonObject, field: string): number {
  const value = data[field];
  if (typeof value !== 'number') throw unexpected(field);
  return value;
}

function unexpected(field: string): KeyturnError {
  return new KeyturnError('vault_unavailable', `The vault's reply lacks ${field}`, { field });
}
