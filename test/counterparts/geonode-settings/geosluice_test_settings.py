"""GeoNode's own settings, the one line that installs the app, and what makes a server without a front end serve its pages."""

import os

from geonode.settings import *  # noqa: F403

INSTALLED_APPS += ("geosluice_geonode",)  # noqa: F405

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
if os.environ.get("QUICK_LOGINS") == "True":
    from quick_logins import PASSWORD_HASHERS  # noqa: F401

SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
