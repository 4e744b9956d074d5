"""GeoNode's own settings and nothing of ours."""

from geonode.settings import *  # noqa: F403
from quick_logins import PASSWORD_HASHERS  # noqa: F401
