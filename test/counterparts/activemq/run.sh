#!/bin/sh
# Runs an installed ActiveMQ as the process of a container of apache/activemq-classic: login and data folder as there.
# Usage: run.sh <java> <home of ActiveMQ>
set -eu

java=$1
home=$2
conf=$(cd "$(dirname "$0")" && pwd)
data=${ACTIVEMQ_DATA:-/opt/apache-activemq/data}
: "${ACTIVEMQ_CONNECTION_USER:?is not set}" "${ACTIVEMQ_CONNECTION_PASSWORD:?is not set}"
mkdir -p "$data"

# the caller's options last, so that they win
# shellcheck disable=SC2086
exec "$java" -Xms32m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
  -Dlog4j2.configurationFile="file:$conf/log4j2.properties" \
  -Djava.io.tmpdir="$data" -Djava.net.preferIPv4Stack=true \
  -Dactivemq.home="$home" -Dactivemq.base="$home" -Dactivemq.conf="$conf" -Dactivemq.data="$data" \
  -Dactivemq.port="${ACTIVEMQ_PORT:-61616}" \
  ${ACTIVEMQ_OPTS:-} -jar "$home/bin/activemq.jar" start "xbean:file:$conf/activemq.xml"
