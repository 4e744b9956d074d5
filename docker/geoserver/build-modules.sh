#!/bin/sh
# build-modules.sh <version> <folder for the zips> <module>…
# Builds GeoServer's community modules from the tag of a release, as GeoServer's documentation says.
set -eu

version=$1
zips=$2
shift 2
sources=$(mktemp -d)

git -c advice.detachedHead=false clone --quiet --depth 1 --branch "$version" \
  https://github.com/geoserver/geoserver.git "$sources"
cd "$sources/src/community"
mvn --batch-mode --no-transfer-progress -DskipTests -PcommunityRelease install
mvn --batch-mode --no-transfer-progress -DskipTests -PcommunityRelease,assembly install
for module in "$@"; do
  find "$sources/src/community/target" -name "geoserver-$version-$module-plugin.zip" -exec cp {} "$zips/" \;
  [ -f "$zips/geoserver-$version-$module-plugin.zip" ] || {
    printf 'build-modules: the build made no %s\n' "$module" >&2
    exit 1
  }
done
rm -rf "$sources"
