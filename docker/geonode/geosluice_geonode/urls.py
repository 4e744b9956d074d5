from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path, re_path

from geosluice_geonode import files, views
from geosluice_geonode.releases import release


def _served(url, storage):
    """Under an address of this GeoNode; what another host serves is not ours."""
    if not url.startswith("/") or url.startswith("//"):
        return []
    return [path(f"{url.lstrip('/')}<path:path>", files.stored_file, {"storage": storage})]


urlpatterns = [
    path("geosluice/ready", views.ready, name="geosluice-ready"),
    path("api/geosluice/v1/health", views.Health.as_view(), name="geosluice-health"),
    path("api/geosluice/v1/registrations", views.Registrations.as_view(), name="geosluice-registrations"),
    path("api/geosluice/v1/unregistrations", views.Unregistrations.as_view(), name="geosluice-unregistrations"),
    path("api/geosluice/v1/lookups", views.Lookups.as_view(), name="geosluice-lookups"),
    path("geosluice/sidecar/<int:pk>", views.OriginalSidecar.as_view(), name="geosluice-sidecar"),
]
if getattr(settings, "GEOSLUICE_RASTER_UPLOADS", None):
    if release.ImporterViewSet is None:
        raise ImproperlyConfigured("GEOSLUICE_RASTER_UPLOADS needs GeoNode 5.1: leave it empty on this release.")
    from geosluice_geonode.uploads.view import RasterAwareUpload

    # in the place of GeoNode's own address, which is as open as this one, so that no way leads past it; under the name by
    # which GeoNode's upload handlers know it
    urlpatterns += [
        re_path("uploads/upload", RasterAwareUpload.as_view({"post": "create"}), name="importer_upload"),
    ]
# one web server less: nothing stands before this GeoNode that would serve its files
if getattr(settings, "GEOSLUICE_MEDIA_STORAGE", None):
    urlpatterns += _served(settings.MEDIA_URL, "default")
if getattr(settings, "GEOSLUICE_STATIC_STORAGE", None) == "s3":
    urlpatterns += _served(settings.STATIC_URL, "staticfiles")

# One object, so that mounting twice is seen.
mounted = path("", include((urlpatterns, "geosluice")))
