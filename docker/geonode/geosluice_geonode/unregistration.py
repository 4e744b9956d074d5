"""Takes a dataset out of GeoNode, and leaves GeoServer to geosluice's own publish stage."""

from django.db import transaction
from geonode.base.models import ResourceBase
from geonode.layers.models import Dataset
from geonode.maps.models import MapLayer

from geosluice_geonode import access, geofence
from geosluice_geonode.document import check_unregistration
from geosluice_geonode.models import Sidecar
from geosluice_geonode.registration import lock_registrations


def unregister(document):
    """
    Answers {status}: removed, absent where there was nothing of ours, or superseded where a higher generation was here.
    The generation stays known, so that a registration which comes late does not bring the dataset back.
    """
    check_unregistration(document)
    with transaction.atomic():
        row = lock_registrations([document["dataset"]])[document["dataset"]]
        if document["generation"] < row.generation:
            return {"status": "superseded"}
        pk, row.resource_id = row.resource_id, None
        row.generation, row.digest, row.access, row.linked = document["generation"], "", "", []
        row.kept, row.tkeywords, row.unmapped, row.thumbnail_due = {}, [], [], None
        row.save()
        Sidecar.objects.filter(registration=row).delete()
        dataset = Dataset.objects.filter(pk=pk).first() if pk else None
        if dataset is None:
            return {"status": "absent"}
        workspace, name = dataset.workspace, dataset.name
        _delete(dataset)
        geofence.forget(workspace, name)
        return {"status": "removed"}


def _delete(dataset):
    """
    Not Dataset.delete(), which removes rules, layer and store in GeoServer. GeoNode's receiver does so for a dataset that
    names its layer: this one no longer does.
    """
    MapLayer.objects.filter(name=dataset.alternate, ows_url=dataset.ows_url).delete()
    access.forget_access(dataset)
    ResourceBase.objects.filter(pk=dataset.pk).update(alternate=None)
    Dataset.objects.non_polymorphic().filter(pk=dataset.pk).delete()
