#!/bin/sh
# Writes cluster.properties, s3.properties and GeoFence's data source from the environment, then runs what follows.
# README.md beside this file lists the names. No secret is ever printed or given to a program as an argument.
set -eu

here=$(dirname "$0")
# shellcheck source=docker/geoserver/properties.sh
. "$here/properties.sh"

fail() {
  printf 'geosluice: %s\n' "$1" >&2
  exit 1
}

say() {
  printf 'geosluice: %s\n' "$1" >&2
}

# The value of NAME, or what the file says that NAME_FILE names.
secret() {
  eval "given=\${$1:-} file=\${$1_FILE:-}"
  [ -z "$file" ] && { printf '%s' "$given"; return; }
  [ -z "$given" ] || fail "$1 and $1_FILE are both given"
  { [ -r "$file" ] && [ ! -d "$file" ]; } || fail "$1_FILE names $file, which cannot be read"
  cat "$file"
}

# Paths go to Java by CATALINA_OPTS, which the server's start script evaluates.
plain_path() {
  case $2 in
  /*) ;;
  *) fail "$1 must be an absolute path" ;;
  esac
  case $2 in
  *[!A-Za-z0-9._/-]*) fail "$1 may hold A-Z a-z 0-9 . _ / - only" ;;
  esac
}

add_java_option() {
  case " ${CATALINA_OPTS:-} " in
  *" $1 "*) ;;
  *) CATALINA_OPTS="${CATALINA_OPTS:+$CATALINA_OPTS }$1" ;;
  esac
  export CATALINA_OPTS
}

# tcp://a:1,tcp://b:2 becomes failover:(tcp://a:1,tcp://b:2)?…, with the login as ActiveMQ's client takes it.
broker_url() {
  case $CLUSTER_BROKER_URL in
  failover:*) url=$CLUSTER_BROKER_URL ;;
  *) url="failover:($CLUSTER_BROKER_URL)" ;;
  esac
  [ -n "$broker_user" ] || { printf '%s' "$url"; return; }
  case $url in
  *\)*\?*) joint='&' ;;
  *) joint='?' ;;
  esac
  printf '%s%sjms.userName=%s&jms.password=%s' "$url" "$joint" "$(url_value "$broker_user")" "$(url_value "$broker_password")"
}

write_cluster() {
  [ -n "${CLUSTER_BROKER_URL:-}" ] || fail 'CLUSTER_BROKER_URL is missing: tcp://host:61616'
  folder=${CLUSTER_CONFIG_DIR:-$GEOSERVER_DATA_DIR/cluster}
  plain_path CLUSTER_CONFIG_DIR "$folder"
  role=${CLUSTER_ROLE:-replica}
  case $role in
  primary) sends=true receives=false ;;
  replica) sends=false receives=true ;;
  *) fail 'CLUSTER_ROLE must be primary or replica' ;;
  esac
  name=${CLUSTER_INSTANCE_NAME:-${POD_NAME:-$(hostname)}}
  broker_user=$(secret CLUSTER_BROKER_USER)
  broker_password=$(secret CLUSTER_BROKER_PASSWORD)
  url=$(broker_url)
  keys='CLUSTER_CONFIG_DIR instanceName group brokerURL topicName embeddedBroker durable toggleMaster toggleSlave
    readOnly connection connection.retry connection.maxwait'
  file=$folder/cluster.properties
  others=$(other_properties "$file" "$keys")
  {
    [ -z "$others" ] || printf '%s\n' "$others"
    printf 'CLUSTER_CONFIG_DIR=%s\n' "$(property_value "$folder")"
    printf 'instanceName=%s\n' "$(property_value "$name")"
    printf 'group=%s\n' "$(property_value "${CLUSTER_GROUP:-geoserver-cluster}")"
    printf 'brokerURL=%s\n' "$(property_value "$url")"
    printf 'topicName=%s\n' "$(property_value "${CLUSTER_TOPIC:-VirtualTopic.geoserver}")"
    # every node keeps a data directory of its own, so it writes down what it receives: not readOnly
    printf '%s\n' embeddedBroker=disabled durable=true "toggleMaster=$sends" "toggleSlave=$receives" \
      readOnly=disabled connection=enabled connection.retry=10 connection.maxwait=500
  } | write_private "$file"
  add_java_option "-DCLUSTER_CONFIG_DIR=$folder"
  say "$file: $role $name"
}

write_s3() {
  case $S3_ALIAS in
  [!a-z]* | *[!a-z0-9]*) fail 'S3_ALIAS must be lower case letters and digits' ;;
  esac
  [ -n "${S3_ENDPOINT:-}" ] || fail 'S3_ENDPOINT is missing: http://minio:9000'
  file=${S3_PROPERTIES_FILE:-/tmp/geosluice/s3.properties}
  plain_path S3_PROPERTIES_FILE "$file"
  user=$(secret S3_ACCESS_KEY)
  password=$(secret S3_SECRET_KEY)
  [ -n "$user" ] || fail 'S3_ACCESS_KEY is missing'
  [ -n "$password" ] || fail 'S3_SECRET_KEY is missing'
  {
    printf '%s.s3.endpoint=%s\n' "$S3_ALIAS" "$(property_value "$S3_ENDPOINT")"
    printf '%s.s3.user=%s\n' "$S3_ALIAS" "$(property_value "$user")"
    printf '%s.s3.password=%s\n' "$S3_ALIAS" "$(property_value "$password")"
  } | write_private "$file"
  add_java_option "-Ds3.properties.location=$file"
  : "${IIO_S3_AWS_ENDPOINT:=$S3_ENDPOINT}" "${IIO_S3_AWS_USER:=$user}" "${IIO_S3_AWS_PASSWORD:=$password}"
  : "${IIO_S3_AWS_REGION:=${S3_REGION:-us-east-1}}" "${IIO_S3_AWS_FORCE_PATH_STYLE:=true}"
  export IIO_S3_AWS_ENDPOINT IIO_S3_AWS_USER IIO_S3_AWS_PASSWORD IIO_S3_AWS_REGION IIO_S3_AWS_FORCE_PATH_STYLE
  say "$file: alias $S3_ALIAS at $S3_ENDPOINT"
}

write_geofence() {
  file=$GEOSERVER_DATA_DIR/geofence/geofence-datasource-ovr.properties
  user=$(secret GEOFENCE_DATABASE_USER)
  password=$(secret GEOFENCE_DATABASE_PASSWORD)
  source=geofenceDataSource
  map='geofenceEntityManagerFactory.jpaPropertyMap[hibernate.default_schema]'
  keys="geofenceVendorAdapter.databasePlatform $source.driverClassName $source.url $source.username $source.password
    $source.testOnBorrow $source.validationQuery $map"
  others=$(other_properties "$file" "$keys")
  {
    [ -z "$others" ] || printf '%s\n' "$others"
    printf '%s\n' geofenceVendorAdapter.databasePlatform=org.hibernate.spatial.dialect.postgis.PostgisDialect \
      "$source.driverClassName=org.postgresql.Driver"
    printf '%s.url=%s\n' $source "$(property_value "$GEOFENCE_DATABASE_URL")"
    printf '%s.username=%s\n' $source "$(property_value "$user")"
    printf '%s.password=%s\n' $source "$(property_value "$password")"
    # a connection that the database closed is noticed before it is used
    printf '%s\n' "$source.testOnBorrow=true" "$source.validationQuery=SELECT 1"
    printf '%s=%s\n' "$map" "$(property_value "${GEOFENCE_DATABASE_SCHEMA:-public}")"
  } | write_private "$file"
  say "$file written"
}

[ -n "${GEOSERVER_DATA_DIR:-}" ] || fail 'GEOSERVER_DATA_DIR is missing'
plain_path GEOSERVER_DATA_DIR "$GEOSERVER_DATA_DIR"
"$here/seed.sh"
case ${CLUSTER_ENABLED:-${CLUSTER_BROKER_URL:+true}} in
true) write_cluster ;;
false | '') ;;
*) fail 'CLUSTER_ENABLED must be true or false' ;;
esac
[ -z "${S3_ALIAS:-}" ] || write_s3
[ -z "${GEOFENCE_DATABASE_URL:-}" ] || write_geofence

# what was read from the environment is in the files now
unset CLUSTER_BROKER_PASSWORD S3_SECRET_KEY GEOFENCE_DATABASE_PASSWORD
# Tomcat's own folders are links to these, since the root is read-only
[ -z "${TOMCAT_SCRATCH:-}" ] || mkdir -p "$TOMCAT_SCRATCH/logs" "$TOMCAT_SCRATCH/work" "$TOMCAT_SCRATCH/temp"

[ $# -gt 0 ] || set -- catalina.sh run
exec "$@"
