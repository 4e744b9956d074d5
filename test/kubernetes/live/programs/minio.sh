#!/bin/sh
# In place of MinIO: `minio server <folder> --address :<port> …`, its login, its health page, and any S3 server that runs here.
set -eu
[ "$1" = server ] || { echo "minio: $1 is not known here" >&2; exit 2; }
export ROOT_ACCESS_KEY="$MINIO_ROOT_USER" ROOT_SECRET_KEY="$MINIO_ROOT_PASSWORD"
exec "$VERSITYGW" --port :9000 --region "${MINIO_REGION:-us-east-1}" --keep-alive --health /minio/health/live posix "$2"
