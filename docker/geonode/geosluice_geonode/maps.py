"""What GeoNode keeps of a layer by its name follows a layer that gets another."""

from functools import reduce
from operator import or_

from django.db.models import Q
from geonode.base.models import ResourceBase
from geonode.maps.models import MapLayer


def follow(moves):
    """
    `moves` are (dataset as it was, its new fields). GeoNode finds the datasets of a map by their layers' names, and a map, story or
    dashboard names its layers once more in its own document, by which it is drawn.
    """
    names = {before.alternate: fields["alternate"] for before, fields in moves if before.alternate}
    if not names:
        return
    for before, fields in moves:
        ours = Q(dataset=before.pk) | Q(dataset=None, ows_url=before.ows_url) | Q(dataset=None, ows_url=None)
        # without signals: GeoNode's would ask GeoServer for each
        MapLayer.objects.filter(ours, name=before.alternate).update(name=fields["alternate"], store=fields["store"])
    named = reduce(or_, (Q(blob__icontains=f'"{name}"') for name in names))
    # of these there may be a hundred thousand, and none holds a map
    documents = ResourceBase.objects.exclude(resource_type__in=["dataset", "document"]).filter(named)
    # in one order, or two batches would wait for each other
    for pk, blob in documents.order_by("pk").select_for_update().values_list("pk", "blob"):
        ResourceBase.objects.filter(pk=pk).update(blob=_renamed(blob, names))


def _renamed(part, names):
    if isinstance(part, dict):
        return {key: _renamed(value, names) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(value, names) for value in part]
    return names.get(part, part) if isinstance(part, str) else part
