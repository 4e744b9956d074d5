import io
from unittest import mock

import requests
from django.core.management import CommandError, call_command
from tests.base import DatabaseCase


def reply(status, body):
    response = requests.Response()
    response.status_code, response._content, response.reason = status, body.encode(), "Reason"
    return response


class Ingest(DatabaseCase):
    def run_with(self, *replies, arguments=()):
        out = io.StringIO()
        with mock.patch("requests.Session.request", side_effect=replies) as asked:
            try:
                call_command(
                    "geosluice_ingest", "s3://in/a/", "--gateway=http://gw/", "--poll=0", *arguments, stdout=out
                )
                error = None
            except CommandError as raised:
                error = raised
        return out.getvalue(), error, asked

    def test_it_starts_an_ingestion_with_its_options(self):
        out, error, asked = self.run_with(reply(202, '{"id": "i1"}'), arguments=["--option", "permissions=owner"])
        self.assertIsNone(error)
        self.assertIn("i1", out)
        self.assertEqual(asked.call_args.args, ("POST", "http://gw/v1/ingestions"))
        self.assertEqual(asked.call_args.kwargs["json"], {"source": "s3://in/a/", "options": {"permissions": "owner"}})

    def test_it_waits_through_an_outage_and_prints_what_became_of_it(self):
        out, error, _asked = self.run_with(
            reply(202, '{"id": "i1"}'),
            reply(200, '{"id": "i1", "running": true}'),
            requests.ConnectionError(),
            reply(200, '{"id": "i1", "running": false, "counts": {"visible": 3, "dead": 0}}'),
            arguments=["--wait"],
        )
        self.assertIsNone(error)
        self.assertRegex(out, r"visible +3")

    def test_dead_letters_end_with_code_1(self):
        ended = reply(200, '{"id": "i1", "running": false, "counts": {"visible": 2, "dead": 1}}')
        out, error, _asked = self.run_with(reply(202, '{"id": "i1"}'), ended, arguments=["--wait"])
        self.assertEqual(error.returncode, 1)
        self.assertRegex(out, r"dead +1")

    def test_what_the_gateway_refuses_is_said_in_its_words(self):
        _out, error, _asked = self.run_with(reply(403, '{"title": "Forbidden", "detail": "key lacks the scope ingest"}'))
        self.assertIn("key lacks the scope ingest", str(error))

    def test_without_an_address_it_says_what_is_missing(self):
        with self.assertRaisesRegex(CommandError, "GEOSLUICE_URL"):
            call_command("geosluice_ingest", "s3://in/a/", "--gateway=")
