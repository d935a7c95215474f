/** What a call through the gateway needs from outside. */
import type {
  CallCredential,
  FallbackReason,
  GatewayEndpoint,
  GatewayPolicy,
  UsageRecord,
} from '../contract/gateway';
import type { KeyRef } from '../contract/ids';
import type { ModelPrices } from './estimate-spend';
import type { OpenCalls } from './open-calls';
import type { SendUpstream } from './upstream';

/** What became of a reservation. Amounts are decimals in USD. */
export type Reservation =
  | { readonly granted: true; readonly spentUsd: string; readonly budgetUsd: string }
  | {
      readonly granted: false;
      readonly scope: 'tenant' | 'total';
      readonly spentUsd: string;
      readonly budgetUsd: string;
    };

/** Why a call was broken off. */
export type BrokenBy = 'client' | 'revoked' | 'upstream' | 'deadline' | 'fence' | 'shutdown';

export interface RelayPorts {
  readonly send: SendUpstream;
  readonly credentials: {
    /** Thrown: `key_not_found`, `key_revoked`, `ledger_unavailable`, `vault_unavailable`. */
    readonly choose: (ref: KeyRef) => Promise<{ credential: CallCredential; policy: GatewayPolicy }>;
    readonly reread: (ref: KeyRef, used: CallCredential) => Promise<CallCredential | null>;
    readonly fallBack: (policy: GatewayPolicy, reason: FallbackReason) => Promise<CallCredential | null>;
  };
  readonly models: {
    /** Never waits: what the list said last. */
    readonly resolve: (model: string) => {
      model: string;
      resolvedFrom: string | null;
      row: ModelPrices | null;
    };
  };
  readonly spend: {
    /** Writes the call's row with its reservation, or refuses. */
    readonly reserve: (record: UsageRecord, amountUsd: string, policy: GatewayPolicy) => Promise<Reservation>;
  };
  readonly usage: { readonly put: (record: UsageRecord) => void };
  readonly openCalls: OpenCalls;
  readonly newId: () => string;
  readonly observe: {
    readonly ended: (record: UsageRecord) => void;
    readonly brokenOff: (by: BrokenBy) => void;
    /** OpenRouter does not take the platform's key, or its account has no credit. */
    readonly platformKeyRefused: () => void;
  };
  readonly firstDataTimeoutMs: number;
}

/** A call as the route took it in. */
export interface AskedCall {
  readonly ref: KeyRef;
  readonly principal: string;
  readonly endpoint: GatewayEndpoint;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
