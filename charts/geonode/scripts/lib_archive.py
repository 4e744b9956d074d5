"""Packs a data directory into a tar.gz and unpacks it, as streams: memory holds one file."""

import gzip
import io
import json
import os
import shutil
import tarfile
import tempfile
import time
import zlib

from lib_run import Failed
from lib_tree import OWN, inside, read_changes

_DELETED, _END = f"{OWN}/deleted", f"{OWN}/end.json"


def pack(tree, changes, moment, out):
    """Writes the files that changed, the list of those that went, and an end by which a whole archive is known."""
    files = 0
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=5) as packed:
        # 1 MiB a block: gzip is asked less often
        with tarfile.open(fileobj=packed, mode="w|", bufsize=1 << 20, format=tarfile.PAX_FORMAT) as tar:
            with tempfile.TemporaryFile() as gone_paths:
                for path, gone in read_changes(changes):
                    if gone:
                        gone_paths.write(json.dumps(path).encode() + b"\n")
                        continue
                    data = tree.read(path)
                    if data is not None:
                        _add(tar, path, data)
                        files += 1
                gone_paths.seek(0)
                _add(tar, _DELETED, gone_paths.read())
            _add(tar, _END, json.dumps({"files": files, "moment": moment}).encode())
    return files


def unpack(source, root):
    """
    Writes an archive's files below root, and removes those it lists as gone. Refuses links and paths that lead out, and an
    archive without its end. @returns {files, moment}
    """
    root = os.path.abspath(root)
    files, end = 0, None
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as tar:
            for member in tar:
                # tarfile keeps every member it saw
                tar.members = []
                name = member.name
                if not member.isfile():
                    raise Failed(f"The archive holds {name!r}, which is no plain file: refused.")
                if name == _DELETED:
                    _remove(root, tar.extractfile(member))
                elif name == _END:
                    end = json.loads(tar.extractfile(member).read())
                elif name.split("/")[0] == OWN:
                    raise Failed(f"The archive holds the path {name!r}, which is refused.")
                else:
                    _write(inside(root, name), tar.extractfile(member), member.mtime)
                    files += 1
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        raise Failed(f"The archive cannot be read: {error}") from error
    if end is None or end["files"] != files:
        raise Failed("The archive is cut off.")
    return end


def _add(tar, path, data):
    member = tarfile.TarInfo(path)
    member.size, member.mode, member.mtime = len(data), 0o640, int(time.time())
    tar.addfile(member, io.BytesIO(data))
    tar.members = []


def _write(place, source, mtime):
    os.makedirs(os.path.dirname(place), mode=0o750, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=os.path.dirname(place), prefix=".geosluice-")
    try:
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(source, file, 1024 * 1024)
        os.chmod(draft, 0o640)
        os.utime(draft, (mtime, mtime))
        os.replace(draft, place)
    except BaseException:
        os.unlink(draft)
        raise


def _remove(root, paths):
    for line in paths:
        place = inside(root, json.loads(line))
        try:
            os.unlink(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        folder = os.path.dirname(place)
        # folders that hold nothing any more are workspaces and stores that went
        while folder != root and not os.listdir(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)
