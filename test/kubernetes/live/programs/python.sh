#!/bin/sh
exec "$GEONODE_PYTHON" "$@"
