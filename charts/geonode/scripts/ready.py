"""
Readiness gate of a replica: ready only once its GeoServer answers for everything that the primary got since the restore. Where
events were missed it writes the missing files and has the container restart, which loads them.
"""

import argparse
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler

from lib_archive import unpack
from lib_compare import Geoserver, GeoserverSilent, Primary, PrimaryAway
from lib_http import HttpError
from lib_run import Deadline, Environment, Failed, run, say
from lib_sidecar import bound, run_until_told
from lib_tree import OWN
from lib_xml import write_whole

# an event on its way when GeoServer was last seen may be a little older than that
_SLACK_SECONDS = 60
# how long the liveness probe is failed for a restart; a kubelet that has not acted by then will not
_RESTART_WAIT_SECONDS = 180
_NAMES_TOLD = 5


def main(arguments, environ=None):
    environment = Environment(environ)
    parser = argparse.ArgumentParser(prog="ready.py", description=__doc__)
    parser.add_argument("--data-dir", default=environment.text("GEOSERVER_DATA_DIR", "/geoserver_data/data"))
    parser.add_argument("--port", type=int, default=8091)
    given = parser.parse_args(arguments)
    geoserver = Geoserver(
        environment.url("GEOSERVER_URL", "http://127.0.0.1:8080/geoserver"),
        environment.text("GEOSERVER_ADMIN_USER"),
        environment.text("GEOSERVER_ADMIN_PASSWORD"),
    )
    primary = Primary(environment.url("SNAPSHOT_URL"), environment.text("SNAPSHOT_TOKEN"))
    gate = Gate(
        given.data_dir,
        geoserver,
        primary,
        deadline=environment.number("READY_DEADLINE_SECONDS", 120),
        restarts=environment.number("READY_RESTARTS", 3),
        silence=environment.number("READY_SILENCE_SECONDS", 120),
    )
    interval = environment.number("READY_INTERVAL_SECONDS", 3)
    environment.done()
    stopped = threading.Event()
    watcher = threading.Thread(target=watch, args=(gate, interval, stopped), daemon=True)
    watcher.start()
    run_until_told(bound(Handler, given.port, gate=gate, watcher=watcher))
    stopped.set()


def watch(gate, interval, stopped):
    while not stopped.is_set():
        begin = time.monotonic()
        gate.look()
        # the primary reads its whole data directory for a look: with many layers it gets as much rest as work
        stopped.wait(max(interval, time.monotonic() - begin))


class Gate:
    """What is known of this replica; look() is called again and again by one thread, the rest may be read by any."""

    def __init__(self, data_dir, geoserver, primary, deadline, restarts, silence, clock=time.monotonic, tell=say):
        self.data_dir = data_dir
        self.geoserver = geoserver
        self.primary = primary
        self.deadline_seconds = deadline
        self.restarts_left = restarts
        self.silence = silence
        self.clock = clock
        self.tell = tell
        self.since = self._known_moment()
        self.ready = False
        self.phase = "starting"
        self.missing = []
        self.missing_count = 0
        self.answered_at = None
        self.comparing = False
        self.deadline = None
        self.restart_by = None

    @property
    def alive(self):
        """Whether the container may go on: not while a restart is wanted, nor after a long silence."""
        if self.restart_by is not None:
            return False
        # a long comparison is no silence: it ends at the first request that is not answered
        return self.comparing or self.answered_at is None or self.clock() - self.answered_at < self.silence

    def look(self):
        problem = self.geoserver.problem()
        if problem:
            self._is_down(problem)
            return
        self.answered_at = self.clock()
        if self.restart_by is not None:
            self._wait_for_restart()
        elif self.ready:
            self._move_on()
        else:
            self._compare()

    def status(self):
        return {
            "phase": self.phase,
            "ready": self.ready,
            "since": self.since,
            "missing": self.missing_count,
            "names": self.missing,
            "restartsLeft": self.restarts_left,
        }

    def _is_down(self, problem):
        self._enter("starting" if self.answered_at is None else "silent", f"GeoServer does not answer: {problem}")
        self.ready = False
        self.deadline = None
        if self.restart_by is not None and self.geoserver.is_gone:
            # the restart that was asked for: the next start loads the files that were written
            self.restart_by = None

    def _compare(self):
        if self.deadline is None:
            self.deadline = Deadline(self.deadline_seconds, self.clock)
        self.comparing = True
        try:
            count, names, moment = self._missing()
        except GeoserverSilent as error:
            self._is_down(str(error))
            return
        except PrimaryAway as error:
            self._enter("comparing", f"Not ready yet: the primary cannot be compared with: {error}")
            # only events that are late have a deadline
            self.deadline = None
            return
        finally:
            self.answered_at = max(self.answered_at, self._last_answer)
            self.comparing = False
        self.missing_count, self.missing = count, names
        if count == 0:
            self.since = moment
            self._remember()
            self.ready = True
            self._enter("ready", "Ready: this GeoServer answers for everything that the primary has.")
            return
        text = f"{count} of the primary's changes are missing here, among them {', '.join(names)}"
        if not self.deadline.over():
            self._enter("comparing", f"Not ready yet: {text}.")
        elif self.restarts_left > 0:
            self._repair(text)
        else:
            self._enter("stuck", f"Not ready, and no restart is left: {text}.")

    def _missing(self):
        count, names, moment = 0, [], None
        self._last_answer = self.answered_at
        with self.primary.changes(self.since) as changes:
            for change in changes:
                if "moment" in change:
                    moment = change["moment"]
                    break
                reason = self.geoserver.lacks(change)
                self._last_answer = self.clock()
                if reason:
                    count += 1
                    if len(names) < _NAMES_TOLD:
                        names.append(f"{change['rest']} ({reason})")
        if moment is None:
            raise PrimaryAway("its answer was cut off")
        return count, names, moment

    def _repair(self, text):
        try:
            with self.primary.delta(self.since) as delta:
                unpack(delta, self.data_dir)
        except (PrimaryAway, HttpError, Failed) as error:
            self._enter("comparing", f"The missing files could not be fetched: {error}")
            return
        self.restarts_left -= 1
        self.restart_by = self.clock() + _RESTART_WAIT_SECONDS
        self._enter("restarting", f"{text}. Wrote the primary's files; GeoServer's container is to restart and load them.")

    def _wait_for_restart(self):
        if self.clock() > self.restart_by:
            self.restart_by = None
            self.deadline = None
            self._enter("comparing", "GeoServer was not restarted: comparing again.")

    def _move_on(self):
        """While it answers, the cluster's events reach it: what happened before needs no look after a restart."""
        try:
            self.since = max(self.since, self.primary.moment() - _SLACK_SECONDS)
        except PrimaryAway:
            return
        self._remember()

    def _enter(self, phase, text):
        if (phase, text) != (self.phase, getattr(self, "text", None)):
            self.tell(text)
        self.phase, self.text = phase, text

    def _known_moment(self):
        for name in ("ready.json", "restored.json"):
            try:
                with open(os.path.join(self.data_dir, OWN, name), encoding="utf-8") as file:
                    return float(json.load(file)["since"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
        self.tell("This data directory was not restored from a snapshot: comparing with everything the primary has.")
        return 0.0

    def _remember(self):
        try:
            os.makedirs(os.path.join(self.data_dir, OWN), mode=0o750, exist_ok=True)
            write_whole(os.path.join(self.data_dir, OWN, "ready.json"), json.dumps({"since": self.since}).encode())
        except OSError as error:
            self.tell(f"The moment of comparison could not be kept: {error}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        answers = {
            "/readyz": self.gate.ready,
            "/livez": self.gate.alive,
            # without its watcher this process knows nothing any more
            "/healthz": self.watcher.is_alive(),
            "/status": True,
        }
        good = answers.get(self.path)
        data = json.dumps(self.gate.status()).encode()
        self.send_response(404 if good is None else 200 if good else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    run(main)
