"""Takes a snapshot: the archive to S3, then `latest` to it, then the oldest away."""

import json
import threading
from datetime import datetime, timezone

from lib_archive import pack
from lib_run import Failed, say


class Snapshots:
    def __init__(self, journal, s3, bucket, prefix, keep):
        self.journal = journal
        self.s3 = s3
        self.bucket = bucket
        self.prefix = prefix
        self.keep = keep
        self.one = threading.Lock()

    def take(self):
        """@returns {key, createdAt, files, bytes, sha256}"""
        with self.one:
            moment, files = self.journal.changes(0)
            stamp = datetime.fromtimestamp(moment, timezone.utc).strftime("%Y%m%dT%H%M%S.%f")[:-3]
            key = f"{self.prefix}/{stamp}Z.tar.gz"
            upload = self.s3.upload(self.bucket, key)
            try:
                with files:
                    count = pack(self.journal.tree, files, moment, upload)
                upload.close()
            except BaseException:
                self._give_up(upload)
                raise
            taken = {
                "key": key,
                "createdAt": moment,
                "files": count,
                "bytes": upload.size,
                "sha256": upload.digest.hexdigest(),
            }
            self.s3.put(self.bucket, f"{self.prefix}/latest.json", json.dumps(taken).encode(), "application/json")
            say(f"Took snapshot {key}: {count} files, {upload.size} bytes.")
            self._drop_oldest(key)
            return taken

    def _give_up(self, upload):
        try:
            upload.abort()
        except Failed as error:
            say(f"An unfinished upload is left in the bucket: {error}")

    def _drop_oldest(self, newest):
        try:
            keys = sorted(key for key in self.s3.list(self.bucket, f"{self.prefix}/") if key.endswith(".tar.gz"))
            for key in keys[: -self.keep]:
                if key != newest:
                    self.s3.delete(self.bucket, key)
                    say(f"Removed snapshot {key}.")
        except Failed as error:
            # the snapshot is there: old ones that stay cost only room
            say(f"Old snapshots could not be removed: {error}")
