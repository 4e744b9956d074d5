#!/bin/sh
# Writes docker/.env with passwords made up anew, for compose.yaml; one that is there is left alone.
set -eu

file=${1:-$(dirname "$0")/.env}
[ ! -e "$file" ] || { printf '%s is there already\n' "$file" >&2; exit 1; }

# letters and digits: some of them become part of URLs
secret() {
  LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c 32
}

key=$(secret)
umask 077
{
  for name in S3_ACCESS_KEY S3_SECRET_KEY GEONODE_SECRET_KEY GEONODE_ADMIN_PASSWORD GEOSERVER_ADMIN_PASSWORD \
    OAUTH2_CLIENT_ID OAUTH2_CLIENT_SECRET ACTIVEMQ_PASSWORD POSTGIS_PASSWORD POSTGIS_GEONODE_PASSWORD \
    POSTGIS_GEODATA_PASSWORD; do
    printf '%s=%s\n' "$name" "$(secret)"
  done
  printf 'GEOSLUICE_KEY=%s\n' "$key"
  printf 'GEOSLUICE_KEY_SHA256=%s\n' "$(printf %s "$key" | sha256sum | cut -d ' ' -f 1)"
} >"$file"
printf 'wrote %s\n' "$file"
