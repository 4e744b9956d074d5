"""What the tests of the chart's scripts share: the scripts on the path, a copy of a real data directory, quiet runs."""

import contextlib
import io
import os
import shutil
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
SCRIPTS = os.path.join(ROOT, "charts", "geonode", "scripts")
FIXTURE = os.path.join(ROOT, "test", "fixtures", "geoserver-security")
sys.path.insert(0, SCRIPTS)
sys.dont_write_bytecode = True


def data_directory(folder):
    """A data directory with the security files of a real one, as far as the fixture holds them."""
    os.makedirs(folder, exist_ok=True)
    shutil.copytree(FIXTURE, os.path.join(folder, "security"), dirs_exist_ok=True)
    os.rename(os.path.join(folder, "security", "global.xml"), os.path.join(folder, "global.xml"))
    for folder_path, _, names in os.walk(folder):
        os.chmod(folder_path, 0o750)
        for name in names:
            os.chmod(os.path.join(folder_path, name), 0o640)
    return folder


def contents(folder):
    """Every file below with its bytes."""
    found = {}
    for folder_path, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(folder_path, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="geosluice-scripts-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def read(self, *parts):
        with open(self.path(*parts), encoding="utf-8") as file:
            return file.read()

    def write(self, text, *parts):
        os.makedirs(os.path.dirname(self.path(*parts)), exist_ok=True)
        with open(self.path(*parts), "w", encoding="utf-8") as file:
            file.write(text)

    def call(self, main, arguments, environ):
        """@returns what it printed"""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            main(arguments, environ)
        return out.getvalue()
