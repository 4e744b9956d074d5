from django.urls import include, path

from geosluice_geonode import views

urlpatterns = [
    path("api/geosluice/v1/health", views.Health.as_view(), name="geosluice-health"),
    path("api/geosluice/v1/registrations", views.Registrations.as_view(), name="geosluice-registrations"),
    path("api/geosluice/v1/unregistrations", views.Unregistrations.as_view(), name="geosluice-unregistrations"),
    path("geosluice/sidecar/<int:pk>", views.OriginalSidecar.as_view(), name="geosluice-sidecar"),
]

# One object, so that mounting twice is seen.
mounted = path("", include((urlpatterns, "geosluice")))
