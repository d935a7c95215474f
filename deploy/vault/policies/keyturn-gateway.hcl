# The gateway: opens stored keys to send requests through them. It writes nothing.
# The names of the mounts (bizosaas, transit) and of the transit keys (keyturn, keyturn-fp, keyturn-anchor) are
# the defaults; provisioning puts in the configured ones.

path "transit/decrypt/keyturn" { capabilities = ["update"] }
path "bizosaas/data/tenants/+/api-keys/*" { capabilities = ["read"] }

# The platform's own key, for tenants without one.
path "bizosaas/data/platform/openrouter-api-key" { capabilities = ["read"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
