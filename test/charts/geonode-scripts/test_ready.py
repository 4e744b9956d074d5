import contextlib
import io
import json
import os
import threading

import ready
from base import Case, contents

from lib_archive import pack
from lib_compare import GeoserverSilent, PrimaryAway
from lib_http import request
from lib_sidecar import bound
from lib_tree import Tree


def change(name, **more):
    return {"kind": "layer", "rest": f"layers/a:{name}.json", "name": name, "workspace": "a", "gone": False, **more}


class FakeGeoserver:
    def __init__(self):
        self.down = None
        self.is_gone = False
        self.holds = set()
        self.on_lacks = lambda: None

    def problem(self):
        self.is_gone = self.down is not None
        return self.down

    def lacks(self, change):
        self.on_lacks()
        return None if change["name"] in self.holds else "is not there"


class FakePrimary:
    def __init__(self, folder):
        self.folder = folder
        self.has = []
        self.now = 1000.0
        self.away = False
        self.asked = []

    @contextlib.contextmanager
    def changes(self, since):
        self.asked.append(since)
        if self.away:
            raise PrimaryAway("no answer")
        yield iter([*self.has, {"moment": self.now}])

    @contextlib.contextmanager
    def delta(self, since):
        out = io.BytesIO()
        pack(Tree(self.folder), io.StringIO('["workspaces/a/s/l1/layer.xml", false]\n'), self.now, out)
        out.seek(0)
        yield out

    def moment(self):
        if self.away:
            raise PrimaryAway("no answer")
        return self.now


class GateCase(Case):
    def setUp(self):
        super().setUp()
        self.write("<layer/>", "primary", "workspaces", "a", "s", "l1", "layer.xml")
        self.write('{"since": 900}', "replica", ".geosluice", "restored.json")
        self.geoserver, self.primary = FakeGeoserver(), FakePrimary(self.path("primary"))
        self.now, self.told = 0.0, []
        self.gate = self.new_gate()

    def new_gate(self):
        return ready.Gate(
            self.path("replica"),
            self.geoserver,
            self.primary,
            deadline=100,
            restarts=2,
            silence=120,
            clock=lambda: self.now,
            tell=self.told.append,
        )

    def look(self, seconds=10):
        self.now += seconds
        self.gate.look()
        return self.gate.phase


class Gate(GateCase):
    def test_it_is_ready_when_everything_since_the_restore_is_answered_for(self):
        self.primary.has = [change("l1"), change("l2")]
        self.geoserver.holds = {"l1"}
        self.assertEqual((self.look(), self.gate.ready), ("comparing", False))
        self.assertEqual(self.gate.status()["names"], ["layers/a:l2.json (is not there)"])
        self.geoserver.holds = {"l1", "l2"}
        self.assertEqual((self.look(), self.gate.ready), ("ready", True))
        self.assertEqual(self.primary.asked, [900, 900])

    def test_it_waits_for_its_geoserver_and_is_alive_meanwhile(self):
        self.geoserver.down = "connection refused"
        self.assertEqual(self.look(1000), "starting")
        self.assertEqual((self.gate.ready, self.gate.alive), (False, True))

    def test_missed_events_are_repaired_by_files_and_one_restart(self):
        self.primary.has = [change("l1")]
        self.look()
        self.assertEqual(self.look(101), "restarting")
        self.assertFalse(self.gate.alive)
        self.assertEqual(contents(self.path("replica"))["workspaces/a/s/l1/layer.xml"], b"<layer/>")
        self.assertEqual(self.look(), "restarting", "until GeoServer has gone down")
        self.geoserver.down = "connection refused"
        self.look()
        self.assertTrue(self.gate.alive, "while it starts again")
        self.geoserver.down, self.geoserver.holds = None, {"l1"}
        self.assertEqual((self.look(), self.gate.alive), ("ready", True))

    def test_restarts_are_counted_and_then_it_says_what_is_missing(self):
        self.primary.has = [change("l1")]
        for _ in range(2):
            self.look()
            self.assertEqual(self.look(101), "restarting")
            self.geoserver.down = "gone"
            self.look()
            self.geoserver.down = None
        self.look()
        self.assertEqual((self.look(101), self.gate.alive, self.gate.ready), ("stuck", True, False))
        self.assertIn("no restart is left: 1 of the primary's changes", self.told[-1])

    def test_a_restart_that_never_comes_is_not_waited_for_for_ever(self):
        self.primary.has = [change("l1")]
        self.look()
        self.look(101)
        self.assertEqual((self.look(200), self.gate.alive), ("comparing", True))

    def test_a_primary_that_is_away_makes_it_wait_without_a_deadline(self):
        self.primary.away = True
        for _ in range(3):
            self.assertEqual((self.look(101), self.gate.alive, self.gate.ready), ("comparing", True, False))
        self.primary.away = False
        self.assertEqual(self.look(), "ready")

    def test_once_ready_it_stays_so_whatever_the_primary_does(self):
        self.look()
        self.primary.away = True
        self.primary.has = [change("l9")]
        self.assertEqual((self.look(1000), self.gate.ready), ("ready", True))

    def test_it_is_not_ready_while_its_geoserver_is_silent_and_not_alive_after_long(self):
        self.look()
        self.geoserver.down = "timed out"
        self.look()
        self.assertEqual((self.gate.phase, self.gate.ready, self.gate.alive), ("silent", False, True))
        self.look(120)
        self.assertFalse(self.gate.alive)

    def test_a_long_comparison_is_no_silence(self):
        self.primary.has = [change("l1"), change("l2")]
        self.geoserver.holds = {"l1", "l2"}
        alive = []

        def slowly():
            self.now += 200
            alive.append(self.gate.alive)

        self.geoserver.on_lacks = slowly
        self.assertEqual(self.look(), "ready")
        self.assertEqual([*alive, self.gate.alive], [True, True, True])

    def test_a_geoserver_that_stops_answering_ends_the_comparison(self):
        self.primary.has = [change("l1"), change("l2")]

        def stop():
            raise GeoserverSilent("timed out")

        self.geoserver.on_lacks = stop
        self.look()
        self.assertEqual((self.gate.phase, self.gate.ready), ("silent", False))

    def test_after_a_silence_only_what_came_meanwhile_is_compared(self):
        self.look()
        self.primary.now = 5000.0
        self.look()
        self.geoserver.down = "restarting"
        self.look()
        self.primary.has = [change("l3")]
        self.geoserver.down = None
        self.assertEqual((self.look(), self.gate.ready), ("comparing", False))
        self.assertEqual(self.primary.asked[-1], 5000.0 - 60)

    def test_a_new_sidecar_goes_on_from_the_last_moment(self):
        self.look()
        self.gate = self.new_gate()
        self.assertEqual(self.gate.since, 1000.0)

    def test_without_a_restore_everything_is_compared(self):
        os.unlink(self.path("replica", ".geosluice", "restored.json"))
        self.gate = self.new_gate()
        self.look()
        self.assertEqual(self.primary.asked, [0.0])

    def test_the_same_reason_is_told_once(self):
        self.primary.has = [change("l1")]
        for _ in range(5):
            self.look(1)
        self.assertEqual(len(self.told), 1)


class Probes(GateCase):
    def ask(self, path):
        return request("GET", f"http://127.0.0.1:{self.server.server_address[1]}{path}")

    def test_probes_follow_the_gate(self):
        watcher = threading.Thread(target=threading.Event().wait, args=(5,), daemon=True)
        self.server = bound(ready.Handler, 0, gate=self.gate, watcher=watcher)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.assertEqual(self.ask("/healthz").status, 503, "its watcher does not run")
        watcher.start()
        statuses = [self.ask(path).status for path in ("/healthz", "/readyz", "/livez", "/status", "/x")]
        self.assertEqual(statuses, [200, 503, 200, 200, 404])
        self.look()
        self.assertEqual(self.ask("/readyz").status, 200)
        self.assertEqual(json.loads(self.ask("/status").body)["phase"], "ready")
