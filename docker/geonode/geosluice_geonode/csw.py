"""GeoNode's CSW fails on every record whose dataset has a publisher: its mapping names a list where pycsw wants text."""

import os

from geonode.catalogue.backends import pycsw_local, pycsw_local_mappings

_OURS = os.path.join(os.path.dirname(__file__), "csw_mappings.py")
_THEIRS = os.path.splitext(os.path.abspath(pycsw_local_mappings.__file__))[0] + ".py"


def _configured():
    from django.conf import settings

    repository = settings.PYCSW.get("CONFIGURATION", {}).get("repository", {})
    return repository.get("mappings") if isinstance(repository, dict) else None


def let_records_name_their_publishers():
    """Puts our mapping in place of GeoNode's own; a site that configured another one keeps it."""
    current = pycsw_local.CONFIGURATION["repository"].get("mappings")
    if _configured() is None and current and os.path.abspath(current) == _THEIRS:
        pycsw_local.CONFIGURATION["repository"]["mappings"] = _OURS


def takes_publishers():
    """Whether a dataset may have a publisher contact without breaking the catalogue."""
    return _configured() is None and pycsw_local.CONFIGURATION["repository"].get("mappings") == _OURS
