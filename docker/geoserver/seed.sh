#!/bin/sh
# Fills a data directory that holds no catalog with what the image brings; one that holds one is left as it is.
set -eu

target=${GEOSERVER_DATA_DIR:?GEOSERVER_DATA_DIR is missing}
source=${GEOSERVER_SEED_DIR:-/opt/geosluice/data}

[ ! -f "$target/global.xml" ] || exit 0
[ -f "$source/global.xml" ] || exit 0
mkdir -p "$target"
# global.xml last: a copy that was cut short is done again
for entry in "$source"/* "$source"/.[!.]*; do
  case $entry in
  */global.xml) continue ;;
  esac
  [ ! -e "$entry" ] || cp -R "$entry" "$target/"
done
cp "$source/global.xml" "$target/.global.xml.$$"
mv "$target/.global.xml.$$" "$target/global.xml"
printf 'geosluice: %s filled with the data directory of the image\n' "$target" >&2
