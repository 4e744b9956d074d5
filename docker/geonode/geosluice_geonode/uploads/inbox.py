"""The inbox as a file to write to: memory holds one part."""

import logging
import re
import uuid

from geosluice_geonode.environment import inbox, s3_client_arguments

logger = logging.getLogger("geosluice_geonode")

PART = 16 * 1024 * 1024


def s3():
    import boto3

    return boto3.client("s3", **s3_client_arguments())


class InboxUpload:
    """
    A raster below the user's own prefix, in a folder of its own: two files of one name never meet. Nothing is visible before
    complete(); after abort() nothing is left.
    """

    def __init__(self, username, file_name, client=None):
        self.client = client or s3()
        self.bucket, prefix = inbox()
        self.folder = f"{prefix}{_safe(username)}/{uuid.uuid4().hex}/"
        self.key = self.folder + _safe(file_name)
        self.buffer = bytearray()
        self.parts = []
        self.size = 0
        self.upload_id = None
        self.done = False
        self.sidecars = []

    def write(self, data):
        self.buffer += data
        self.size += len(data)
        while len(self.buffer) >= PART:
            self._send(bytes(self.buffer[:PART]))
            del self.buffer[:PART]

    def add_sidecar(self, data):
        """A metadata file beside the raster; before the raster is there, so that it is found with it."""
        key = self.key.rpartition(".")[0] + ".xml"
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType="application/xml")
        self.sidecars.append(key)

    def complete(self):
        if self.upload_id is None:
            self.client.put_object(Bucket=self.bucket, Key=self.key, Body=bytes(self.buffer), ContentType="image/tiff")
        else:
            if self.buffer:
                self._send(bytes(self.buffer))
            self.client.complete_multipart_upload(
                Bucket=self.bucket, Key=self.key, UploadId=self.upload_id, MultipartUpload={"Parts": self.parts}
            )
        self.done = True
        self.buffer.clear()
        return f"s3://{self.bucket}/{self.key}"

    def abort(self):
        if self.done:
            return
        self.done = True
        self.buffer.clear()
        try:
            if self.upload_id is not None:
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=self.key, UploadId=self.upload_id)
            self._remove(self.sidecars)
        except Exception:
            logger.exception("an unfinished upload is left in the inbox: %s", self.key)

    def take_back(self):
        """Removes what was complete already: its ingestion could not be started."""
        self._remove([self.key, *self.sidecars])

    def _remove(self, keys):
        for key in keys:
            self.client.delete_object(Bucket=self.bucket, Key=key)

    def _send(self, data):
        if self.upload_id is None:
            answer = self.client.create_multipart_upload(Bucket=self.bucket, Key=self.key, ContentType="image/tiff")
            self.upload_id = answer["UploadId"]
        number = len(self.parts) + 1
        answer = self.client.upload_part(
            Bucket=self.bucket, Key=self.key, UploadId=self.upload_id, PartNumber=number, Body=data
        )
        self.parts.append({"PartNumber": number, "ETag": answer["ETag"]})


def _safe(name):
    """Only what every store and GeoServer take as it is."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "_"
