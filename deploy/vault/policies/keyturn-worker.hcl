# The worker: opens, promotes, retires and destroys keys; signs and creates anchors.
# The names of the mounts (bizosaas, transit) and of the transit keys (keyturn, keyturn-fp, keyturn-anchor) are
# the defaults; provisioning puts in the configured ones.

path "transit/encrypt/keyturn" { capabilities = ["update"] }
path "transit/decrypt/keyturn" { capabilities = ["update"] }
path "transit/hmac/keyturn-fp" { capabilities = ["update"] }
path "transit/sign/keyturn-anchor" { capabilities = ["update"] }
# The public key, for signatures that verify without the vault.
path "transit/keys/keyturn-anchor" { capabilities = ["read"] }

path "bizosaas/data/tenants/+/api-keys/*" { capabilities = ["create", "read", "update"] }
path "bizosaas/metadata/tenants/+/api-keys/*" { capabilities = ["read", "list"] }
path "bizosaas/destroy/tenants/+/api-keys/*" { capabilities = ["update"] }
path "bizosaas/metadata/tenants/+/api-keys" { capabilities = ["list"] }
path "bizosaas/metadata/tenants" { capabilities = ["list"] }

# Reads what waits, and erases it with all versions.
path "bizosaas/data/tenants/+/inbox/+" { capabilities = ["read"] }
path "bizosaas/metadata/tenants/+/inbox/+" { capabilities = ["read", "list", "delete"] }
path "bizosaas/metadata/tenants/+/inbox" { capabilities = ["list"] }

# Anchors are never changed and never removed.
path "bizosaas/data/audit/anchors/+" { capabilities = ["create", "read"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
