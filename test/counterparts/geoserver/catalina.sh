#!/bin/sh
# Stands for Tomcat's start script in the image of GeoServer.
exec "$GEOSERVER_STAND_IN_NODE" --disable-warning=ExperimentalWarning "$GEOSERVER_STAND_IN"
