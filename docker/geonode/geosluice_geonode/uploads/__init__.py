"""Rasters that people upload in GeoNode's pages: handed to the inbox, or refused with a sentence."""
