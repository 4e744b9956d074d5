"""Runs the tests, and writes one JSON line a test to stdout: whatever is logged goes to stderr."""

import json
import os
import sys
import unittest

import tests.base  # noqa: F401  sets Django up


class Lines(unittest.TestResult):
    def _write(self, test, result, detail=""):
        print(json.dumps({"test": test.id(), "result": result, "detail": detail}), flush=True)

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
        self._write(test, "skipped", reason)


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    suite = unittest.defaultTestLoader.discover(folder, top_level_dir=os.path.dirname(folder))
    result = Lines()
    suite.run(result)
    print(json.dumps({"ran": result.testsRun}), flush=True)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
