/** One native connection a process: shared by worker and client it allows eager starts. */
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { KeyturnError } from '../contract/errors';
import { within } from './within';

/** Where Temporal is and who we are there. */
export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey?: string;
  readonly tls?:
    { readonly serverCaPath?: string; readonly certPath?: string; readonly keyPath?: string } | true;
  /** Address of the Web UI, for links; null when there is none. */
  readonly uiUrl: string | null;
}

export interface Temporal {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly settings: TemporalSettings;
}

/** Thrown when the server does not answer or refuses us: `temporal_unavailable`, naming the address. */
export async function connectTemporal(
  settings: TemporalSettings,
  tls: { serverCa?: Buffer; cert?: Buffer; key?: Buffer } | boolean,
): Promise<Temporal> {
  try {
    const connection = await NativeConnection.connect({
      address: settings.address,
      ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
      ...(tls === false ? {} : { tls: tls === true ? true : tlsOptions(tls) }),
    });
    const client = new Client({ connection, namespace: settings.namespace, identity: 'keyturn' });
    return { connection, client, settings };
  } catch (cause) {
    throw new KeyturnError(
      'temporal_unavailable',
      `no Temporal server answers at ${settings.address}; check TEMPORAL_ADDRESS and its TLS settings`,
      { address: settings.address },
      { cause },
    );
  }
}

/** GRPC status NOT_FOUND. */
const NOT_FOUND = 5;
const ASK_MS = 5_000;

/** Thrown when the namespace does not exist, or may not be seen: names the settings. */
export async function assertNamespace({ client, connection, settings }: Temporal): Promise<void> {
  const { address, namespace } = settings;
  try {
    await within(client, ASK_MS, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    const problem =
      (error as { code?: unknown }).code === NOT_FOUND
        ? `has no namespace ${namespace}; make it, or correct TEMPORAL_NAMESPACE`
        : `does not let us see the namespace ${namespace}; check TEMPORAL_NAMESPACE and TEMPORAL_API_KEY or the TLS settings`;
    throw new KeyturnError('temporal_unavailable', `Temporal at ${address} ${problem}`, {
      address,
      namespace,
    });
  }
}

/** Thrown when Temporal does not answer in time: `temporal_unavailable`. */
export async function pingTemporal(temporal: Temporal, timeoutMs: number): Promise<{ latencyMs: number }> {
  const startedMs = performance.now();
  try {
    const { client, connection, settings } = temporal;
    await within(client, timeoutMs, () =>
      connection.workflowService.describeNamespace({ namespace: settings.namespace }),
    );
    return { latencyMs: performance.now() - startedMs };
  } catch (cause) {
    throw new KeyturnError('temporal_unavailable', 'Temporal does not answer', {}, { cause });
  }
}

/** The Web UI's page of a workflow; null without a UI. */
export function workflowLink(
  settings: TemporalSettings,
  workflowId: string,
  runId: string | null,
): string | null {
  if (settings.uiUrl === null) return null;
  const base = `${settings.uiUrl}/namespaces/${settings.namespace}/workflows/${encodeURIComponent(workflowId)}`;
  return runId === null ? base : `${base}/${runId}/history`;
}

function tlsOptions(tls: { serverCa?: Buffer; cert?: Buffer; key?: Buffer }) {
  return {
    ...(tls.serverCa === undefined ? {} : { serverRootCACertificate: tls.serverCa }),
    ...(tls.cert === undefined || tls.key === undefined
      ? {}
      : { clientCertPair: { crt: tls.cert, key: tls.key } }),
  };
}
