#!/bin/sh
# fetch-modules.sh <folder of zips> <version> <url or nothing> <module>…
# Fetches the zips that are not in the folder yet. Without a url, all of them must be there.
set -eu

zips=$1
version=$2
url=$3
shift 3

for module in "$@"; do
  file=geoserver-$version-$module-plugin.zip
  if [ -f "$zips/$file" ]; then
    printf 'fetch-modules: %s is there\n' "$file"
  elif [ -n "$url" ]; then
    printf 'fetch-modules: %s/%s\n' "$url" "$file"
    curl --fail --silent --show-error --location --retry 3 --output "$zips/$file.part" "$url/$file"
    mv "$zips/$file.part" "$zips/$file"
  else
    printf 'fetch-modules: put %s into docker/geoserver/modules/ or name MODULES_URL\n' "$file" >&2
    exit 1
  fi
done
