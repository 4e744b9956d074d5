"""GeoNode 4.4."""

from geonode.geoserver import ows
from geonode.security.utils import AdvancedSecurityWorkflowManager

__all__ = [
    "INNER_THESAURI",
    "ImporterViewSet",
    "fixup_perms",
    "forget_cached_permissions",
    "permissions_of",
    "translations_of",
    "wms_links",
]

# uploads go another way there, by an app of their own
ImporterViewSet = None
# GeoNode keeps none for itself
INNER_THESAURI = set()


def fixup_perms(dataset, asked):
    """{users: {user: names}, groups: {group: names}} as GeoNode's rules and the site's workflow have it."""
    return AdvancedSecurityWorkflowManager.get_permissions(
        dataset.uuid, instance=dataset, permissions=asked, created=False
    )


def forget_cached_permissions(dataset):
    """There is no such cache."""


def permissions_of(dataset):
    """The same shape, of what a dataset has."""
    return dataset.get_all_level_info()


def wms_links(_dataset, *where):
    """(extension, name, mime, url) of each kind of picture."""
    return ows.wms_links(*where)


def translations_of(dataset):
    """The catalogue's template knows no translations."""
    return None
