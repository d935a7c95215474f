#!/bin/sh
# Makes the secrets of docker-compose.yml, once: passwords into .env, the vault's files into deploy/secrets/.
# Never overwrites: without the seal key nothing in the vault can be read again. Keep a copy of it elsewhere.
set -eu
umask 077
cd "$(dirname "$0")/.."

mkdir -p deploy/secrets
chmod 0700 deploy/secrets
touch .env
chmod 0600 .env

random_hex() {
  od -An -v -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# A container's user is not ours, so the files are readable; the folder around them is closed.
make_file() {
  if [ -e "deploy/secrets/$1" ]; then
    echo "deploy/secrets/$1 is there already: kept"
    return
  fi
  cat > "deploy/secrets/$1.next"
  chmod 0444 "deploy/secrets/$1.next"
  mv "deploy/secrets/$1.next" "deploy/secrets/$1"
  echo "deploy/secrets/$1 made"
}

make_password() {
  if grep -q "^$1=" .env; then
    echo "$1 is in .env already: kept"
    return
  fi
  echo "$1=$(random_hex 24)" >> .env
  echo "$1 added to .env"
}

head -c 32 /dev/urandom | make_file seal-key
random_hex 24 | make_file provisioner-secret-id
make_password POSTGRES_PASSWORD
make_password KEYTURN_DB_PASSWORD
make_password TEMPORAL_DB_PASSWORD
