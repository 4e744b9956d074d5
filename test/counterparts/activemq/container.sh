#!/bin/sh
# Stands for the image's java: the broker as it is configured, with STOMP beside OpenWire on each of its ports.
# GeoServer's stand-in speaks STOMP; the broker tells the two apart by a connection's first bytes.
set -eu

edited=${TMPDIR:-/tmp}/activemq-with-stomp.xml
left=$#
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  case $word in
    xbean:file:*)
      sed 's|uri="tcp://|uri="auto://|; s|uri="nio://|uri="auto+nio://|' "${word#xbean:file:}" >"$edited"
      word=xbean:file:$edited
      ;;
  esac
  set -- "$@" "$word"
  left=$((left - 1))
done
# a share of this machine's memory would be far more than a container's
exec "$JAVA_AS_SHIPPED" -Xmx256m "$@"
