#!/bin/sh
# Makes or upgrades Temporal's schema in the databases of deploy/postgres/create-databases.sh. Safe to repeat.
# Connection by SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and SQL_PLUGIN.
set -eu
for database in temporal:temporal temporal_visibility:visibility; do
  name=${database%%:*}
  versions=/etc/temporal/schema/postgresql/v12/${database##*:}/versioned
  temporal-sql-tool --database "$name" setup-schema --version 0.0
  temporal-sql-tool --database "$name" update-schema --schema-dir "$versions"
done
