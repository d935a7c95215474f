# The facade: seals credentials and puts them into the inbox. It can neither read nor open anything.
# The names of the mounts (bizosaas, transit) and of the transit keys (keyturn, keyturn-fp, keyturn-anchor) are
# the defaults; provisioning puts in the configured ones.

path "transit/encrypt/keyturn" { capabilities = ["update"] }
path "transit/hmac/keyturn-fp" { capabilities = ["update"] }

# Create-only: an entry once there is beyond its reach.
path "bizosaas/data/tenants/+/inbox/+" { capabilities = ["create"] }

# To see that a put landed, and to erase an abandoned entry.
path "bizosaas/metadata/tenants/+/inbox/+" { capabilities = ["read", "list", "delete"] }
path "bizosaas/metadata/tenants/+/inbox" { capabilities = ["list"] }

# To verify the audit trail.
path "bizosaas/data/audit/anchors/+" { capabilities = ["read"] }
path "transit/keys/keyturn-anchor" { capabilities = ["read"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
