# The provisioner: mounts, transit keys, policies, roles and identity at every start. Nothing under data/.
# Who may write policies and AppRoles can give themselves more: guard its credentials like the seal key.
# The names of the mounts (bizosaas, transit) and of the transit keys (keyturn, keyturn-fp, keyturn-anchor) are
# the defaults; provisioning puts in the configured ones.

path "sys/mounts" { capabilities = ["read"] }
path "sys/mounts/bizosaas" { capabilities = ["create", "read", "update"] }
path "sys/mounts/transit" { capabilities = ["create", "read", "update"] }
path "bizosaas/config" { capabilities = ["read"] }
path "transit/config/keys" { capabilities = ["create", "read", "update"] }
path "transit/keys/+" { capabilities = ["create", "read", "update"] }

path "sys/policies/acl/keyturn-*" { capabilities = ["create", "read", "update"] }
path "sys/auth" { capabilities = ["read"] }
path "auth/approle/role/keyturn-*" { capabilities = ["create", "read", "update"] }
path "auth/token/roles/keyturn-*" { capabilities = ["create", "read", "update"] }

path "identity/oidc/config" { capabilities = ["create", "read", "update"] }
path "identity/oidc/key/keyturn" { capabilities = ["create", "read", "update"] }
path "identity/oidc/role/keyturn" { capabilities = ["create", "read", "update"] }

# Records the operation id in the vault's audit log.
path "sys/config/auditing/request-headers/x-correlation-id" { capabilities = ["create", "read", "update", "sudo"] }

# Backups: the whole store, sealed. Who may write policies could allow it to himself anyway.
path "sys/storage/raft/snapshot" { capabilities = ["read"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
