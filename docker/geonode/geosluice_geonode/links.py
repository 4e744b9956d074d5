"""Links of a dataset, as GeoNode makes them, and the original sidecar."""

import re
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from geonode.base.models import Link, LinkedResource, ResourceBase
from geonode.catalogue.metadataxsl.models import ISO_XSL_NAME
from geonode.geoserver.ows import wcs_links
from geonode.layers.models import Dataset
from geonode.utils import get_legend_url

from geosluice_geonode import catalogue
from geosluice_geonode.releases import release

SIDECAR_LINK = "Original sidecar"


def write_links(entries):
    """
    WMS, WCS, image, legend, download, page, catalogue and sidecar links, as GeoNode's set_resource_default_links, add_xsl_link and
    catalogue make them, whose some 30 queries a dataset are three a batch here. `entries` are
    (dataset, registration, sidecar, fresh); thumbnails are GeoNode's to add, and stay.
    """
    known = {}
    for link in Link.objects.filter(
        resource_id__in=[dataset.pk for dataset, _row, _sidecar, fresh in entries if not fresh]
    ):
        known.setdefault(link.resource_id, []).append(link)
    made, changed, gone = [], [], []
    for dataset, row, sidecar, _fresh in entries:
        present = known.get(dataset.pk, [])
        if sidecar is None:
            gone += [link.pk for link in present if link.name == SIDECAR_LINK]
        for wanted in [*_default_links(dataset), *_sidecar_link(row, sidecar)]:
            link = next((link for link in present if _is_same(link, wanted)), None)
            if link is None:
                made.append(Link(resource_id=dataset.pk, **wanted))
            elif any(getattr(link, field) != value for field, value in wanted.items()):
                for field, value in wanted.items():
                    setattr(link, field, value)
                changed.append(link)
    Link.objects.filter(pk__in=gone).delete()
    Link.objects.bulk_create(made)
    Link.objects.bulk_update(changed, ["name", "url", "extension", "mime", "link_type"])


def _is_same(link, wanted):
    # many metadata links may have one name, and any other has one address a name
    if wanted["link_type"] == "metadata" and wanted["name"] != SIDECAR_LINK:
        return link.url == wanted["url"]
    return link.name == wanted["name"] and link.link_type == wanted["link_type"]


def _default_links(dataset):
    service = dataset.ows_url
    box, size = dataset.bbox_string, 550
    images = release.wms_links(dataset, f"{service}?", dataset.alternate, box, dataset.srid, size, size)
    links = [_link(str(name), url, extension, mime, "image") for extension, name, mime, url in images]
    # of whichever style is the layer's default by then
    links.append(_link("Legend", get_legend_url(dataset, "", service_url=service), "png", "image/png", "image"))
    data = wcs_links(f"{service}?", dataset.alternate)
    links += [_link(str(name), url, extension, mime, "data") for extension, name, mime, url in data]
    links.append(_link(dataset.alternate, f"{_site()}{dataset.get_absolute_url()}", "html", "text/html", "html"))
    for kind in ("WMS", "WCS"):
        links.append(_link(f"OGC {kind}: {dataset.workspace} Service", service, "html", "text/html", f"OGC:{kind}"))
    xsl = urljoin(_site(), reverse("prefix_xsl_line", args=[dataset.pk]))
    links.append(_link(ISO_XSL_NAME, xsl, "xml", "text/xml", "metadata"))
    links += [_link(name, url, "xml", mime, "metadata") for mime, name, url in catalogue.addresses_of(dataset.uuid)]
    return links


def _sidecar_link(registration, sidecar):
    if sidecar is None:
        return []
    url = urljoin(settings.SITEURL, reverse("geosluice:geosluice-sidecar", args=[registration.pk]))
    return [_link(SIDECAR_LINK, url, "xml", sidecar["contentType"], "metadata")]


def _link(name, url, extension, mime, link_type):
    return {"name": name, "url": url, "extension": extension, "mime": mime, "link_type": link_type}


def _site():
    return settings.SITEURL.rstrip("/") if settings.SITEURL.startswith("http") else settings.SITEURL


def forget_default_links(dataset):
    """For a layer that got another name: its old links would stay beside the new ones."""
    kinds = ("data", "image", "html", "OGC:WMS", "OGC:WFS", "OGC:WCS")
    Link.objects.filter(resource_id=dataset.pk, link_type__in=kinds).exclude(name="Thumbnail").delete()


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
