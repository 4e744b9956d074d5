"""
GeoNode's settings with what a cluster needs, all from the environment: DJANGO_SETTINGS_MODULE=geosluice_settings. What GeoNode
itself reads (SITEURL, DATABASE_URL, BROKER_URL …) is as it says; secrets may also come from the file that NAME_FILE names.
"""

import os

# GeoNode's settings read these from the environment alone
for _name in (
    "SECRET_KEY",
    "DATABASE_URL",
    "GEODATABASE_URL",
    "BROKER_URL",
    "CELERY_RESULT_BACKEND",
    "GEOSERVER_ADMIN_PASSWORD",
    "OAUTH2_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "GEOSLUICE_KEY",
    "OIDC_RSA_PRIVATE_KEY",
):
    if not os.environ.get(_name) and os.environ.get(f"{_name}_FILE"):
        with open(os.environ[f"{_name}_FILE"], encoding="utf-8") as _file:
            os.environ[_name] = _file.read().rstrip("\r\n")

# what is on this pod's disk: everything that is not on S3, or a copy of what is
if os.environ.get("GEOSLUICE_MEDIA_STORAGE") == "s3":
    os.environ.setdefault("MEDIA_ROOT", "/tmp/geonode/uploaded")
    os.environ["STORAGE_MANAGER_CONCRETE_CLASS"] = "geosluice_geonode.storage_manager.S3StorageManager"
else:
    os.environ.setdefault("MEDIA_ROOT", "/var/lib/geonode/uploaded")

from geonode.settings import *  # noqa: E402, F403
from geonode.settings import (  # noqa: E402
    ASSETS_ROOT,
    FILE_UPLOAD_HANDLERS,
    INSTALLED_APPS,
    MEDIA_ROOT,
    MEDIA_URL,
    MIDDLEWARE,
    OAUTH2_PROVIDER,
    STATIC_ROOT,
    THUMBNAIL_LOCATION,
)
from geosluice_geonode.environment import choice, s3_storage  # noqa: E402
from geosluice_geonode.own_queue import OwnQueue  # noqa: E402

INSTALLED_APPS += ("geosluice_geonode",)

# rasters never pass through GeoNode's importer: GeoServer would need its disk
GEOSLUICE_RASTER_UPLOADS = choice("GEOSLUICE_RASTER_UPLOADS", ("off", "inbox"))
# after GeoNode's own checks, before anything is stored
FILE_UPLOAD_HANDLERS = [
    *FILE_UPLOAD_HANDLERS[:2],
    "geosluice_geonode.uploads.handler.RasterUploadHandler",
    *FILE_UPLOAD_HANDLERS[2:],
]

MIDDLEWARE += ("geosluice_geonode.uploads.progress.ProgressMiddleware",)

GEOSLUICE_MEDIA_STORAGE = choice("GEOSLUICE_MEDIA_STORAGE", ("pod", "s3"))
GEOSLUICE_STATIC_STORAGE = choice("GEOSLUICE_STATIC_STORAGE", ("pod", "s3"))

for _folder in (os.path.join(MEDIA_ROOT, THUMBNAIL_LOCATION), ASSETS_ROOT):
    try:
        os.makedirs(_folder, exist_ok=True)
    except OSError:
        pass  # a process that only looks at the database may have no disk at all

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT, "base_url": MEDIA_URL},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if GEOSLUICE_MEDIA_STORAGE == "s3":
    STORAGES["default"] = s3_storage("media")
    DEFAULT_ASSET_HANDLER = "geosluice_geonode.assets.S3AssetHandler"
    ASSET_HANDLERS = [DEFAULT_ASSET_HANDLER]
if GEOSLUICE_STATIC_STORAGE == "s3":
    STORAGES["staticfiles"] = s3_storage("static")
else:
    # an image in which nothing was collected serves them from their packages
    WHITENOISE_USE_FINDERS = not os.path.isdir(STATIC_ROOT) or not os.listdir(STATIC_ROOT)

if os.environ.get("GEOSLUICE_UPLOAD_QUEUE"):
    CELERY_TASK_ANNOTATIONS = [OwnQueue(os.environ["GEOSLUICE_UPLOAD_QUEUE"])]

if os.environ.get("OIDC_RSA_PRIVATE_KEY"):
    # the one in GeoNode's settings is known to everybody
    OAUTH2_PROVIDER["OIDC_RSA_PRIVATE_KEY"] = os.environ["OIDC_RSA_PRIVATE_KEY"]
# GeoServer's OpenID Connect names people by a claim that GeoNode leaves out
OAUTH2_PROVIDER["OAUTH2_VALIDATOR_CLASS"] = "geosluice_geonode.oidc.Validator"
