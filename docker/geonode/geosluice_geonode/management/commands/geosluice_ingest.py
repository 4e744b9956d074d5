import json
import os
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from geosluice_geonode.gateway import Gateway, GatewayError

_FAILURES_IN_A_ROW = 5


class Command(BaseCommand):
    help = (
        "Starts an ingestion through geosluice's gateway: a prefix ending in / (everything below it) or one raster, as "
        "s3://bucket/key, https://host/path or file:///path. With --wait it ends when the ingestion does, with code 1 where "
        "datasets ended on the dead-letter list."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("source")
        parser.add_argument("--wait", action="store_true", help="wait for the end, and print what became of it")
        parser.add_argument("--timeout", type=int, default=0, help="seconds to wait at most; 0 waits for ever")
        parser.add_argument("--poll", type=float, default=2.0, help="seconds between two looks")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="e.g. permissions=owner")
        parser.add_argument("--gateway", default=_setting("GEOSLUICE_URL"), help="its url; else GEOSLUICE_URL")
        parser.add_argument("--key", default=None, help="an API key; better in the environment, as GEOSLUICE_KEY")

    def handle(self, *args, **options):
        if not options["gateway"]:
            raise CommandError("give the gateway's url by --gateway or GEOSLUICE_URL")
        gateway = Gateway(options["gateway"], options["key"] or _setting("GEOSLUICE_KEY"))
        try:
            ingestion = gateway.start(options["source"], dict(map(_option, options["option"])))
            self.stdout.write(f"ingestion {ingestion['id']}")
            if not options["wait"]:
                return
            ingestion = self._wait(gateway, ingestion["id"], options["poll"], options["timeout"])
        except GatewayError as error:
            raise CommandError(str(error)) from error
        self._print(ingestion)
        if ingestion.get("counts", {}).get("dead", 0) > 0 or ingestion.get("problems"):
            raise CommandError("some of it could not be ingested", returncode=1)

    def _wait(self, gateway, ingestion_id, poll, timeout):
        deadline = time.monotonic() + timeout if timeout else None
        failures = 0
        while True:
            try:
                ingestion = gateway.ingestion(ingestion_id)
                failures = 0
                if not ingestion.get("running"):
                    return ingestion
            except GatewayError:
                # a gateway that restarts does not end the ingestion
                failures += 1
                if failures >= _FAILURES_IN_A_ROW:
                    raise
            if deadline and time.monotonic() > deadline:
                raise CommandError(f"ingestion {ingestion_id} still runs after {timeout} s", returncode=2)
            time.sleep(poll)

    def _print(self, ingestion):
        for state, count in ingestion.get("counts", {}).items():
            if count:
                self.stdout.write(f"{state:<12} {count:>8}")
        for problem in ingestion.get("problems", []):
            self.stdout.write(f"{problem.get('code')}: {problem.get('source')}: {problem.get('message')}")


def _setting(name):
    return getattr(settings, name, None) or os.environ.get(name)


def _option(text):
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"--option {text}: write NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
