/** The configuration file of the embedded OpenBao. */
import { LOOPBACK } from './choose-port';

export interface VaultPorts {
  readonly api: number;
  readonly cluster: number;
}

export interface VaultFiles {
  readonly raftDirectory: string;
  /** 32 random bytes: whoever has them and the raft folder has every secret. */
  readonly sealKeyFile: string;
  /** Relative to the working directory of the server, which is the home. */
  readonly auditLogFile: string;
  readonly provisionerPolicyFile: string;
}

/** Environment variables the self-initialisation reads at the first start. */
export const FIRST_START_ENV = {
  roleId: 'KEYTURN_PROVISIONER_ROLE_ID',
  secretId: 'KEYTURN_PROVISIONER_SECRET_ID',
} as const;

export const PROVISIONER = 'keyturn-provisioner';

/**
 * The audit stanza must stay the same over the life of the store: OpenBao refuses to start when the path of a
 * declared device changes, also in a restored store. Hence a relative path.
 */
export function vaultConfig(options: { files: VaultFiles; ports: VaultPorts }): string {
  const { files, ports } = options;
  return `# Written by Keyturn at every start.
storage "raft" {
  path    = ${quote(files.raftDirectory)}
  node_id = "embedded"
  # One node on loopback: no election takes long. The default makes the first start take 7 s instead of 2.
  performance_multiplier = "1"
}

listener "tcp" {
  # Loopback only, hence without TLS.
  address         = "${LOOPBACK}:${ports.api}"
  cluster_address = "${LOOPBACK}:${ports.cluster}"
  tls_disable     = true
}

api_addr     = "http://${LOOPBACK}:${ports.api}"
cluster_addr = "https://${LOOPBACK}:${ports.cluster}"
ui           = false

seal "static" {
  current_key_id = "keyturn-1"
  current_key    = ${quote(`file://${files.sealKeyFile}`)}
}

audit "file" "main" {
  description = "every request and reply, values hashed"
  options {
    file_path = ${quote(files.auditLogFile)}
    mode      = "0600"
  }
}

${selfInitialisation(files)}`;
}

/** Runs once, on an empty store; the root token it uses is revoked at its end. Everything else is provisioned later. */
function selfInitialisation(files: VaultFiles): string {
  return `initialize "keyturn" {
  request "approle" {
    operation = "update"
    path      = "sys/auth/approle"
    data      = { type = "approle" }
  }
  request "policy" {
    operation = "update"
    path      = "sys/policies/acl/${PROVISIONER}"
    data = {
      policy = {
        eval_type   = "string"
        eval_source = "file"
        path        = ${quote(files.provisionerPolicyFile)}
      }
    }
  }
  request "role" {
    operation = "update"
    path      = "auth/approle/role/${PROVISIONER}"
    data = {
      token_policies        = ["${PROVISIONER}"]
      token_ttl             = "10m"
      token_max_ttl         = "30m"
      secret_id_bound_cidrs = ["${LOOPBACK}/32"]
      token_bound_cidrs     = ["${LOOPBACK}/32"]
    }
  }
  request "role-id" {
    operation = "update"
    path      = "auth/approle/role/${PROVISIONER}/role-id"
    data      = { role_id = ${fromEnvironment(FIRST_START_ENV.roleId)} }
  }
  request "secret-id" {
    operation = "update"
    path      = "auth/approle/role/${PROVISIONER}/custom-secret-id"
    data      = { secret_id = ${fromEnvironment(FIRST_START_ENV.secretId)} }
  }
}
`;
}

function fromEnvironment(variable: string): string {
  return `{
      eval_type   = "string"
      eval_source = "env"
      env_var     = "${variable}"
    }`;
}

/** HCL strings are JSON strings, but for templates. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll('${', '$${');
}
