#!/bin/sh
# In place of the postgis image's entrypoint: makes the data directory once, runs what lies in /docker-entrypoint-initdb.d, then serves.
# Nothing is synced: no test here is about a machine that loses its power.
set -eu
PATH="/usr/lib/postgresql/15/bin:$PATH"
export PATH
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
  # a database that somebody migrated before, so that the bootstrap need not take minutes of it
  if [ -n "${GEONODE_DUMP:-}" ]; then
    psql -X -q -1 -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$GEONODE_DATABASE" -c 'drop extension if exists postgis cascade' \
      -f "$GEONODE_DUMP" >/dev/null
    psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$GEONODE_DATABASE" -v owner="$GEONODE_DATABASE_USER" <<'SQL' >/dev/null
select format('alter %s public.%I owner to %I',
  case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end, relname, :'owner')
from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'S', 'v', 'p')
  and not exists (select from pg_depend where objid = c.oid and deptype in ('e', 'i'))
\gexec
alter schema public owner to :"owner";
SQL
  fi
  pg_ctl -D "$PGDATA" -w -m fast stop
fi
exec "$@" -D "$PGDATA" -c listen_addresses='*' -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
  -c unix_socket_directories=/var/run/postgresql
