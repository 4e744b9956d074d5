#!/bin/sh
# Redis with its password in a file of its own: neither in the ConfigMap nor on a command line that every process of the node can read.
set -eu

umask 077
{
  echo "include /opt/geosluice/redis/redis.conf"
  printf 'requirepass "%s"\n' "$REDIS_PASSWORD"
} >/tmp/redis.conf
unset REDIS_PASSWORD
exec redis-server /tmp/redis.conf
