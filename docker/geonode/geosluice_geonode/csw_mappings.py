"""GeoNode's mapping of pycsw's queryables, with the publisher as text. Loaded by pycsw from its path."""

import copy

from geonode.catalogue.backends.pycsw_local_mappings import MD_CORE_MODEL as _GEONODE

MD_CORE_MODEL = copy.deepcopy(_GEONODE)
MD_CORE_MODEL["mappings"]["pycsw:Publisher"] = "publisher_csv"
