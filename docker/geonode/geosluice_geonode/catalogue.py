"""The catalogue's records of many datasets at once: the same template, from rows that were read together."""

from django.conf import settings
from django.template.loader import get_template
from geonode.base.models import ContactRole, Link, ResourceBase
from geonode.catalogue import get_catalogue
from geonode.catalogue.models import catalogue_post_save
from geonode.layers.models import Dataset
from geonode.people import Roles
from lxml import etree
from owslib.etree import etree as dlxml

from geosluice_geonode.releases import release

# where a role's name is not the attribute's
_ROLES = {"poc": "pointOfContact", "metadata_author": "author"}
_DOWNLOADS = ("image", "data", "original")
_SERVICES = ("OGC:WMS", "OGC:WFS", "OGC:WCS")


def addresses_of(uuid):
    """(mime, name, url) of a record in each of the catalogue's formats; none where it is not inside this GeoNode."""
    backend = get_catalogue().catalogue
    return backend.urls_for_uuid(uuid) if getattr(backend, "local", False) else []


def refresh(pks):
    """
    Does what GeoNode's catalogue_post_save does after each save, once a batch. That asks the catalogue for the record only to
    learn its addresses, which follow from the uuid.
    """
    backend = get_catalogue().catalogue
    if not getattr(backend, "local", False):
        for dataset in Dataset.objects.filter(pk__in=pks):
            catalogue_post_save(instance=dataset, sender=Dataset)
        return
    template = get_template(settings.CATALOG_METADATA_TEMPLATE)
    for record in _records(pks):
        dataset = record.dataset
        document = _document_of(record, template)
        ResourceBase.objects.filter(pk=dataset.pk).update(
            csw_wkt_geometry=dataset.geographic_bounding_box,
            metadata_xml=document,
            csw_anytext=backend.csw_gen_anytext(document),
        )


def _document_of(record, template):
    dataset = record.dataset
    if dataset.metadata_uploaded and dataset.metadata_uploaded_preserve:
        return etree.tostring(dlxml.fromstring(dataset.metadata_xml))
    text = template.render(
        context={
            "CATALOG_METADATA_TEMPLATE": settings.CATALOG_METADATA_TEMPLATE,
            "layer": record,
            # only translations are read of it
            "metadata": release.translations_of(dataset) if getattr(settings, "MULTILANG_FIELDS", ()) else None,
            "SITEURL": settings.SITEURL.rstrip("/") if settings.SITEURL.startswith("http") else settings.SITEURL,
            "id_pname": "dc:identifier",
            "LICENSES_METADATA": getattr(settings, "LICENSES", {}).get("METADATA", "never"),
        }
    )
    parsed = dlxml.fromstring(text, parser=etree.XMLParser(remove_blank_text=True))
    return etree.tostring(parsed, pretty_print=True, encoding="unicode")


def _records(pks):
    related = ("owner", "category", "license", "restriction_code_type", "spatial_representation_type", "group")
    datasets = Dataset.objects.non_polymorphic().filter(pk__in=pks).select_related(*related)
    contacts, links = {}, {}
    for row in ContactRole.objects.filter(resource_id__in=pks).select_related("contact").order_by("pk"):
        contacts.setdefault(row.resource_id, {}).setdefault(row.role, []).append(row.contact)
    for link in Link.objects.filter(resource_id__in=pks).order_by("pk"):
        links.setdefault(link.resource_id, []).append(link)
    for dataset in datasets.prefetch_related("regions", "keywords", "tkeywords__thesaurus"):
        yield Record(dataset, contacts.get(dataset.pk, {}), links.get(dataset.pk, []))


class Record:
    """A dataset as the catalogue's template reads it, with what would be a query each at hand."""

    def __init__(self, dataset, contacts, links):
        self.dataset = dataset
        self.link_set = _Links(links)
        self.keyword_list = [keyword.name for keyword in dataset.keywords.all()]
        self.get_defined_multivalue_contact_roles = {
            role.label: contacts[name]
            for role in Roles.get_multivalue_ones()
            if (name := _ROLES.get(role.name, role.name)) in contacts
        }
        self.tkeywords = _Thesaurus(list(dataset.tkeywords.all()))
        thumbnails = [link.url for name in ("Thumbnail", "Remote Thumbnail") for link in links if link.name == name]
        self.get_thumbnail_url = thumbnails[0] if thumbnails else dataset.thumbnail_url

    def __getattr__(self, name):
        return getattr(self.dataset, name)


class _Links:
    def __init__(self, links):
        self.download = [link for link in links if link.link_type in _DOWNLOADS]
        self.ows = [link for link in links if link.link_type in _SERVICES]


class _Thesaurus:
    def __init__(self, keywords):
        self.all = keywords

    def values_list(self, _field, flat):
        return [keyword.thesaurus_id for keyword in self.all]
