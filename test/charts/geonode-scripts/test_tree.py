import os
import threading

from base import Case

from lib_run import Failed
from lib_tree import Gone, Journal, Tree, inside, read_changes


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        self.now += 10
        return self.now


class Changes(Case):
    def setUp(self):
        super().setUp()
        for path in ("global.xml", "workspaces/a/workspace.xml", "workspaces/a/s/coveragestore.xml", "styles/x.sld"):
            self.put(path)
        self.put("logs/geoserver.log")
        self.put("gwc/tile.png")
        self.journal = Journal(Tree(self.folder), Clock())

    def put(self, path, text="<a/>", at=900_000):
        self.write(text, path)
        os.utime(self.path(path), (at, at))

    def since(self, moment):
        self.moment, file = self.journal.changes(moment)
        with file:
            return {path: gone for path, gone in read_changes(file)}

    def test_everything_leaves_out_logs_caches_and_its_own_memory(self):
        found = self.since(0)
        self.assertEqual(
            list(found), ["global.xml", "styles/x.sld", "workspaces/a/s/coveragestore.xml", "workspaces/a/workspace.xml"]
        )
        self.assertEqual(self.since(0), found)

    def test_nothing_changed_after_everything(self):
        self.since(0)
        self.assertEqual(self.since(self.moment), {})

    def test_what_came_changed_and_went_is_told_even_with_old_times(self):
        self.since(0)
        begin = self.moment
        self.put("workspaces/b/workspace.xml", at=1)
        self.put("global.xml", "<b/>", at=2)
        os.unlink(self.path("styles/x.sld"))
        os.rename(self.path("workspaces/a/s"), self.path("workspaces/a/t"))
        expected = {
            "global.xml": False,
            "workspaces/a/t/coveragestore.xml": False,
            "workspaces/b/workspace.xml": False,
            "styles/x.sld": True,
            "workspaces/a/s/coveragestore.xml": True,
        }
        self.assertEqual(self.since(begin), expected)
        after = self.moment
        self.assertEqual(self.since(begin), expected, "the same question has the same answer")
        self.assertEqual(self.since(after), {})

    def test_what_went_and_came_again_is_not_gone(self):
        self.since(0)
        begin = self.moment
        os.unlink(self.path("global.xml"))
        self.since(begin)
        self.put("global.xml")
        self.assertEqual(self.since(begin), {"global.xml": False})

    def test_it_outlives_the_process(self):
        self.since(0)
        begin = self.moment
        os.unlink(self.path("global.xml"))
        self.journal = Journal(Tree(self.folder), Clock())
        self.assertEqual(self.since(begin), {"global.xml": True})

    def test_a_moment_before_its_memory_is_refused(self):
        with self.assertRaises(Gone):
            self.since(5)
        self.since(0)
        with self.assertRaises(Gone):
            self.since(5)

    def test_links_are_never_followed(self):
        os.symlink("/etc/passwd", self.path("link"))
        os.symlink("/etc", self.path("folder-link"))
        self.assertNotIn("link", " ".join(self.since(0)))


class Reading(Case):
    def test_a_half_written_xml_is_read_again_until_it_is_whole(self):
        self.write("<a><b>", "x.xml")
        waits = []

        def finish(seconds):
            waits.append(seconds)
            if len(waits) == 3:
                self.write("<a><b/></a>", "x.xml")

        self.assertEqual(Tree(self.folder).read("x.xml", finish), b"<a><b/></a>")

    def test_a_file_that_is_rewritten_all_the_time_is_never_seen_in_pieces(self):
        texts = [f"<a>{letter * 200_000}</a>" for letter in "xyz"]
        self.write(texts[0], "x.xml")
        stop = threading.Event()

        def write():
            while not stop.is_set():
                for text in texts:
                    self.write(text, "x.xml")
                stop.wait(0.01)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for _ in range(30):
                self.assertIn(Tree(self.folder).read("x.xml").decode(), texts)
        finally:
            stop.set()
            writer.join()

    def test_what_vanished_is_none_and_so_is_what_is_too_large(self):
        self.write("x" * 100, "big.bin")
        tree = Tree(self.folder, max_file_bytes=99)
        self.assertIsNone(tree.read("gone.xml"))
        self.assertIsNone(tree.read("big.bin"))


class Inside(Case):
    def test_paths_that_lead_out_are_refused(self):
        os.symlink("/etc", self.path("link"))
        for name in ("/etc/x", "../x", "a/../../x", "a//b", "", ".", "a\\b", "a\0b", "link/x"):
            with self.assertRaises(Failed, msg=name):
                inside(self.folder, name)

    def test_ordinary_ones_are_not(self):
        self.assertEqual(inside(self.folder, "a/b..c/ü.xml"), self.path("a", "b..c", "ü.xml"))
