import io
import json
import os
import threading

import snapshot
from base import Case, contents, data_directory

from lib_archive import unpack
from lib_http import bearer, open_request, request
from lib_run import Failed
from lib_s3 import S3
from lib_sidecar import server
from lib_snapshots import Snapshots
from lib_tree import Journal, Tree

TOKEN = "a shared secret"


class MemoryS3:
    """As much of S3 as snapshots use."""

    def __init__(self):
        self.objects = {}
        self.broken = False

    def put(self, _bucket, key, body, _type=None):
        self.objects[key] = body

    def open(self, _bucket, key):
        if self.broken:
            raise Failed("S3 is away")
        return io.BytesIO(self.objects[key]) if key in self.objects else None

    def get_json(self, _bucket, key):
        if self.broken:
            raise Failed("S3 is away")
        return json.loads(self.objects[key]) if key in self.objects else None

    def list(self, _bucket, prefix):
        return sorted(key for key in self.objects if key.startswith(prefix))

    def delete(self, _bucket, key):
        del self.objects[key]

    def upload(self, _bucket, key):
        from lib_s3 import Upload

        return Upload(self, "bucket", key)


class Primary(Case):
    def setUp(self):
        super().setUp()
        self.primary, self.replica = data_directory(self.path("primary")), self.path("replica")
        self.layer("a", "s1", "l1")
        self.write("x", "primary", "cluster", "cluster.properties")
        self.s3 = MemoryS3()
        self.start()
        self.addCleanup(self.stop)
        self.patch = S3.from_environment
        S3.from_environment = classmethod(lambda _cls, _environment: self.s3)
        self.addCleanup(setattr, S3, "from_environment", self.patch)

    def start(self):
        self.journal = Journal(Tree(self.primary))
        self.server = server(0, TOKEN, self.journal, Snapshots(self.journal, self.s3, "b", "snaps", 2))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def layer(self, workspace, store, name):
        base = ("primary", "workspaces", workspace)
        self.write("<workspace/>", *base, "workspace.xml")
        url = f"<coverageStore><name>{store}</name><url>alias://b/{name}.tif</url></coverageStore>"
        self.write(url, *base, store, "coveragestore.xml")
        self.write(f"<coverage><nativeName>{name}</nativeName></coverage>", *base, store, name, "coverage.xml")
        self.write("<layer/>", *base, store, name, "layer.xml")

    def run_it(self, *arguments, **changes):
        environ = {
            "SNAPSHOT_TOKEN": TOKEN,
            "SNAPSHOT_URL": self.url,
            "SNAPSHOT_BUCKET": "b",
            "SNAPSHOT_PREFIX": "snaps",
            "INSTANCE_NAME": "replica-0",
            **changes,
        }
        if arguments[0] == "take" and "--timeout" not in arguments:
            arguments = [*arguments, "--timeout", "5"]
        return self.call(snapshot.main, list(arguments), environ)

    def restore(self, *arguments, timeout="5", **changes):
        return self.run_it("restore", "--data-dir", self.replica, "--timeout", timeout, *arguments, **changes)

    def catalog(self, folder):
        return {
            path: data
            for path, data in contents(folder).items()
            if not path.startswith((".geosluice/", "cluster/"))
        }


class Sidecar(Primary):
    def ask(self, method, path, token=TOKEN):
        return request(method, self.url + path, bearer(token), b"" if method == "POST" else None)

    def changes(self, since):
        answer = self.ask("GET", f"/changes?since={since}")
        lines = [json.loads(line) for line in answer.body.splitlines()]
        return lines[:-1], lines[-1]["moment"]

    def test_without_the_token_only_its_health_is_told(self):
        self.assertEqual(self.ask("GET", "/healthz", "wrong").status, 200)
        for method, path in (("POST", "/snapshot"), ("GET", "/changes?since=0"), ("GET", "/delta?since=0")):
            self.assertEqual(self.ask(method, path, "wrong").status, 401)
        self.assertEqual(self.s3.objects, {})

    def test_changes_are_catalog_objects_by_name_with_what_they_must_show(self):
        _, begin = self.changes(0)
        self.layer("a", "s2", "l2")
        os.unlink(os.path.join(self.primary, "workspaces/a/s1/l1/layer.xml"))
        found, _ = self.changes(begin)
        by_path = {line["rest"]: line for line in found}
        self.assertEqual(by_path["workspaces/a/coveragestores/s2.json"]["shows"], {"url": "alias://b/l2.tif"})
        self.assertEqual(by_path["workspaces/a/coveragestores/s2/coverages/l2.json"]["shows"], {"nativeName": "l2"})
        self.assertEqual((by_path["layers/a:l2.json"]["gone"], by_path["layers/a:l1.json"]["gone"]), (False, True))

    def test_wrong_questions_are_answered_400_and_forgotten_ones_410(self):
        for since in ("", "x", "-1", "nan", "inf"):
            self.assertEqual(self.ask("GET", f"/changes?since={since}").status, 400)
        self.assertEqual(self.ask("GET", "/delta?since=5").status, 410)
        self.assertEqual(self.ask("GET", "/nothing").status, 404)

    def test_a_delta_that_breaks_off_is_no_delta(self):
        self.journal.tree.read = lambda path: (_ for _ in ()).throw(OSError("disk"))
        from lib_http import HttpError

        with open_request("GET", f"{self.url}/delta?since=0", bearer(TOKEN)) as answer:
            with self.assertRaises((Failed, HttpError)):
                unpack(answer, self.path("to"))

    def test_snapshots_over_the_number_kept_are_removed_the_newest_never(self):
        keys = [json.loads(self.ask("POST", "/snapshot").body)["key"] for _ in range(4)]
        self.assertEqual(sorted(self.s3.objects), sorted([*keys[-2:], "snaps/latest.json"]))
        self.assertEqual(json.loads(self.s3.objects["snaps/latest.json"])["key"], keys[-1])

    def test_two_at_once_take_two_whole_ones(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.ask("POST", "/snapshot"))) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        self.assertEqual([answer.status for answer in answers], [200, 200])
        self.assertEqual(len({answer.json()["key"] for answer in answers}), 2)


class Restore(Primary):
    def test_a_replica_holds_the_snapshot_and_what_came_and_went_since(self):
        self.assertIn("Snapshot snaps/", self.run_it("take"))
        self.layer("a", "s2", "l2")
        os.unlink(os.path.join(self.primary, "workspaces/a/s1/l1/layer.xml"))
        self.restore()
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_it_has_its_own_name_in_the_cluster_and_a_marker(self):
        self.run_it("take")
        self.restore()
        self.assertEqual(self.read("replica", "cluster", "cluster.properties"), "instanceName=replica-0\n")
        marker = json.loads(self.read("replica", ".geosluice", "restored.json"))
        self.assertEqual(marker["instance"], "replica-0")
        self.assertTrue(marker["snapshot"].startswith("snaps/") and marker["since"] > 0)

    def test_a_second_restore_changes_nothing(self):
        self.restore()
        before = contents(self.replica)
        self.layer("a", "s9", "l9")
        self.assertIn("nothing was changed", self.restore())
        self.assertEqual(contents(self.replica), before)

    def test_without_a_snapshot_everything_comes_from_the_primary(self):
        out = self.restore()
        self.assertIn("There is no snapshot yet.", out)
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_with_s3_away_too(self):
        self.run_it("take")
        self.s3.broken = True
        self.assertIn("S3 is away", self.restore())
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_a_snapshot_with_another_checksum_is_left_and_nothing_of_it_stays(self):
        self.run_it("take")
        latest = json.loads(self.s3.objects["snaps/latest.json"])
        self.s3.objects["snaps/latest.json"] = json.dumps({**latest, "sha256": "0"}).encode()
        os.unlink(os.path.join(self.primary, "workspaces/a/s1/l1/layer.xml"))
        self.assertIn("checksum", self.restore())
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_with_the_primary_away_a_snapshot_alone_is_a_start(self):
        self.run_it("take")
        self.assertIn("from the snapshot alone", self.restore(timeout="0.3", SNAPSHOT_URL="http://127.0.0.1:9"))
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_with_neither_it_fails_or_starts_empty_where_that_is_allowed(self):
        away = {"SNAPSHOT_URL": "http://127.0.0.1:9", "timeout": "0.3"}
        with self.assertRaisesRegex(Failed, "Gave up waiting for the primary"):
            self.restore(**away)
        self.assertIn("Starting empty, as allowed", self.restore("--may-start-empty", **away))
        self.assertEqual(self.catalog(self.replica), {})

    def test_an_interrupted_restore_begins_anew(self):
        self.write("half", "replica", "workspaces", "old.xml")
        self.write("", "replica", ".geosluice", "restoring")
        self.restore()
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_a_directory_with_other_data_is_left_alone(self):
        self.write("mine", "replica", "global.xml")
        with self.assertRaisesRegex(Failed, "left alone"):
            self.restore()
        self.assertEqual(contents(self.replica), {"global.xml": b"mine"})

    def test_a_primary_that_forgot_gives_everything_anew(self):
        self.run_it("take")
        self.stop()
        for name in ("manifest", "deleted"):
            os.unlink(os.path.join(self.primary, ".geosluice", name))
        self.start()
        self.assertIn("everything anew", self.restore())
        self.assertEqual(self.catalog(self.replica), self.catalog(self.primary))

    def test_the_token_is_never_printed(self):
        with self.assertRaises(Failed) as raised:
            self.run_it("take", "--timeout", "0.2", SNAPSHOT_TOKEN="wrong secret")
        self.assertNotIn("wrong secret", str(raised.exception) + self.run_it("take") + self.restore())
