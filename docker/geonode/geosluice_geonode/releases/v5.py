"""GeoNode 5.1."""

from geonode.base.i18n import I18N_THESAURUS_IDENTIFIER
from geonode.metadata.manager import metadata_manager
from geonode.security.registry import permissions_registry
from geonode.upload.api.views import ImporterViewSet

__all__ = [
    "INNER_THESAURI",
    "ImporterViewSet",
    "fixup_perms",
    "forget_cached_permissions",
    "permissions_of",
    "translations_of",
    "wms_links",
]

# by identifier: it holds what the metadata editor says, in the site's languages
INNER_THESAURI = {I18N_THESAURUS_IDENTIFIER}


def fixup_perms(dataset, asked):
    """{users: {user: names}, groups: {group: names}} as GeoNode's rules and the site's workflow have it."""
    # created=False: a new resource would be given the site's default readers on top of what was asked for
    return permissions_registry.fixup_perms(dataset, asked, include_virtual=False, created=False)


def forget_cached_permissions(dataset):
    """Before they are deleted: the cache is found by the permissions that are there."""
    permissions_registry.delete_resource_permissions_cache(instance=dataset)


def permissions_of(dataset):
    """The same shape, of what a dataset has."""
    return permissions_registry.get_perms(instance=dataset, include_virtual=False)


def wms_links(dataset, *where):
    """(extension, name, mime, url) of each kind of picture."""
    return dataset.prepare_wms_links(*where)


def translations_of(dataset):
    """For the catalogue's template, which reads translated texts of it."""
    return metadata_manager.build_schema_instance(dataset)
