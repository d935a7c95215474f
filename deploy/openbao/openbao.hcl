# OpenBao of docker-compose.yml: one node, raft storage, unsealed by a key file, initialised at its first start.
# For more than one node or host: TLS on the listener, retry_join in the storage, and a seal in a KMS or HSM.

storage "raft" {
  path    = "/openbao/file"
  node_id = "openbao"
  # The default is for very small machines, and slow to elect.
  performance_multiplier = "1"
}

listener "tcp" {
  # Only the compose network reaches it, on one host.
  address         = "0.0.0.0:8200"
  cluster_address = "127.0.0.1:8201"
  tls_disable     = true
}

api_addr     = "http://openbao:8200"
cluster_addr = "https://127.0.0.1:8201"
ui           = false

seal "static" {
  current_key_id = "keyturn-1"
  current_key    = "file:///run/secrets/seal-key"
}

# No request is answered that could not be written here. Its path must stay: OpenBao refuses to start with another.
audit "file" "main" {
  description = "every request and reply, values hashed"
  options {
    file_path = "/openbao/logs/audit.log"
    mode      = "0600"
  }
}

# Runs once, on an empty store, with a root token that is revoked at its end. `keyturn setup` does the rest as the
# provisioner, at every release.
initialize "keyturn" {
  request "approle" {
    operation = "update"
    path      = "sys/auth/approle"
    data      = { type = "approle" }
  }
  request "policy" {
    operation = "update"
    path      = "sys/policies/acl/keyturn-provisioner"
    data = {
      policy = {
        eval_type   = "string"
        eval_source = "file"
        path        = "/openbao/policies/keyturn-provisioner.hcl"
      }
    }
  }
  request "role" {
    operation = "update"
    path      = "auth/approle/role/keyturn-provisioner"
    data = {
      token_policies = ["keyturn-provisioner"]
      token_ttl      = "10m"
      token_max_ttl  = "30m"
    }
  }
  request "role-id" {
    operation = "update"
    path      = "auth/approle/role/keyturn-provisioner/role-id"
    data      = { role_id = "keyturn-provisioner" }
  }
  request "secret-id" {
    operation = "update"
    path      = "auth/approle/role/keyturn-provisioner/custom-secret-id"
    data = {
      secret_id = {
        eval_type   = "string"
        eval_source = "file"
        path        = "/run/secrets/provisioner-secret-id"
      }
    }
  }
}
