"""
Takes rasters out of an upload while it is read: to the inbox, part by part, without touching this pod's disk; or nowhere, where
raster uploads are off. Everything else goes on to GeoNode's own handlers.
"""

from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopFutureHandlers

from geosluice_geonode.uploads.inbox import InboxUpload

RASTER_EXTENSIONS = {"tif", "tiff", "geotif", "geotiff"}


def is_raster(name):
    return PurePosixPath(name or "").suffix.lower().lstrip(".") in RASTER_EXTENSIONS


class InboxFile(UploadedFile):
    """A raster that lies in the inbox, complete only once keep() was called."""

    def __init__(self, upload, **fields):
        super().__init__(file=None, **fields)
        self.upload = upload

    def keep(self):
        """@returns its address, s3://bucket/key"""
        return self.upload.complete()

    def close(self):
        # Django closes the files of a request at its end, whatever became of it
        self.upload.abort()


class RasterUploadHandler(FileUploadHandler):
    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        match = self.request.resolver_match
        mode = getattr(settings, "GEOSLUICE_RASTER_UPLOADS", None)
        self.mode = mode if match and match.url_name == "importer_upload" else None
        self.upload = None

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.upload = None
        if self.mode is None or self.field_name != "base_file" or not is_raster(self.file_name):
            return
        self.request.geosluice_raster = self.file_name
        # the view has not looked at permissions yet: not a byte is kept for who may not upload
        if self.mode == "off" or not _may_upload(self.request.user):
            raise SkipFile()
        self.upload = InboxUpload(self.request.user.get_username(), self.file_name)
        raise StopFutureHandlers()

    def receive_data_chunk(self, raw_data, start):
        if self.upload is None:
            return raw_data
        self.upload.write(raw_data)
        return None

    def file_complete(self, file_size):
        if self.upload is None:
            return None
        upload, self.upload = self.upload, None
        fields = {"name": self.file_name, "content_type": self.content_type, "size": upload.size}
        return InboxFile(upload, charset=self.charset, content_type_extra=self.content_type_extra, **fields)

    def upload_interrupted(self):
        if self.upload is not None:
            self.upload.abort()


def _may_upload(user):
    return user.is_authenticated and (user.is_superuser or user.has_perm("base.add_resourcebase"))
