#!/bin/sh
# In place of the postgis image's entrypoint: makes the data directory once, runs what lies in /docker-entrypoint-initdb.d, then serves.
# Nothing is synced: no test here is about a machine that loses its power.
set -eu
PATH="/usr/lib/postgresql/15/bin:$PATH"
export PATH

# restore <dump> <database> <owner>: what somebody migrated before, so that the bootstrap need not take minutes of it.
restore() {
  [ -n "$1" ] || return 0
  psql -X -q -1 -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$2" -c 'drop extension if exists postgis cascade' -f "$1" >/dev/null
  psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$2" -v owner="$3" <<'SQL' >/dev/null
select format('alter %s public.%I owner to %I',
  case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end, relname, :'owner')
from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'v', 'p')
  and not exists (select from pg_depend where objid = c.oid and deptype in ('e', 'i'))
\gexec
alter schema public owner to :"owner";
SQL
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  password=/tmp/superuser
  (umask 077; printf '%s\n' "$POSTGRES_PASSWORD" >"$password")
  initdb -D "$PGDATA" --username="$POSTGRES_USER" --pwfile="$password" --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync
  rm "$password"
  printf 'host all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -w -o "-c listen_addresses='' -c fsync=off -k /var/run/postgresql" start
  export PGHOST=/var/run/postgresql
  for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
  restore "${GEONODE_DUMP:-}" "$GEONODE_DATABASE" "$GEONODE_DATABASE_USER"
  restore "${GEODATA_DUMP:-}" "$GEONODE_GEODATABASE" "$GEONODE_GEODATABASE_USER"
  pg_ctl -D "$PGDATA" -w -m fast stop
fi
exec "$@" -D "$PGDATA" -c listen_addresses='*' -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
  -c unix_socket_directories=/var/run/postgresql
