"""The steps of the bootstrap that happen in GeoNode's database. Django must be set up before this is imported."""

import contextlib
import json
import os
import tempfile
from urllib.parse import urlsplit

import geonode
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sites.models import Site
from django.core.management import call_command
from django.db import DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from oauth2_provider.models import get_application_model

from lib_run import Failed, say, wait_until

# any number that nobody else locks
_LOCK = 7_046_029_254_386_353_131
_APPLICATION = "GeoServer"
# of people/sample_admin and base/default_oauth_apps nothing is loaded: their logins and secrets are known to everybody
_FIXTURE = "base/fixtures/initial_data.json"


@contextlib.contextmanager
def alone(deadline):
    """Two bootstraps at once: the second waits for the first. A lock of its own connection, which ends with the process."""
    connection = connections["default"].copy()

    def lock():
        try:
            with connection.cursor() as cursor:
                cursor.execute("select pg_try_advisory_lock(%s)", [_LOCK])
                if not cursor.fetchone()[0]:
                    raise Failed("another bootstrap has it")
        except DatabaseError as error:
            connection.close()
            raise Failed(str(error).strip().splitlines()[0]) from error

    wait_until(lock, "the database", deadline)
    try:
        yield
    finally:
        connection.close()


def migrate():
    for alias in ("default", "datastore"):
        if alias not in connections:
            continue
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute("create extension if not exists postgis")
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            say(f"Applying {len(plan)} migrations to the database {alias}.")
            # what GeoNode prints a migration is a page of its own
            call_command("migrate", database=alias, interactive=False, verbosity=0)
        else:
            say(f"All migrations of the database {alias} are applied.")


def load_fixtures():
    """Kinds of row of which there is none: what people changed or removed since stays so."""
    path = os.path.join(geonode.__path__[0], _FIXTURE)
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    kinds = dict.fromkeys(row["model"] for row in rows)
    missing = {kind for kind in kinds if not apps.get_model(kind).objects.exists()}
    if not missing:
        say("All fixtures are there.")
        return
    say(f"Loading fixtures: {', '.join(sorted(missing))}.")
    with tempfile.TemporaryDirectory() as folder:
        part = os.path.join(folder, "missing.json")
        with open(part, "w", encoding="utf-8") as file:
            json.dump([row for row in rows if row["model"] in missing], file)
        call_command("loaddata", part, verbosity=0)


def admin(name, password, email):
    users = get_user_model().objects
    user = users.filter(username=name).first()
    if user is None:
        user = users.create_superuser(username=name, email=email, password=password)
        say(f"Made Django's admin {name}.")
        return user
    wanted = {"is_superuser": True, "is_staff": True, "is_active": True, **({"email": email} if email else {})}
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, wanted[field])
    if not user.check_password(password):
        user.set_password(password)
        changed.append("password")
    if changed:
        user.save()
        say(f"Changed Django's admin {name}: {', '.join(changed)}.")
    else:
        say(f"Django's admin {name} is as wanted.")
    return user


def oauth_application(user, client_id, client_secret, redirects):
    model = get_application_model()
    wanted = {
        "name": _APPLICATION,
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uris": "\n".join(redirects),
        "client_type": model.CLIENT_CONFIDENTIAL,
        "authorization_grant_type": model.GRANT_AUTHORIZATION_CODE,
        "algorithm": model.RS256_ALGORITHM,
        "skip_authorization": True,
        "user_id": user.pk,
    }
    with transaction.atomic():
        # by name first: a new id is a changed application, so that its tokens' rows stay
        found = model.objects.filter(name=_APPLICATION).order_by("pk").first()
        found = found or model.objects.filter(client_id=client_id).first()
        if found is None:
            model.objects.create(**wanted)
            say(f"Made the OAuth application {_APPLICATION}.")
            return
        changed = [field for field, value in wanted.items() if getattr(found, field) != value]
        for field in changed:
            setattr(found, field, wanted[field])
        if changed:
            found.save()
            say(f"Changed the OAuth application {_APPLICATION}: {', '.join(changed)}.")
        else:
            say(f"The OAuth application {_APPLICATION} is as wanted.")


def site(url):
    host = urlsplit(url).netloc
    there, made = Site.objects.get_or_create(pk=settings.SITE_ID, defaults={"domain": host, "name": host})
    if not made and (there.domain, there.name) == (host, host):
        say(f"The default site is {host}.")
        return
    there.domain = there.name = host
    there.save()
    say(f"The default site is {host} now.")


def collect_static():
    say("Collecting static files.")
    call_command("collectstatic", interactive=False, verbosity=0)
