/** What activities need from outside. */
import type { Client } from '@temporalio/client';
import type { PlainFields } from '../src/contract/keys';
import type { ProbeOutcome } from '../src/contract/verdict';
import type { Ledger } from '../src/ledger/ledger';
import type { VaultClient } from '../src/vault/vault-client';

export interface ActivityPorts {
  readonly ledger: Ledger;
  /** Logged in with the worker's role. */
  readonly vault: VaultClient;
  readonly temporal: Client;
  /** Asks the provider; never throws for what the provider or the network does. */
  readonly probe: (request: {
    serviceId: string;
    fields: PlainFields;
    signal: AbortSignal;
  }) => Promise<ProbeOutcome>;
  /** Seconds a new key of the service may take to be known everywhere at its provider. */
  readonly propagationSeconds: (serviceId: string) => number;
}
