# The operator: sees sealed records and metadata, can open none; writes tombstones when all else is down.
# The names of the mounts (bizosaas, transit) and of the transit keys (keyturn, keyturn-fp, keyturn-anchor) are
# the defaults; provisioning puts in the configured ones.

path "bizosaas/data/tenants/+/api-keys/*" { capabilities = ["create", "read", "update"] }
path "bizosaas/metadata/tenants/+/api-keys/*" { capabilities = ["read", "list"] }
path "bizosaas/metadata/tenants/+/api-keys" { capabilities = ["list"] }
path "bizosaas/metadata/tenants" { capabilities = ["list"] }
# What a revocation leaves behind is destroyed with it.
path "bizosaas/destroy/tenants/+/api-keys/*" { capabilities = ["update"] }

path "bizosaas/metadata/tenants/+/inbox/+" { capabilities = ["read", "list"] }
path "bizosaas/metadata/tenants/+/inbox" { capabilities = ["list"] }

path "bizosaas/data/audit/anchors/+" { capabilities = ["read"] }
path "transit/keys/keyturn-anchor" { capabilities = ["read"] }

# Secrets of the platform itself: written, seen to be there, removed; never read.
path "bizosaas/data/platform/+" { capabilities = ["create", "update"] }
path "bizosaas/metadata/platform/+" { capabilities = ["read", "delete"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
