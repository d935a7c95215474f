# What the issuer's bearer may do: read the identity token of its own entity. The bearer lives a minute.

path "identity/oidc/token/keyturn" { capabilities = ["read"] }
