"""
Snapshots of the primary's data directory, from which replicas start.

serve    sidecar of the primary: takes snapshots to S3, and tells and packs what changed since a moment
take     asks the sidecar for a snapshot: the CronJob's command
restore  init container of a replica: newest snapshot, then what changed since
"""

import argparse
import hashlib
import json
import os
import shutil
import time

from lib_archive import unpack
from lib_http import HttpError, bearer, open_request, request
from lib_run import Deadline, Environment, Failed, run, say, wait_until
from lib_s3 import S3
from lib_sidecar import serve
from lib_snapshots import Snapshots
from lib_tree import EXCLUDED, OWN, Journal, Tree
from lib_xml import write_whole

_FULL_STOP = "restored.json"
# a restored snapshot is good without its delta: the readiness gate compares anyway
_DELTA_WAIT_SECONDS = 60


def main(arguments, environ=None):
    environment = Environment(environ)
    parser = argparse.ArgumentParser(prog="snapshot.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    data_dir = environment.text("GEOSERVER_DATA_DIR", "/geoserver_data/data")
    serving = commands.add_parser("serve")
    serving.add_argument("--data-dir", default=data_dir)
    serving.add_argument("--port", type=int, default=8090)
    taking = commands.add_parser("take")
    taking.add_argument("--timeout", type=float, default=900)
    restoring = commands.add_parser("restore")
    restoring.add_argument("--data-dir", default=data_dir)
    restoring.add_argument("--may-start-empty", action="store_true")
    restoring.add_argument("--timeout", type=float, default=600)
    given = parser.parse_args(arguments)
    token = environment.text("SNAPSHOT_TOKEN")
    {"serve": _serve, "take": _take, "restore": _restore}[given.command](given, environment, token)


def _store(environment):
    bucket = environment.text("SNAPSHOT_BUCKET")
    prefix = environment.text("SNAPSHOT_PREFIX", "geoserver-snapshots").strip("/")
    return S3.from_environment(environment), bucket, prefix


def _serve(given, environment, token):
    s3, bucket, prefix = _store(environment)
    keep = environment.number("SNAPSHOT_KEEP", 5, 1)
    excluded = environment.text("SNAPSHOT_EXCLUDE", ",".join(EXCLUDED)).split(",")
    max_file = environment.number("SNAPSHOT_MAX_FILE_MIB", 64, 1) * 1024 * 1024
    environment.done()
    tree = Tree(given.data_dir, [name.strip() for name in excluded], max_file)
    journal = Journal(tree)
    serve(given.port, token, journal, Snapshots(journal, s3, bucket, prefix, keep))


def _take(given, environment, token):
    url = environment.url("SNAPSHOT_URL")
    environment.done()
    deadline = Deadline(given.timeout)
    say(f"Asking {url} for a snapshot.")

    def ask():
        try:
            answer = request("POST", f"{url}/snapshot", bearer(token), b"", max(1, deadline.left()))
        except HttpError as error:
            raise Failed(str(error)) from error
        if answer.status == 401:
            raise Failed("it refuses the token")
        if answer.status != 200:
            raise Failed(f"it answers {answer.status}: {answer.body.decode('utf-8', 'replace').strip()[:300]}")
        return answer.json()

    taken = wait_until(ask, "the primary's snapshot", deadline, 5)
    say(f"Snapshot {taken['key']}: {taken['files']} files, {taken['bytes']} bytes.")


def _restore(given, environment, token):
    url = environment.url("SNAPSHOT_URL")
    s3, bucket, prefix = _store(environment)
    instance = environment.optional("INSTANCE_NAME")
    environment.done()
    deadline = Deadline(given.timeout)
    if _marker(given.data_dir) is not None:
        say("This data directory was restored before: nothing was changed.")
        _name_instance(given.data_dir, instance)
        return
    _begin(given.data_dir)
    key, since = _from_snapshot(given.data_dir, s3, bucket, prefix)
    since = _from_primary(given, url, token, since, deadline)
    _name_instance(given.data_dir, instance)
    marker = {"since": since, "snapshot": key, "instance": instance, "at": time.time()}
    write_whole(os.path.join(given.data_dir, OWN, _FULL_STOP), json.dumps(marker).encode())


def _marker(data_dir):
    try:
        with open(os.path.join(data_dir, OWN, _FULL_STOP), encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def _begin(data_dir):
    """An empty folder, or one where a restore was interrupted: anything else is somebody's data."""
    os.makedirs(data_dir, exist_ok=True)
    begun = os.path.join(data_dir, OWN, "restoring")
    there = [name for name in os.listdir(data_dir) if name != "lost+found"]
    if there and not os.path.exists(begun):
        raise Failed(f"{data_dir} is not empty and no restore began in it: it is left alone.")
    _empty(data_dir)
    os.makedirs(os.path.dirname(begun), mode=0o750)
    with open(begun, "w", encoding="utf-8"):
        pass


def _empty(data_dir):
    for name in os.listdir(data_dir):
        place = os.path.join(data_dir, name)
        if name == "lost+found":
            continue
        if os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place)
        else:
            os.unlink(place)


def _from_snapshot(data_dir, s3, bucket, prefix):
    """@returns (key, moment), or (None, 0) where there is no snapshot that can be used"""
    try:
        latest = s3.get_json(bucket, f"{prefix}/latest.json")
        if latest is None:
            say("There is no snapshot yet.")
            return None, 0
        say(f"Restoring snapshot {latest['key']} of {latest['files']} files.")
        stream = s3.open(bucket, latest["key"])
        if stream is None:
            raise Failed("it is not in the bucket any more")
        with stream:
            hashing = _Hashing(stream)
            end = unpack(hashing, data_dir)
            if hashing.finish() != latest["sha256"]:
                raise Failed("its checksum is another one")
        return latest["key"], end["moment"]
    except Failed as error:
        say(f"The snapshot cannot be used: {error}")
        _empty(data_dir)
        os.makedirs(os.path.join(data_dir, OWN), mode=0o750)
        with open(os.path.join(data_dir, OWN, "restoring"), "w", encoding="utf-8"):
            pass
        return None, 0


def _from_primary(given, url, token, since, deadline):
    """@returns the moment up to which the directory holds everything"""
    what = "what changed since" if since else "everything"
    say(f"Asking the primary at {url} for {what}.")
    patience = Deadline(min(_DELTA_WAIT_SECONDS, deadline.left())) if since else deadline
    try:
        end = wait_until(lambda: _fetch(given.data_dir, url, token, since), "the primary", patience, 3)
    except Failed as error:
        if since:
            say(f"{error} Starting from the snapshot alone: the pod gets ready once the primary can be compared with.")
            return since
        if given.may_start_empty:
            say(f"{error} Starting empty, as allowed: the pod gets ready once it holds what the primary has.")
            return 0
        raise
    say(f"Restored {end['files']} files from the primary.")
    return end["moment"]


def _fetch(data_dir, url, token, since):
    try:
        with open_request("GET", f"{url}/delta?since={since}", bearer(token), timeout=120) as answer:
            if answer.status == 410:
                say("The primary does not remember what went since the snapshot: taking everything anew.")
                return _fetch(data_dir, url, token, 0)
            if answer.status != 200:
                raise Failed(f"it answers {answer.status}")
            return unpack(answer, data_dir)
    except HttpError as error:
        raise Failed(str(error)) from error


def _name_instance(data_dir, instance):
    """Its own name in the cluster: the snapshot leaves cluster/ out, so that no node takes the primary's."""
    if not instance:
        return
    path = os.path.join(data_dir, "cluster", "cluster.properties")
    os.makedirs(os.path.dirname(path), mode=0o750, exist_ok=True)
    lines = []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if line.split("=")[0].strip() != "instanceName"]
    write_whole(path, "\n".join([*lines, f"instanceName={instance}", ""]).encode())


class _Hashing:
    def __init__(self, stream):
        self.stream = stream
        self.digest = hashlib.sha256()

    def read(self, amount=None):
        data = self.stream.read(amount)
        self.digest.update(data)
        return data

    def finish(self):
        while self.read(1024 * 1024):
            pass
        return self.digest.hexdigest()


if __name__ == "__main__":
    run(main)
