"""Links of a dataset, as GeoNode makes them, and the original sidecar."""

import re
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from geonode.base.models import Link, LinkedResource, ResourceBase
from geonode.catalogue.metadataxsl.models import add_xsl_link
from geonode.layers.models import Dataset
from geonode.utils import set_resource_default_links

SIDECAR_LINK = "Original sidecar"


def write_default_links(dataset):
    """WMS, WCS, image, download and page links by GeoNode's own function; with the boxes known it asks nobody."""
    set_resource_default_links(dataset, dataset, prune=False)
    add_xsl_link(dataset.resourcebase_ptr)


def forget_default_links(dataset):
    """For a layer that got another name: its old links would stay beside the new ones."""
    kinds = ("data", "image", "html", "OGC:WMS", "OGC:WFS", "OGC:WCS")
    Link.objects.filter(resource_id=dataset.pk, link_type__in=kinds).exclude(name="Thumbnail").delete()


def write_sidecar_link(dataset, registration, sidecar):
    links = Link.objects.filter(resource_id=dataset.pk, name=SIDECAR_LINK)
    if sidecar is None:
        links.delete()
        return
    url = urljoin(settings.SITEURL, reverse("geosluice:geosluice-sidecar", args=[registration.pk]))
    fields = {"url": url, "extension": "xml", "mime": sidecar["contentType"], "link_type": "metadata"}
    if not links.update(**fields):
        Link.objects.create(resource_id=dataset.pk, name=SIDECAR_LINK, **fields)


def write_relations(dataset, relations, before):
    """Links the resources of this GeoNode that the relations name. @returns their ids; `before` are those of last time"""
    targets = sorted({pk for text in relations if (pk := _resolve(text)) and pk != dataset.pk})
    gone = set(before) - set(targets)
    if gone:
        LinkedResource.objects.filter(source_id=dataset.pk, target_id__in=gone, internal=False).delete()
    for pk in targets:
        LinkedResource.objects.get_or_create(source_id=dataset.pk, target_id=pk, internal=False)
    return targets


def _resolve(text):
    """Id of the resource that a uuid, a DOI, `workspace:name` or the address of its page names; None where none is."""
    text = text.strip()
    site = settings.SITEURL.rstrip("/")
    if text.startswith(site):
        match = re.search(r"(?:catalogue/#/\w+/|/datasets/|/resources/)(\d+)", text)
        if match:
            return _id(ResourceBase.objects.filter(pk=int(match.group(1)[:9])))
    doi = re.sub(r"^(doi:|https?://(dx\.)?doi\.org/)", "", text, flags=re.I)
    uuid = re.sub(r"^urn:uuid:", "", text, flags=re.I)
    found = _id(ResourceBase.objects.filter(Q(uuid__iexact=uuid) | Q(doi__iexact=doi)))
    return found or _id(Dataset.objects.filter(alternate=text))


def _id(query):
    ids = list(query.values_list("pk", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None
