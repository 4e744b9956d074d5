"""GeoNode's contacts are its users. Who is not one of them is kept as text."""

import re

from django.contrib.auth import get_user_model
from django.db.models import Value
from django.db.models.functions import Concat
from geonode.base.models import ContactRole
from geonode.people import Roles

from geosluice_geonode import csw
from geosluice_geonode.text import line

# a mail address in angle brackets would be taken for markup
_IN_BRACKETS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


def find_user(text):
    """The one active user whose e-mail, user name or full name the text is; None where there is none, or more."""
    users = get_user_model().objects.filter(is_active=True).exclude(username="AnonymousUser")
    emails = _EMAIL.findall(text)
    if emails:
        found = _only(users.filter(email__iexact=emails[0]))
        if found:
            return found
    name = line(_EMAIL.sub("", text)).strip(" <>(),;")
    if not name:
        return None
    turned = " ".join(reversed([part.strip() for part in name.split(",")])) if name.count(",") == 1 else name
    named = users.annotate(whole=Concat("first_name", Value(" "), "last_name"))
    return _only(users.filter(username__iexact=name)) or _only(named.filter(whole__iexact=turned))


def match_contacts(metadata, memo):
    """({role: users}, {label: names that are no users})"""
    roles, rest = {}, {}
    wanted = [
        (Roles.ORIGINATOR.name, "Creator", metadata["creators"]),
        (Roles.PUBLISHER.name, "Publisher", metadata["publishers"]),
        (Roles.PROCESSOR.name, "Contributor", metadata["contributors"]),
    ]
    for role, label, names in wanted:
        users = []
        for name in names:
            user = memo(find_user, name)
            # without our mapping one publisher breaks the catalogue's full records
            if user is None or (role == Roles.PUBLISHER.name and not csw.takes_publishers()):
                rest.setdefault(label, []).append(line(_IN_BRACKETS.sub(r"(\1)", name)))
            elif user not in users:
                users.append(user)
        roles[role] = users
    return roles, rest


def write_contacts(entries):
    """
    Replaces the roles that come from the metadata; point of contact and metadata author only where missing. `entries` are
    (dataset, {role: users}).
    """
    pks = [dataset.pk for dataset, _roles in entries]
    ours = {role for _dataset, roles in entries for role in roles}
    ContactRole.objects.filter(resource_id__in=pks, role__in=ours).delete()
    present = set(ContactRole.objects.filter(resource_id__in=pks).values_list("resource_id", "role"))
    rows = []
    for dataset, roles in entries:
        rows += [
            ContactRole(resource_id=dataset.pk, contact=user, role=role)
            for role, users in roles.items()
            for user in users
        ]
        rows += [
            ContactRole(resource_id=dataset.pk, contact_id=dataset.owner_id, role=role)
            for role in ("pointOfContact", "author")
            if (dataset.pk, role) not in present
        ]
    ContactRole.objects.bulk_create(rows)


def _only(query):
    found = list(query[:2])
    return found[0] if len(found) == 1 else None
