/** All ports of the three servers together. */
import { choosePort, findFreePort } from './choose-port';
import type { Home } from './home';

/** What a user set; absent: the last run's port, else the default. 0: any free port. */
export interface EmbeddedPortSettings {
  /** KEYTURN_TEMPORAL_PORT, default 7233. */
  readonly temporal?: number | undefined;
  /** KEYTURN_TEMPORAL_UI_PORT, default 8233. */
  readonly temporalUi?: number | undefined;
  /** KEYTURN_VAULT_PORT, default 8200. */
  readonly vault?: number | undefined;
  /** KEYTURN_POSTGRES_PORT, default 5433. */
  readonly postgres?: number | undefined;
}

interface PortOptions {
  readonly ports?: EmbeddedPortSettings;
  /** When given, no PostgreSQL is started and none needs a port. */
  readonly databaseUrl?: string | undefined;
  readonly log: (line: string) => void;
}

const PORTS = {
  temporal: { what: 'Temporal', variable: 'KEYTURN_TEMPORAL_PORT', fallback: 7233 },
  temporalUi: { what: "Temporal's Web UI", variable: 'KEYTURN_TEMPORAL_UI_PORT', fallback: 8233 },
  vault: { what: 'OpenBao', variable: 'KEYTURN_VAULT_PORT', fallback: 8200 },
  postgres: { what: 'PostgreSQL', variable: 'KEYTURN_POSTGRES_PORT', fallback: 5433 },
} as const;

export type StackPorts = Record<keyof typeof PORTS, number> &
  Record<'temporalHttp' | 'temporalMetrics' | 'vaultCluster', number>;

/** Chooses all ports of a start, and notes them in the home for the next one. Thrown as {@link choosePort} throws. */
export async function chooseStackPorts(home: Home, options: PortOptions): Promise<StackPorts> {
  const recorded = home.ports();
  const promised = new Set<number>();
  const chosen: Record<string, number> = {};
  for (const [key, { what, variable, fallback }] of Object.entries(PORTS)) {
    if (key === 'postgres' && options.databaseUrl !== undefined) continue;
    const explicit = options.ports?.[key as keyof typeof PORTS];
    const choice = {
      what,
      variable,
      fallback,
      explicit,
      recorded: recorded[key],
      promised,
      log: options.log,
    };
    chosen[key] = await choosePort(choice);
    promised.add(chosen[key]);
  }
  // Nobody connects to these from outside, so any free port will do.
  for (const key of ['temporalHttp', 'temporalMetrics', 'vaultCluster']) {
    chosen[key] = await findFreePort(promised);
    promised.add(chosen[key]);
  }
  home.recordPorts({ ...recorded, ...chosen });
  return chosen as StackPorts;
}
