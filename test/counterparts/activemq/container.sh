#!/bin/sh
# Stands for bin/activemq of the image: the broker as it is configured, with STOMP beside OpenWire on each of its ports.
# GeoServer's stand-in speaks STOMP; the broker tells the two apart by a connection's first bytes.
set -eu

task=${1:-console}
config=${2:-xbean:file:${ACTIVEMQ_CONF:-$ACTIVEMQ_HOME/conf}/activemq.xml}
edited=${ACTIVEMQ_TMP:-/tmp}/activemq-with-stomp.xml
sed 's|uri="tcp://|uri="auto://|; s|uri="nio://|uri="auto+nio://|' "${config#xbean:file:}" >"$edited"
exec "$ACTIVEMQ_AS_SHIPPED" "$task" "xbean:file:$edited"
