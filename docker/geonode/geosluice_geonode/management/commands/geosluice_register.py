import json
import os
import sys

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from geonode import get_version

from geosluice_geonode.service import ACTIONS, answers
from geosluice_geonode.version import DOCUMENT_SCHEMA, VERSION

MAX_LINE = 16 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Registers datasets. Reads a batch a line from stdin, {id, register: [document, …]}, {id, unregister: […]} or "
        "{id, lookup: […]}, and writes its answers a line, {id, answers: [{…}, …]}, in the order they came. Ends with its input."
    )
    requires_system_checks = []

    def handle(self, *args, **options):
        source = sys.stdin.buffer
        # only answers go where answers are read; what libraries print goes to stderr
        out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)
        versions = {"version": VERSION, "geonode": get_version(), "schema": DOCUMENT_SCHEMA}
        self._write(out, {"ready": True, "app": "geosluice_geonode", **versions})
        while True:
            line = source.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE:
                while line and not line.endswith(b"\n"):
                    line = source.readline(MAX_LINE)
                self._write(out, _bad(None, f"a line has at most {MAX_LINE} bytes"))
                continue
            if line.strip():
                close_old_connections()
                self._write(out, _respond(line))

    @staticmethod
    def _write(out, document):
        out.write(json.dumps(document) + "\n")
        out.flush()


def _respond(line):
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        return _bad(None, f"not JSON: {str(error)[:200]}")
    if not isinstance(request, dict):
        return _bad(None, "not an object")
    asked = [action for action in ACTIONS if action in request]
    if len(asked) != 1 or not isinstance(request[asked[0]], list):
        return _bad(request.get("id"), f"needs a list of documents under one of: {', '.join(ACTIONS)}")
    return {"id": request.get("id"), "answers": answers(asked[0], request[asked[0]])}


def _bad(name, message):
    refusal = {"status": "error", "code": "GEONODE_REFUSED", "field": "document", "message": message, "retry": False}
    return {"id": name, "answers": [refusal]}
