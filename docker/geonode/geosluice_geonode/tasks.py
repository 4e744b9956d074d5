"""What need not be done before a dataset is visible."""

import logging
import time

import requests
from celery import shared_task
from django.conf import settings
from geonode.geoserver.helpers import ogc_server_settings
from geonode.layers.models import Dataset

logger = logging.getLogger("geosluice_geonode")

# Seconds in which a broker that did not answer is not asked again: registering must not wait for it.
_PATIENCE = 60
_TIMEOUT = 30
_MAX_BYTES = 5 * 1024 * 1024
_away_until = 0.0


def ask_for_thumbnails(pks):
    """Once the datasets are committed. Without a broker, or without Celery, they have GeoNode's placeholder."""
    global _away_until
    wanted = getattr(settings, "GEOSLUICE_THUMBNAILS", not getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False))
    if not wanted or not pks or time.monotonic() < _away_until:
        return
    try:
        make_thumbnails.apply_async((pks,), retry=False)
    except Exception as error:
        _away_until = time.monotonic() + _PATIENCE
        logger.warning("no thumbnails of %d datasets: the broker does not answer: %s", len(pks), error)


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
    failed = [dataset.pk for dataset in Dataset.objects.filter(pk__in=pks) if not _make_thumbnail(dataset)]
    if failed:
        raise self.retry(args=(failed,), countdown=60 * 2**self.request.retries)


def _make_thumbnail(dataset):
    """True where there is nothing more to try."""
    try:
        image = _map_of(dataset)
    except (requests.RequestException, OSError) as error:
        logger.info("no thumbnail of %s yet: %s", dataset.alternate, error)
        return False
    if image:
        dataset.save_thumbnail(f"dataset-{dataset.uuid}-thumb.jpg", image=image)
    return True


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
