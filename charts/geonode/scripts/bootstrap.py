"""
Makes a GeoNode out of empty databases, and brings an older one up to date: buckets, migrations, fixtures, Django's admin, the
OAuth application, the default site, GeoServer's admin. Runs as often as wanted: what is right stays, and is said to be.
"""

import argparse
import os
import sys
import tempfile

from lib_geoserver_admin import bring_in_line
from lib_run import Deadline, Environment, Failed, run, say, wait_until
from lib_s3 import S3


def main(arguments, environ=None):
    environment = Environment(environ)
    parser = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__)
    parser.add_argument("--collectstatic", action="store_true", help="collect static files, to S3 where settings say so")
    parser.add_argument("--skip-geoserver", action="store_true", help="leave GeoServer's admin alone")
    parser.add_argument("--timeout", type=float, default=environment.number("BOOTSTRAP_TIMEOUT_SECONDS", 900))
    given = parser.parse_args(arguments)
    wanted = _wanted(environment)
    geoserver = None if given.skip_geoserver else _geoserver(environment)
    buckets = [name.strip() for name in (environment.optional("BOOTSTRAP_BUCKETS") or "").split(",") if name.strip()]
    s3 = S3.from_environment(environment) if buckets else None
    environment.done()
    deadline = Deadline(given.timeout)
    for bucket in buckets:
        wait_until(lambda bucket=bucket: _bucket(s3, bucket), f"S3 with the bucket {bucket}", deadline)
    _set_up_django()
    import lib_django

    with lib_django.alone(deadline):
        lib_django.migrate()
        lib_django.load_fixtures()
        admin = lib_django.admin(wanted["user"], wanted["password"], wanted["email"])
        lib_django.oauth_application(admin, wanted["client_id"], wanted["client_secret"], wanted["redirects"])
        lib_django.site(wanted["site"])
        if given.collectstatic:
            lib_django.collect_static()
    if geoserver:
        bring_in_line(*geoserver, deadline)
    say("The bootstrap is done.")


def _wanted(environment):
    public = environment.url("GEOSERVER_PUBLIC_URL") or ""
    return {
        "user": environment.text("GEONODE_ADMIN_USER"),
        "password": environment.text("GEONODE_ADMIN_PASSWORD"),
        "email": environment.text("GEONODE_ADMIN_EMAIL", "", required=False),
        "client_id": environment.text("OAUTH2_CLIENT_ID"),
        "client_secret": environment.text("OAUTH2_CLIENT_SECRET"),
        # GeoNode's filter of GeoServer 2 comes back to the first, OpenID Connect of 3 to the second
        "redirects": [f"{public}/index.html", f"{public}/web/login/oauth2/code/oidc"],
        "site": environment.url("SITEURL"),
    }


def _geoserver(environment):
    old = environment.optional("GEOSERVER_OLD_PASSWORDS") or ""
    password = environment.text("GEOSERVER_ADMIN_PASSWORD") or ""
    try:
        password.encode("latin-1")
    except UnicodeEncodeError:
        environment.problems.append(
            "GEOSERVER_ADMIN_PASSWORD has letters outside of Latin-1, with which GeoNode does not start"
        )
    return (
        environment.url("GEOSERVER_URL"),
        environment.text("GEOSERVER_ADMIN_USER"),
        password,
        [each for each in old.split(",") if each],
    )


def _bucket(s3, bucket):
    made = s3.make_bucket(bucket)
    say(f"Made the bucket {bucket}." if made else f"The bucket {bucket} is there.")


def _set_up_django():
    # GeoNode's settings look for a folder to write its logs and downloads to
    os.environ.setdefault("HOME", tempfile.gettempdir())
    try:
        import django

        django.setup()
    except ImportError as error:
        raise Failed(f"{sys.executable} has no GeoNode: {error}.") from error


if __name__ == "__main__":
    run(main)
