"""What the scripts share: environment with secrets from files, sentences, deadlines, exit codes."""

import os
import re
import sys
import time


class Failed(Exception):
    """The work could not be done; the message is for people. Exit code 1."""


class Wrong(Exception):
    """Arguments or environment are wrong; the message lists everything. Exit code 2."""


def say(text):
    """One sentence to standard output, at once: a pod's log is read while it waits."""
    print(text, flush=True)


def run(main):
    """Calls main(arguments), and ends the process with its exit code."""
    try:
        sys.exit(main(sys.argv[1:]) or 0)
    except Wrong as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(2)
    except Failed as error:
        print(error, file=sys.stderr, flush=True)
        sys.exit(1)


def masked(url):
    """The url without the password in it."""
    return re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", url)


class Environment:
    """Reads variables, and tells everything that is wrong in one go: call done() after the last one."""

    def __init__(self, environ=None):
        self.environ = os.environ if environ is None else environ
        self.problems = []

    def text(self, name, default=None, required=True):
        """The variable, or the content of the file that NAME_FILE names; `required` only where there is no default."""
        value = self.environ.get(name) or self._file(name)
        if value:
            return value
        if default is None and required:
            self.problems.append(f"{name} is not set, nor is {name}_FILE")
        return default

    def optional(self, name):
        return self.text(name, required=False)

    def url(self, name, default=None, required=True):
        """An http(s) url without a slash at its end."""
        value = self.text(name, default, required)
        if value and not re.match(r"https?://[^/\s]+", value):
            self.problems.append(f"{name} is no http or https url: {masked(value)}")
        return value.rstrip("/") if value else value

    def number(self, name, default, at_least=0):
        value = self.environ.get(name) or str(default)
        try:
            number = float(value)
        except ValueError:
            number = None
        if number is None or number != number or number < at_least:
            self.problems.append(f"{name} is no number of at least {at_least}: {value}")
            return default
        return int(number) if number == int(number) else number

    def flag(self, name, default):
        value = (self.environ.get(name) or "").lower()
        if value not in ("", "true", "false"):
            self.problems.append(f"{name} is neither true nor false: {value}")
        return default if value == "" else value == "true"

    def done(self):
        if self.problems:
            raise Wrong("\n".join(self.problems))

    def _file(self, name):
        path = self.environ.get(f"{name}_FILE")
        if not path:
            return None
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name}_FILE cannot be read: {path}: {type(error).__name__}")
            return "?"


class Deadline:
    """Seconds that are left, by a clock that nobody sets."""

    def __init__(self, seconds, now=time.monotonic):
        self.now = now
        self.end = now() + seconds

    def left(self):
        return max(0.0, self.end - self.now())

    def over(self):
        return self.left() <= 0


def wait_until(check, what, deadline, interval=2, sleep=time.sleep, tell=say):
    """
    Calls `check` until it returns instead of raising Failed, and gives back what it returned. Says what it waits for at
    first, and again whenever the reason changes; raises Failed when the deadline is over.
    """
    told = None
    while True:
        try:
            return check()
        except Failed as error:
            reason = str(error)
        if deadline.over():
            raise Failed(f"Gave up waiting for {what}: {reason}.")
        if reason != told:
            tell(f"Waiting for {what}: {reason}.")
            told = reason
        sleep(min(interval, max(0.05, deadline.left())))
