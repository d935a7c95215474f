# The auditor: anchors and the public key that verifies them; searches the vault's own audit log by digest.
# The names of the mounts (bizosaas, transit) and of the transit keys (keyturn, keyturn-fp, keyturn-anchor) are
# the defaults; provisioning puts in the configured ones.

path "bizosaas/data/audit/anchors/+" { capabilities = ["read"] }
path "bizosaas/metadata/audit/anchors" { capabilities = ["list"] }
path "bizosaas/metadata/audit/anchors/+" { capabilities = ["read", "list"] }
path "transit/keys/keyturn-anchor" { capabilities = ["read"] }
path "sys/audit-hash/+" { capabilities = ["update"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
