from importlib import import_module

from django.apps import AppConfig


class GeosluiceConfig(AppConfig):
    name = "geosluice_geonode"
    verbose_name = "geosluice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from geosluice_geonode import csw

        csw.let_records_name_their_publishers()
        self._mount()
        self._schedule()

    def _mount(self):
        """One line of settings installs the app: its addresses come with it."""
        from django.conf import settings
        from geosluice_geonode.urls import mounted

        root = import_module(settings.ROOT_URLCONF)
        if mounted not in root.urlpatterns:
            # first: a project may end its own list with a pattern that takes everything
            root.urlpatterns.insert(0, mounted)

    def _schedule(self):
        """And what Celery's beat is to ask for now and then: it reads the same settings."""
        from django.conf import settings
        from geosluice_geonode.tasks import LOOK_FOR_OVERDUE

        settings.CELERY_BEAT_SCHEDULE.setdefault("geosluice_overdue_thumbnails", LOOK_FOR_OVERDUE)
