#!/bin/sh
# Makes GeoNode's two databases and their users, on an empty data directory: the image runs what it finds in /docker-entrypoint-initdb.d
# once. Passwords reach psql by its variables, which quote them.
set -eu

# make_database <name> <user> <password>
make_database() {
  psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres \
    -v name="$1" -v user="$2" -v password="$3" <<'SQL'
CREATE ROLE :"user" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"user";
SQL
  psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname "$1" <<'SQL'
CREATE EXTENSION IF NOT EXISTS postgis;
SQL
}

make_database "$GEONODE_DATABASE" "$GEONODE_DATABASE_USER" "$GEONODE_DATABASE_PASSWORD"
make_database "$GEONODE_GEODATABASE" "$GEONODE_GEODATABASE_USER" "$GEONODE_GEODATABASE_PASSWORD"
