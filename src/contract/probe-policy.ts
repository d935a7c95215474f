/** What a verdict means for storing a first key and for promoting a new one (the table of the design, section 5). */
import { KeyturnError } from './errors';
import type { OperationParams } from './operations';
import type { ProbeOutcome } from './verdict';

/** Thrown when a first key must not be stored: `key_rejected`, or under strict validation `key_unverified`. */
export function assertStorable(probed: ProbeOutcome, params: OperationParams): void {
  const facts = { verdict: probed.verdict, reason: probed.reason, provider_status: probed.status };
  if (probed.verdict === 'invalid') {
    throw new KeyturnError('key_rejected', 'the provider does not accept this key', facts);
  }
  if (probed.verdict === 'inconclusive' && params.validation === 'strict') {
    throw new KeyturnError('key_unverified', 'the provider could not be asked about this key', facts);
  }
}

/** Thrown when a candidate must not replace a working key: the old key stays as it is. */
export function assertPromotable(probed: ProbeOutcome, params: OperationParams): void {
  const facts = { verdict: probed.verdict, reason: probed.reason, provider_status: probed.status };
  if (probed.verdict === 'invalid') {
    throw new KeyturnError('candidate_rejected', 'the provider does not accept the new key', facts);
  }
  if (probed.verdict === 'exhausted' && params.force !== true) {
    throw new KeyturnError(
      'candidate_exhausted',
      'the new key has no quota or credit; send force to take it',
      facts,
    );
  }
  if (probed.verdict === 'inconclusive' && probed.reason !== 'no_probe') {
    throw new KeyturnError(
      'candidate_unverified',
      'the provider could not be asked about the new key',
      facts,
    );
  }
}
