#!/bin/sh
# In place of uWSGI: serves the same application on the same port.
exec "$GEONODE_PYTHON" -m waitress --listen=0.0.0.0:8000 --threads=8 geonode.wsgi:application
