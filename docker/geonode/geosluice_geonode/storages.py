"""
Media and static files on S3. Their addresses stay GeoNode's own: a bucket needs no public access, and an address kept in the
database never expires. Nothing of GeoNode may be imported here: its models ask for storages while they are loaded.
"""

from django.conf import settings
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage


class MediaStorage(S3Storage):
    def url(self, name, *_args, **_kwargs):
        return settings.MEDIA_URL + filepath_to_uri(str(name).lstrip("/"))


class StaticStorage(S3Storage):
    def url(self, name, *_args, **_kwargs):
        return settings.STATIC_URL + filepath_to_uri(str(name).lstrip("/"))
