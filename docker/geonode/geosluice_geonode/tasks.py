"""What need not be done before a dataset is visible."""

import logging
import time
from datetime import timedelta

import requests
from celery import shared_task
from django.conf import settings
from django.utils.timezone import now
from geonode.geoserver.helpers import ogc_server_settings
from geonode.layers.models import Dataset
from geonode.utils import is_monochromatic_image

from geosluice_geonode.models import Registration

logger = logging.getLogger("geosluice_geonode")

# Seconds in which a broker that did not answer is not asked again: registering must not wait for it.
_PATIENCE = 60
# What is not drawn after so long is asked for again: all tries of one task are over by then.
_OVERDUE = timedelta(hours=1)
# So many at once; GeoServer has other work.
_OVERDUE_AT_ONCE = 50
# For Celery's beat: by name, since the app that it is a task of may not be there yet.
LOOK_FOR_OVERDUE = {
    "task": "geosluice_geonode.ask_for_overdue_thumbnails",
    "schedule": 600,
    "options": {"queue": "geonode"},
}
_TIMEOUT = 30
_MAX_BYTES = 5 * 1024 * 1024
_away_until = 0.0


def thumbnail_due():
    """When a thumbnail that is asked for now is asked for again, unless it is drawn."""
    return now() + _OVERDUE


def ask_for_thumbnails(pks):
    """
    Once the datasets are committed. Without a broker, or without Celery, they have GeoNode's placeholder until they are
    overdue: some of those that are, whatever became of their task, go along with each batch.
    """
    global _away_until
    wanted = getattr(settings, "GEOSLUICE_THUMBNAILS", not getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False))
    if not wanted or time.monotonic() < _away_until:
        return
    try:
        asked = [*pks, *_overdue()]
        if asked:
            make_thumbnails.apply_async((asked,), retry=False)
    except Exception as error:
        _away_until = time.monotonic() + _PATIENCE
        logger.warning("no thumbnails for now: %s", error)


def _overdue():
    """Some datasets that are, the longest first; each is asked for once an hour."""
    late = Registration.objects.filter(thumbnail_due__lt=now(), resource__isnull=False).order_by("thumbnail_due")
    rows = dict(late.values_list("pk", "resource_id")[:_OVERDUE_AT_ONCE])
    if rows:
        Registration.objects.filter(pk__in=rows).update(thumbnail_due=thumbnail_due())
    return rows.values()


@shared_task(name=LOOK_FOR_OVERDUE["task"], queue="geonode", ignore_result=True)
def ask_for_overdue_thumbnails():
    """Now and then: where nothing more is registered no batch asks for what was lost."""
    ask_for_thumbnails([])


@shared_task(
    bind=True,
    name="geosluice_geonode.make_thumbnails",
    queue="geonode",
    ignore_result=True,
    acks_late=True,
    max_retries=5,
)
def make_thumbnails(self, pks):
    """One small map of each from GeoServer, kept as GeoNode keeps thumbnails. What failed is tried again, alone."""
    # one that was asked for twice is drawn once
    due = Registration.objects.filter(resource_id__in=pks, thumbnail_due__isnull=False)
    versions = dict(due.values_list("resource_id", "version"))
    failed = []
    for dataset in Dataset.objects.filter(pk__in=versions):
        if _make_thumbnail(dataset):
            # that of a raster which came meanwhile stays due
            drawn = Registration.objects.filter(resource_id=dataset.pk, version=versions[dataset.pk])
            drawn.update(thumbnail_due=None)
        else:
            failed.append(dataset.pk)
    if failed:
        raise self.retry(args=(failed,), countdown=60 * 2**self.request.retries)


def _make_thumbnail(dataset):
    """True where there is nothing more to try."""
    try:
        image = _map_of(dataset)
    except (requests.RequestException, OSError) as error:
        logger.info("no thumbnail of %s yet: %s", dataset.alternate, error)
        return False
    # GeoNode keeps no picture of one colour
    if image is None or is_monochromatic_image(None, image):
        return True
    before = dataset.thumbnail_path
    dataset.save_thumbnail(f"dataset-{dataset.uuid}-thumb.jpg", image=image)
    # of a storage that fails it tells its log alone
    return dataset.thumbnail_path != before


def _map_of(dataset):
    """The bytes of a JPEG, as large as the site's thumbnails at most and of the raster's shape; None where GeoServer has none."""
    west, south, east, north = dataset.ll_bbox_polygon.extent
    width, height = settings.THUMBNAIL_SIZE["width"], settings.THUMBNAIL_SIZE["height"]
    shape = max(east - west, 1e-9) / max(north - south, 1e-9)
    width, height = (
        (width, max(1, round(width / shape))) if shape > width / height else (max(1, round(height * shape)), height)
    )
    answer = requests.get(
        # of this layer alone: the server's own endpoint reads its whole catalogue
        f"{ogc_server_settings.LOCATION}{dataset.workspace}/{dataset.name}/wms",
        params={
            "service": "WMS",
            "version": "1.1.1",
            "request": "GetMap",
            "layers": dataset.name,
            "styles": "",
            "srs": "EPSG:4326",
            "bbox": f"{west},{south},{east},{north}",
            "width": width,
            "height": height,
            "format": "image/jpeg",
        },
        auth=ogc_server_settings.credentials,
        timeout=_TIMEOUT,
    )
    answer.raise_for_status()
    # an error of WMS is 200 with XML, and asking again would not change it
    if not answer.headers.get("content-type", "").startswith("image/") or len(answer.content) > _MAX_BYTES:
        logger.warning("GeoServer has no map of %s: %s", dataset.alternate, answer.content[:200])
        return None
    return answer.content
