"""Owner, group and permissions: GeoNode's permission functions decide, guardian's rows are written in bulk."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from geonode.base.models import ResourceBase
from geonode.groups.models import GroupProfile
from geonode.layers.models import Dataset
from geonode.security.permissions import DOWNLOAD_PERMISSIONS, OWNER_PERMISSIONS, VIEW_PERMISSIONS
from geonode.security.permissions import DATASET_EDIT_STYLE_PERMISSIONS
from geonode.security.utils import AdvancedSecurityWorkflowManager
from guardian.models import GroupObjectPermission, UserObjectPermission

from geosluice_geonode.errors import Refused
from geosluice_geonode.releases import release


def owner_of(document, memo):
    return memo(_owner, document.get("owner"))


def _owner(asked):
    users = get_user_model().objects.filter(is_active=True)
    if asked:
        owner = users.filter(username=asked).first()
        if owner is None:
            raise Refused("owner", f"names no active user of this GeoNode: {asked}")
        return owner
    default = getattr(settings, "GEOSLUICE_OWNER", None)
    owner = (users.filter(username=default) if default else users.filter(is_superuser=True)).order_by("pk").first()
    if owner is None:
        raise Refused("owner", "is not given, and GEOSLUICE_OWNER names no active user and there is no superuser")
    return owner


def group_of(document, memo):
    """The Group, found by its profile's slug or title; None where none was asked for."""
    asked = document.get("group")
    if asked:
        return memo(_group, asked)
    if document["permissions"] == "group":
        raise Refused("group", "is needed for the permissions `group`")
    return None


def _group(asked):
    profile = GroupProfile.objects.filter(Q(slug=asked) | Q(title__iexact=asked)).select_related("group").first()
    if profile is None:
        raise Refused("group", f"names no group of this GeoNode: {asked}")
    return profile.group


def access_key(document, owner, group):
    """As long as it is the same, what people changed by hand in GeoNode stays."""
    return f"{document['permissions']}|{owner.username}|{group.name if group else ''}"


def write_access(entries, memo):
    """
    `entries` are (dataset, permissions, fresh): permissions is public, owner or group, and a fresh dataset has none yet. Who
    owns a dataset may do everything. @returns (dataset, granted, fresh) of each, for GeoFence
    """
    codes = memo(_permissions)
    users, groups, guarded = [], [], []
    for dataset, permissions, fresh in entries:
        granted = _granted(dataset, permissions, memo)
        guarded.append((dataset, granted, fresh))
        if not fresh:
            forget_access(dataset)
        for rows, model, who, holders in (
            (users, UserObjectPermission, "user", granted.get("users", {})),
            (groups, GroupObjectPermission, "group", granted.get("groups", {})),
        ):
            for holder, names in holders.items():
                for name in dict.fromkeys(names):
                    permission = codes.get(name)
                    if permission and memo(_assignable, name):
                        common = {"permission": permission, "content_type_id": permission.content_type_id}
                        rows.append(model(**common, object_pk=str(dataset.pk), **{who: holder}))
    UserObjectPermission.objects.bulk_create(users)
    GroupObjectPermission.objects.bulk_create(groups)
    return guarded


def _granted(dataset, permissions, memo):
    """What GeoNode's functions make of the permissions: the same for all datasets of one owner and group."""

    def of_these(owner, group, permissions):
        anonymous = Group.objects.get_or_create(name="anonymous")[0]
        readers = {"public": anonymous, "group": group, "owner": None}[permissions]
        asked = {
            "users": {owner: OWNER_PERMISSIONS + DOWNLOAD_PERMISSIONS + DATASET_EDIT_STYLE_PERMISSIONS},
            "groups": {readers: VIEW_PERMISSIONS + DOWNLOAD_PERMISSIONS} if readers else {},
        }
        return release.fixup_perms(dataset, asked)

    key = (_granted, (dataset.owner, dataset.group, permissions))
    return memo.keep(key, lambda: of_these(*key[1]))


def forget_access(dataset):
    release.forget_cached_permissions(dataset)
    types = ContentType.objects.get_for_models(ResourceBase, Dataset).values()
    for model in (UserObjectPermission, GroupObjectPermission):
        model.objects.filter(content_type__in=types, object_pk=str(dataset.pk)).delete()


def _permissions():
    types = ContentType.objects.get_for_models(ResourceBase, Dataset).values()
    return {permission.codename: permission for permission in Permission.objects.filter(content_type__in=types)}


def _assignable(name):
    return name.endswith("_style") or AdvancedSecurityWorkflowManager.assignable_perm_condition(name, "dataset")
