#!/bin/sh
# check-modules.sh <WEB-INF/lib> <folder of jars to add> <wanted module>…
# Refuses jars of GeoServer that are of another version than the server's, and a folder that lacks a wanted module.
set -eu

lib=$1
added=$2
shift 2

fail() {
  printf 'check-modules: %s\n' "$1" >&2
  exit 1
}

# gs-main-2.28.4.jar → 2.28.4; the version begins at the first hyphen that a digit follows
version_of() {
  basename "$1" .jar | sed -n 's/^[a-z0-9_]*\(-[A-Za-z][A-Za-z0-9_]*\)*-\([0-9].*\)$/\2/p'
}

# What the jar itself says it is, or nothing; lines of a manifest end in CRLF.
manifest_version() {
  unzip -p "$1" META-INF/MANIFEST.MF 2>/dev/null | tr -d '\r' | sed -n 's/^Project-Version: *//p' | head -n 1
}

command -v unzip >/dev/null || fail 'unzip is missing'
server=
for jar in "$lib"/gs-main-[0-9]*.jar; do
  [ -f "$jar" ] || fail "$lib holds no gs-main: is this a GeoServer?"
  [ -z "$server" ] || fail "$lib holds more than one gs-main"
  server=$(version_of "$jar")
done

wrong=0
for jar in "$added"/gs-*.jar; do
  [ -f "$jar" ] || fail "$added holds no module of GeoServer"
  by_name=$(version_of "$jar")
  by_manifest=$(manifest_version "$jar")
  if [ "$by_name" != "$server" ] || [ "${by_manifest:-$server}" != "$server" ]; then
    printf 'check-modules: %s is of version %s, GeoServer is %s\n' "$(basename "$jar")" \
      "$by_name${by_manifest:+ (its manifest: $by_manifest)}" "$server" >&2
    wrong=1
  fi
done
[ "$wrong" = 0 ] || fail 'modules must be of exactly the version of GeoServer'

for module in "$@"; do
  found=
  for jar in "$added/$module"-*.jar; do
    [ ! -f "$jar" ] || found=yes
  done
  [ -n "$found" ] || fail "no $module among the modules"
done
printf 'check-modules: all modules are of GeoServer %s\n' "$server"
