/** From a request's `api_keys` to the credential of a service, checked field by field. */
import type { PlainFields } from '../contract/keys';
import { findService, parseServiceId } from '../providers/catalog';
import { hintOf, parseFields, warningsOf } from '../providers/parse-fields';

export interface FoundFields {
  /** The service's own id, also when the request used an alias. */
  readonly serviceId: string;
  readonly fields: PlainFields;
  readonly hint: string | null;
  readonly warnings: readonly string[];
}

/** Thrown: `unknown_service`, or `invalid_fields` naming the field. */
export function findFields(serviceIdOrAlias: string, raw: unknown): FoundFields {
  const serviceId = parseServiceId(serviceIdOrAlias);
  const entry = findService(serviceId);
  if (entry === undefined) throw new Error('a parsed service id is in the catalogue');
  const fields = parseFields(entry, raw);
  return { serviceId, fields, hint: hintOf(entry, fields), warnings: warningsOf(entry, fields) };
}
