"""What GeoNode's releases do in ways of their own, one adapter each: nothing else in the app asks which one this is."""

from importlib import import_module

from geonode import __version__

release = import_module(f"{__name__}.v5" if __version__ >= (5,) else f"{__name__}.v4")
