#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: an owner and database for the ledger, another for Temporal.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=keyturn_password="$KEYTURN_DB_PASSWORD" --set=temporal_password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role keyturn login password :'keyturn_password';
create database keyturn owner keyturn;
create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database keyturn, temporal, temporal_visibility from public;
SQL
