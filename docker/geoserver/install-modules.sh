#!/bin/sh
# install-modules.sh <WEB-INF/lib> <folder of zips> <wanted module>…
# Unpacks the modules, checks them, and adds those jars that the server has not got.
set -eu

here=$(dirname "$0")
lib=$1
zips=$2
shift 2
jars=$(mktemp -d)
trap 'rm -rf "$jars"' EXIT

for zip in "$zips"/*.zip; do
  [ -f "$zip" ] || { printf 'install-modules: no zip in %s\n' "$zips" >&2; exit 1; }
  # several modules bring the same library
  unzip -q -o "$zip" '*.jar' -d "$jars"
done
"$here/check-modules.sh" "$lib" "$jars" "$@"

name_of() {
  basename "$1" .jar | sed 's/-[0-9].*$//'
}

for jar in "$jars"/*.jar; do
  name=$(name_of "$jar")
  present=
  for other in "$lib/$name"-[0-9]*.jar; do
    [ ! -f "$other" ] || present=$other
  done
  if [ -z "$present" ]; then
    cp "$jar" "$lib/"
    printf 'install-modules: %s\n' "$(basename "$jar")"
  elif [ "$(basename "$present")" != "$(basename "$jar")" ]; then
    # two versions of a library in one class path are worse than the server's own
    printf 'install-modules: %s stays, not %s\n' "$(basename "$present")" "$(basename "$jar")"
  fi
done
