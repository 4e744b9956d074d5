"""GeoNode 4.4."""

from geonode.security.utils import AdvancedSecurityWorkflowManager

__all__ = ["ImporterViewSet", "fixup_perms", "forget_cached_permissions", "translations_of"]

# uploads go another way there, by an app of their own
ImporterViewSet = None


def fixup_perms(dataset, asked):
    """{users: {user: names}, groups: {group: names}} as GeoNode's rules and the site's workflow have it."""
    return AdvancedSecurityWorkflowManager.get_permissions(
        dataset.uuid, instance=dataset, permissions=asked, created=False
    )


def forget_cached_permissions(dataset):
    """There is no such cache."""


def translations_of(dataset):
    """The catalogue's template knows no translations."""
    return None
