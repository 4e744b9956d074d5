"""Runs the tests named (modules; all where none is), and writes one JSON line a test to stdout."""

import json
import os
import sys
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import base  # noqa: E402, F401  puts the scripts on the path


class Lines(unittest.TestResult):
    def _write(self, test, result, detail=""):
        print(json.dumps({"test": test.id(), "result": result, "detail": detail}), file=sys.__stdout__, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._write(test, "ok")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._write(test, "failed", self._exc_info_to_string(error, test))

    def addError(self, test, error):
        super().addError(test, error)
        self._write(test, "failed", self._exc_info_to_string(error, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._write(test, "failed", f"skipped: {reason}")


def main(names):
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names) if names else loader.discover(FOLDER)
    result = Lines()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
