"""Registers rasters that geosluice published as GeoNode datasets. See docs/geonode.md of the project."""
