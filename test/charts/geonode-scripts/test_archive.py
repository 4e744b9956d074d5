import io
import json
import os
import tarfile
import tracemalloc

from base import Case, contents

from lib_archive import pack, unpack
from lib_run import Failed
from lib_tree import Tree


def lines(*changes):
    return io.StringIO("".join(json.dumps(change) + "\n" for change in changes))


def archive(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for member, data in members:
            if isinstance(member, str):
                member = tarfile.TarInfo(member)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    out.seek(0)
    return out


END = (".geosluice/end.json", b'{"files": 1, "moment": 5}')


class Archive(Case):
    def setUp(self):
        super().setUp()
        self.tree = Tree(self.path("from"))
        self.to = self.path("to")
        os.mkdir(self.to)

    def test_what_was_packed_is_unpacked_and_what_went_is_removed_with_its_empty_folders(self):
        self.write("<a/>", "from", "workspaces", "é", "workspace.xml")
        self.write("old", "to", "workspaces", "gone", "s", "coveragestore.xml")
        self.write("kept", "to", "workspaces", "x.xml")
        out = io.BytesIO()
        gone = ["workspaces/gone/s/coveragestore.xml", True]
        pack(self.tree, lines(["workspaces/é/workspace.xml", False], ["vanished.xml", False], gone), 7.5, out)
        out.seek(0)
        self.assertEqual(unpack(out, self.to), {"files": 1, "moment": 7.5})
        self.assertEqual(contents(self.to), {"workspaces/é/workspace.xml": b"<a/>", "workspaces/x.xml": b"kept"})
        self.assertFalse(os.path.exists(self.path("to", "workspaces", "gone")))

    def test_a_truncated_archive_is_refused(self):
        self.write(os.urandom(50_000).hex(), "from", "a.bin")
        out = io.BytesIO()
        pack(self.tree, lines(["a.bin", False]), 1, out)
        for length in (0, 10, len(out.getvalue()) // 2):
            with self.assertRaises(Failed):
                unpack(io.BytesIO(out.getvalue()[:length]), self.to)

    def test_an_archive_without_its_end_is_refused(self):
        with self.assertRaisesRegex(Failed, "cut off"):
            unpack(archive(("a.xml", b"1")), self.to)

    def test_paths_that_lead_out_are_refused(self):
        for name in ("../evil", "/evil", "a/../../evil", ".geosluice/restored.json"):
            with self.assertRaisesRegex(Failed, "refused|leads out"):
                unpack(archive((name, b"1"), END), self.to)
        self.assertEqual(contents(self.to), {})

    def test_links_and_devices_are_refused(self):
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("x")
            member.type, member.linkname = kind, "/etc/passwd"
            with self.assertRaisesRegex(Failed, "no plain file"):
                unpack(archive((member, b"")), self.to)

    def test_a_list_of_deletions_cannot_reach_outside(self):
        self.write("x", "outside")
        with self.assertRaisesRegex(Failed, "refused"):
            unpack(archive((".geosluice/deleted", b'"../outside"\n')), self.to)
        self.assertEqual(self.read("outside"), "x")

    def test_memory_does_not_grow_with_the_number_of_files(self):
        self.write("<a/>", "from", "a.xml")

        class Sink(io.RawIOBase):
            def write(self, data):
                return len(data)

        def peak(count):
            changes = ('["a.xml", false]\n' for _ in range(count))
            tracemalloc.start()
            pack(self.tree, changes, 1, Sink())
            top = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return top

        peak(2000)
        self.assertLess(peak(10_000), peak(2000) + 300_000)
