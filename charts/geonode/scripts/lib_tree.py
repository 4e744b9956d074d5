"""
A data directory and what happened to it: every file in one order, what came, changed or went since a moment. The memory of it
(`.geosluice/manifest` and `.geosluice/deleted`) lies in the directory itself; nothing is held in memory but one folder's names.
"""

import json
import os
import stat
import tempfile
import threading
import time
from xml.parsers import expat

from lib_run import Failed, say

OWN = ".geosluice"
# what this node alone writes, and caches; cluster/ holds its own name in the cluster
EXCLUDED = ("logs", "log", "gwc", "tmp", "temp", "cluster", "monitoring", "filelocks", "lost+found")
_TRIES = 20
_DELETED_AT_MOST = 200_000


class Gone(Exception):
    """The memory of deletions begins later than what was asked for."""


class Tree:
    def __init__(self, root, excluded=EXCLUDED, max_file_bytes=64 * 1024 * 1024):
        self.root = root
        self.excluded = frozenset(excluded) | {OWN}
        self.max_file_bytes = max_file_bytes

    def walk(self):
        """(path, stat) of each plain file, in the order of the paths' parts; links and what is excluded are left out."""
        yield from self._walk("", self.excluded)

    def _walk(self, folder, excluded=frozenset()):
        try:
            names = sorted(os.listdir(os.path.join(self.root, folder)))
        except (FileNotFoundError, NotADirectoryError):
            return  # went while we looked
        for name in names:
            # drafts of writers that rename when they are done
            if name in excluded or name.endswith((".tmp", ".geosluice-draft")) or name.startswith(".geosluice-"):
                continue
            path = f"{folder}/{name}" if folder else name
            try:
                there = os.lstat(os.path.join(self.root, path))
            except FileNotFoundError:
                continue
            if stat.S_ISDIR(there.st_mode):
                yield from self._walk(path)
            elif stat.S_ISREG(there.st_mode):
                yield path, there

    def read(self, path, sleep=time.sleep):
        """
        The file whole: read between two equal looks, and where it is XML, to its end tag. None where it is gone or too
        large. A file that stays broken is taken as it is, and named.
        """
        data = None
        for _ in range(_TRIES):
            try:
                with open(os.path.join(self.root, path), "rb") as file:
                    before = os.fstat(file.fileno())
                    if before.st_size > self.max_file_bytes:
                        say(f"Left out {path}: it has {before.st_size // 1048576} MiB.")
                        return None
                    data = file.read()
                after = os.stat(os.path.join(self.root, path))
            except (FileNotFoundError, NotADirectoryError):
                return None
            if _same(before, after) and len(data) == before.st_size and _is_whole(path, data):
                return data
            sleep(0.05)
        say(f"Took {path} as it is: it kept changing, or is no whole XML.")
        return data


def _same(before, after):
    return (before.st_ino, before.st_mtime_ns, before.st_size) == (after.st_ino, after.st_mtime_ns, after.st_size)


def _is_whole(path, data):
    if not path.endswith((".xml", ".sld")):
        return True
    try:
        expat.ParserCreate().Parse(data, True)
        return True
    except expat.ExpatError:
        return False


class Journal:
    """When each file was seen to come, change or go. Moments are seconds of this clock, and rise."""

    def __init__(self, tree, clock=time.time):
        self.tree = tree
        self.clock = clock
        self.lock = threading.Lock()
        self.folder = os.path.join(tree.root, OWN)
        self.last = 0.0

    def changes(self, since):
        """
        (moment, file) where the file holds a JSON line [path, gone] for each file that came, changed or went after `since`;
        0 is everything that is there. The moment is the next `since`. Close the file.
        """
        with self.lock:
            os.makedirs(self.folder, mode=0o750, exist_ok=True)
            moment = self._moment()
            first = not os.path.exists(self._path("manifest"))
            if since and (first or since < self._header()[0]):
                if first:
                    self._scan(moment, since, tempfile.TemporaryFile("w+", dir=self.folder))
                raise Gone()
            found = tempfile.TemporaryFile("w+", dir=self.folder, encoding="utf-8")
            self._scan(moment, since, found)
            if since:
                self._deleted_after(since, found)
            found.seek(0)
            return moment, found

    def _moment(self):
        # also where the process is a new one and the clock was set back
        self.last = max(self.clock(), self.last + 0.001, self._header()[1] + 0.001)
        return round(self.last, 3)

    def _scan(self, moment, since, found):
        """Merges what is there with the manifest: both are in the same order."""
        first = not os.path.exists(self._path("manifest"))
        draft = self._path("manifest.geosluice-draft")
        with open(draft, "w", encoding="utf-8") as new, open(self._path("deleted"), "a", encoding="utf-8") as deleted:
            new.write(json.dumps([moment if first else self._header()[0], moment]) + "\n")
            old = self._manifest()
            known = next(old, None)
            for path, there in self.tree.walk():
                place = path.split("/")
                while known is not None and known[0].split("/") < place:
                    deleted.write(json.dumps([moment, known[0]]) + "\n")
                    known = next(old, None)
                seen = there.st_mtime if first else moment
                if known is not None and known[0] == path:
                    if known[1:3] == [there.st_mtime_ns, there.st_size]:
                        seen = known[3]
                    known = next(old, None)
                new.write(json.dumps([path, there.st_mtime_ns, there.st_size, seen]) + "\n")
                if seen > since or not since:
                    found.write(json.dumps([path, False]) + "\n")
            while known is not None:
                deleted.write(json.dumps([moment, known[0]]) + "\n")
                known = next(old, None)
        os.replace(draft, self._path("manifest"))

    def _manifest(self):
        try:
            with open(self._path("manifest"), encoding="utf-8") as file:
                next(file, None)
                for line in file:
                    yield json.loads(line)
        except FileNotFoundError:
            return

    def _header(self):
        """[since when deletions are known, the last moment]"""
        try:
            with open(self._path("manifest"), encoding="utf-8") as file:
                return json.loads(file.readline())
        except FileNotFoundError:
            return [0.0, 0.0]

    def _deleted_after(self, since, found):
        count = 0
        with open(self._path("deleted"), encoding="utf-8") as file:
            for line in file:
                count += 1
                moment, path = json.loads(line)
                # what came again is not gone
                if moment > since and not os.path.lexists(os.path.join(self.tree.root, path)):
                    found.write(json.dumps([path, True]) + "\n")
        if count > _DELETED_AT_MOST:
            self._forget(count // 2)

    def _forget(self, lines):
        """The oldest deletions go; who asks for what was before them takes everything anew."""
        draft, begin = self._path("deleted.geosluice-draft"), None
        with open(self._path("deleted"), encoding="utf-8") as old, open(draft, "w", encoding="utf-8") as new:
            for number, line in enumerate(old):
                if number < lines:
                    begin = json.loads(line)[0]
                else:
                    new.write(line)
        manifest = self._path("manifest.geosluice-draft")
        with open(self._path("manifest"), encoding="utf-8") as old, open(manifest, "w", encoding="utf-8") as new:
            new.write(json.dumps([begin, json.loads(old.readline())[1]]) + "\n")
            for line in old:
                new.write(line)
        os.replace(manifest, self._path("manifest"))
        os.replace(draft, self._path("deleted"))

    def _path(self, name):
        return os.path.join(self.folder, name)


def read_changes(file):
    """(path, gone) of each line."""
    for line in file:
        path, gone = json.loads(line)
        yield path, gone


def inside(root, name):
    """The place of a path of an archive below root; refuses what would lead out of it."""
    parts = name.split("/")
    if not name or name.startswith("/") or "\\" in name or "\0" in name or any(p in ("", ".", "..") for p in parts):
        raise Failed(f"The archive holds the path {name!r}, which is refused.")
    place = os.path.join(root, *parts)
    real = os.path.realpath(os.path.dirname(place))
    if real != os.path.realpath(root) and not real.startswith(os.path.realpath(root) + os.sep):
        raise Failed(f"The archive holds the path {name!r}, which leads out of {root}.")
    return place
