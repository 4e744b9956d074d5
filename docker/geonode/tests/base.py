"""Tests run on a database that is there already, each in a transaction that is rolled back."""

import json
import os

import django

django.setup()

from django.test import TestCase, TransactionTestCase  # noqa: E402

_FOLDER = os.path.dirname(__file__)


class DatabaseCase(TestCase):
    # GeoNode's second database holds vector data only
    databases = {"default"}


class CommittingCase(TransactionTestCase):
    """For what needs real transactions; cleans up after itself."""

    databases = {"default"}

    def _fixture_teardown(self):
        # TransactionTestCase would empty every table of the database
        pass


def example(**changes):
    """A document like those that packages/geonode makes; `metadata` and `layer` are merged."""
    with open(os.path.join(_FOLDER, "document.json"), encoding="utf-8") as file:
        document = json.load(file)
    for part in ("metadata", "layer"):
        document[part].update(changes.pop(part, {}))
    document.update(changes)
    return document
