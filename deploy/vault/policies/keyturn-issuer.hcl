# The issuer of identity tokens: makes the entity a token speaks for, and a short-lived bearer that may do nothing
# but ask for that token.

path "identity/entity/name/keyturn-*" { capabilities = ["create", "read", "update"] }
path "identity/entity-alias" { capabilities = ["create", "update"] }
# Where the accessor of the token method is told.
path "sys/auth" { capabilities = ["read"] }
path "auth/token/create/keyturn-bearer" { capabilities = ["create", "update"] }

# Its own token.
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
