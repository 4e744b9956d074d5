#!/bin/sh
# In place of uWSGI: serves the same application on the same port, and ends when it is told to, as `die-on-term` makes uWSGI do.
exec "$GEONODE_PYTHON" -c '
import signal, sys
from waitress.runner import run
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
sys.exit(run(["waitress-serve", "--listen=0.0.0.0:8000", "--threads=8", "geonode.wsgi:application"]))'
