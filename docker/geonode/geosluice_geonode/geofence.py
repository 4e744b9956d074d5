"""
GeoServer's side of permissions, where GeoFence guards its layers. The rules are those of GeoNode's own functions, in one call
a batch, and one that empties its cache. Written from GeoFence's documentation and GeoNode's code, not proved on a recorded server.
"""

import logging

import requests
from django.conf import settings
from django.db import connection
from geonode.base.models import ResourceBase
from geonode.geoserver.geofence import Batch, GeofenceException, Rule
from geonode.geoserver.helpers import geofence, gf_utils
from geonode.geoserver.security import _get_gf_services, sync_resources_with_guardian
from geonode.security.permissions import DATASET_ADMIN_PERMISSIONS, DOWNLOAD_PERMISSIONS, OWNER_PERMISSIONS

from geosluice_geonode.errors import Away

logger = logging.getLogger("geosluice_geonode")


# for who asked that not everybody sees a layer
OPEN = (
    "permissions: GeoServer has no GeoFence (404), so that everybody can draw and read the layer there; install it, "
    "or set GEOFENCE_SECURITY_ENABLED to False and guard GeoServer by its own rules or a proxy"
)


class _NoGeofence(Exception):
    """This GeoServer has none: whoever reaches it sees its layers."""


def is_on():
    default = settings.OGC_SERVER["default"].get("GEOFENCE_SECURITY_ENABLED", False)
    return bool(default or getattr(settings, "GEOFENCE_SECURITY_ENABLED", False))


def guard(entries):
    """
    Lets those read a layer whom GeoNode lets read its dataset. `entries` are (dataset, granted, fresh); of a fresh dataset
    there are no rules yet. @returns False where GeoServer has no GeoFence. @raises Away where GeoServer does not take them:
    nothing is then registered
    """
    if not entries or not is_on():
        return True
    if getattr(settings, "DELAYED_SECURITY_SIGNALS", False):
        # the site has a task of its own for it, which looks for this mark
        ResourceBase.objects.filter(pk__in=[dataset.pk for dataset, _granted, _fresh in entries]).update(
            dirty_state=True
        )
        return True
    try:
        fresh = [(dataset, granted) for dataset, granted, new in entries if new]
        changed = [dataset for dataset, _granted, new in entries if not new]
        try:
            _insert([rule for dataset, granted in fresh for rule in _rules_of(dataset, granted)])
            if fresh:
                _invalidate()
        except GeofenceException as refusal:
            # rules of an earlier attempt, or of a layer that had the name: GeoNode's way takes those out first
            logger.info("rules of %d layers go one by one: %s", len(fresh), refusal)
            changed += [dataset for dataset, _granted in fresh]
        for dataset in changed:
            _renew(dataset)
    except _NoGeofence:
        logger.warning("GeoServer has no GeoFence, though GEOFENCE_SECURITY_ENABLED says so: its layers are open")
        return False
    return True


def forget(workspace, name):
    """Takes the rules of a layer away, which another layer of the name would inherit. @raises Away"""
    if not is_on():
        return
    try:
        rules = geofence.get_rules(workspace=workspace, workspace_any=False, layer=name, layer_any=False)
        batch = Batch(f"Forget {workspace}:{name}")
        for rule in rules.get("rules", []):
            if rule.get("layer") == name:
                batch.add_delete_rule(rule["id"])
        _send(batch)
    except _NoGeofence:
        pass
    except GeofenceException as error:
        if "[404]" not in str(error):
            raise Away(f"GeoFence does not take the rules of {workspace}:{name} away: {error}") from error


def _rules_of(dataset, granted):
    """In the order of GeoNode's own: who owns it, other users, groups, and everybody last."""
    owner = OWNER_PERMISSIONS + DATASET_ADMIN_PERMISSIONS + DOWNLOAD_PERMISSIONS
    holders = [({"user": dataset.owner.username}, owner)]
    everybody = []
    for user, names in granted.get("users", {}).items():
        if user.username == "AnonymousUser":
            everybody.append(names)
        elif user != dataset.owner:
            holders.append(({"user": user.username}, names))
    for group, names in granted.get("groups", {}).items():
        if group.name == "anonymous":
            everybody.append(names)
        else:
            holders.append(({"group": group.name}, names))
    holders += [({}, names) for names in everybody]
    place = {"workspace": dataset.workspace, "layer": dataset.name}
    return [Rule(**who, **place, **service) for who, names in holders for service in _get_gf_services(dataset, names)]


def _insert(rules):
    global _asked
    if not rules:
        return
    batch = Batch(f"{len(rules)} rules of geosluice")
    for rule, place in zip(rules, _places(len(rules)), strict=True):
        rule.set_priority(place)
        batch.add_insert_rule(rule)
    try:
        _send(batch)
    except GeofenceException:
        _asked = False
        raise


def _send(batch):
    """As GeoFenceClient.run_batch, which does not tell a server without GeoFence from one that refuses."""
    if batch.length() == 0:
        return
    try:
        answer = requests.post(
            f"{geofence.baseurl}batch/exec",
            json=batch.get_object(),
            auth=(geofence.username, geofence.pw),
            timeout=geofence.timeout,
        )
    except requests.RequestException as error:
        raise Away(f"GeoFence does not answer: {error}") from error
    if answer.status_code == 404:
        raise _NoGeofence
    if answer.status_code in (401, 403, 502, 503, 504):
        raise Away(f"GeoFence answers {answer.status_code}")
    if answer.status_code != 200:
        raise GeofenceException(f"GeoFence answers {answer.status_code}")


def _invalidate():
    """GeoFence goes on answering from its cache after rules were written, for half a minute; then it looks again by itself."""
    url = f"{geofence.baseurl}ruleCache/invalidate"
    try:
        status = requests.put(url, auth=(geofence.username, geofence.pw), timeout=geofence.timeout).status_code
    except requests.RequestException as error:
        status = error
    if status != 200:
        logger.warning("GeoFence's cache is not emptied, new rules may wait until it is old: %s", status)


def _renew(dataset):
    """By GeoNode's own function: the rules that are there, out, and those of GeoNode's permissions, in; then the cache."""
    row = ResourceBase.objects.filter(pk=dataset.pk)
    row.update(dirty_state=True)
    sync_resources_with_guardian(row.get())
    # it tells what went wrong by the mark alone
    if row.values_list("dirty_state", flat=True).get():
        try:
            _ask()
        except _NoGeofence:
            row.update(dirty_state=False)
            raise
        raise Away(f"GeoFence does not take the rules of {dataset.alternate}")


# Of GeoNode's database, which all processes share: what it gave it never gives again, whatever becomes of a transaction.
_SEQUENCE = "geosluice_geofence_place"
# Whether the sequence is behind the rules of others, as far as this process knows: asking costs three calls.
_asked = False


def _places(count):
    """So many priorities, ascending, that no other process of ours is given. @raises _NoGeofence, Away"""
    global _asked
    with connection.cursor() as cursor:
        if not _asked:
            # only ever forwards: another process may draw meanwhile
            forwards = f"generate_series(1, %s - (select last_value from {_SEQUENCE}))"
            cursor.execute(f"select count(nextval('{_SEQUENCE}')) from {forwards}", [_first_free()])
            _asked = True
        cursor.execute(f"select nextval('{_SEQUENCE}') from generate_series(1, %s)", [count])
        return sorted(place for [place] in cursor.fetchall())


def _ask():
    """@raises _NoGeofence, Away"""
    try:
        geofence.get_rules_count()
    except GeofenceException as error:
        if "[404]" in str(error):
            raise _NoGeofence from error
        raise Away(f"GeoFence does not answer: {error}") from error


def _first_free():
    _ask()
    first = gf_utils.get_first_available_priority()
    if first < 0:
        raise Away("GeoFence does not tell its rules")
    return first
