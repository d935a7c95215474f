/**
 * Every branch of every workflow, with how its run ends: the outcome it returned, the code it failed with, or
 * `canceled`. A branch without a history in test/histories fails the replay suite; so does a history of none.
 */
export const REQUIRED_BRANCHES = {
  'generateKeys.stored': 'stored',
  'generateKeys.unchanged': 'unchanged',
  'generateKeys.rejected': 'key_rejected',
  'generateKeys.key-exists': 'key_exists',
  'generateKeys.unverified-strict': 'key_unverified',
  'generateKeys.inconclusive-stored': 'stored',
  'generateKeys.skip': 'stored',
  'generateKeys.cancelled': 'cancelled',
  'generateKeys.revoked-while-probing': 'key_revoked',
  'generateKeys.fenced-before-store': 'key_revoked',

  'validateKey.supplied': 'valid',
  'validateKey.stored': 'valid',
  'validateKey.inconclusive': 'inconclusive',
  'validateKey.cancelled': 'cancelled',

  'rotateKey.promoted': 'promoted',
  'rotateKey.grace-0': 'promoted',
  'rotateKey.superseding': 'promoted',
  'rotateKey.no-probe': 'promoted',
  'rotateKey.candidate-rejected': 'candidate_rejected',
  'rotateKey.candidate-exhausted': 'candidate_exhausted',
  'rotateKey.candidate-unverified': 'candidate_unverified',
  'rotateKey.same-key': 'same_key',
  'rotateKey.different-account': 'different_account',
  'rotateKey.fewer-scopes': 'fewer_scopes',
  'rotateKey.cancelled-before-promotion': 'cancelled',
  'rotateKey.cancelled-too-late': 'promoted',
  'rotateKey.fenced-before-promotion': 'key_revoked',

  'retireKey.by-time': 'retired',
  'retireKey.at-once': 'retired',
  'retireKey.finish': 'retired',
  'retireKey.rollback': 'rolled_back',
  'retireKey.rollback-no-probe': 'rolled_back',
  'retireKey.rollback-refused': 'retired',
  'retireKey.hurried-by-supersede': 'retired',
  'retireKey.cancelled-by-revoke': 'canceled',
  'retireKey.cancelled-while-deciding': 'canceled',

  'revokeKey.active': 'revoked',
  'revokeKey.grace': 'revoked',
  'revokeKey.pending': 'revoked',
  'revokeKey.new-life-began': 'revoked',

  'closeOperation.abandoned': 'abandoned',
  'closeOperation.landed': 'stored',
  'closeOperation.landed-rotation': 'promoted',
} as const;

export type Branch = keyof typeof REQUIRED_BRANCHES;
