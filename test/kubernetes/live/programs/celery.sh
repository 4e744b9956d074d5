#!/bin/sh
exec "$GEONODE_PYTHON" -m celery "$@"
