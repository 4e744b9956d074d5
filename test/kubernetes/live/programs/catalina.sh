#!/bin/sh
# In place of Tomcat with GeoServer: the stand-in, on what the image's start script has written.
exec node --disable-warning=ExperimentalWarning "$GEOSERVER_STAND_IN"
