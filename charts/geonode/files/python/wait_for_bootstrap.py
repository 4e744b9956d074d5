"""Init container of Django and Celery: waits until the bootstrap Job has done its part in this image's database.

Done means: every migration of this image is applied, and an admin, the OAuth application and the default site are there. Looked up
in the database, so that a pod of a new version waits for its own migrations, while one that restarts later goes on at once.
"""

import argparse
import os
import sys
import time


def missing():
    """What of the bootstrap is not there yet, as a sentence, or None."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            first = plan[0][0]
            return f"{len(plan)} migrations, the next one {first.app_label}.{first.name}"
        return missing_rows()
    except DatabaseError as error:
        return f"the database: {str(error).strip().splitlines()[0]}"
    finally:
        connection.close()


def missing_rows():
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.sites.models import Site
    from oauth2_provider.models import get_application_model

    if not get_user_model().objects.filter(is_superuser=True, is_active=True).exists():
        return "an admin"
    if not get_application_model().objects.filter(client_id=os.environ["OAUTH2_CLIENT_ID"]).exists():
        return "the OAuth application"
    # what Django's own migration leaves; any other name may be somebody's choice
    if not Site.objects.filter(pk=settings.SITE_ID).exclude(domain="example.com").exists():
        return "the default site"
    return None


def wait(look, timeout, interval, clock=time.monotonic, sleep=time.sleep):
    """Calls look() until it finds nothing missing. True when done, False when the time is over."""
    deadline = clock() + timeout
    said = None
    while True:
        what = look()
        if what is None:
            print("the bootstrap is done", flush=True)
            return True
        if what != said:
            print(f"waiting for the bootstrap: {what}", flush=True)
            said = what
        if clock() + interval > deadline:
            print(f"gave up after {timeout:g} s; still missing: {what}. Look at the logs of the bootstrap Job", flush=True)
            return False
        sleep(interval)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timeout", type=float, default=900, help="seconds")
    parser.add_argument("--interval", type=float, default=3, help="seconds between two looks")
    options = parser.parse_args(argv)
    if "OAUTH2_CLIENT_ID" not in os.environ:
        print("OAUTH2_CLIENT_ID is not set", file=sys.stderr)
        return 2

    import django

    django.setup()
    return 0 if wait(missing, options.timeout, options.interval) else 1


if __name__ == "__main__":
    sys.exit(main())
