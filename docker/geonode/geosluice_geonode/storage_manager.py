"""GeoNode's own way to its files, over the bucket that holds media."""

import os
import shutil

from django.conf import settings
from django.core.files.storage import storages
from geonode.storage.manager import StorageManagerInterface


class S3StorageManager(StorageManagerInterface):
    """What GeoNode's code takes for its files: names below MEDIA_ROOT are in the bucket, other absolute paths on this disk."""

    def delete(self, name):
        if self._local(name):
            os.unlink(name)
        else:
            self._storage.delete(self._key(name))

    def exists(self, name):
        if self._local(name):
            return os.path.exists(name)
        key = self._key(name)
        if self._storage.exists(key):
            return True
        folders, files = self._storage.listdir(key)
        return bool(folders or files)

    def listdir(self, path):
        if self._local(path):
            entries = list(os.scandir(path))
            return [e.name for e in entries if e.is_dir()], [e.name for e in entries if not e.is_dir()]
        return self._storage.listdir(self._key(path))

    def rmtree(self, path, ignore_errors=False):
        if self._local(path):
            shutil.rmtree(path, ignore_errors=ignore_errors)
        else:
            super().rmtree(path, ignore_errors=ignore_errors)

    def open(self, name, mode="rb"):
        return open(name, mode=mode) if self._local(name) else self._storage.open(self._key(name), mode=mode)

    def path(self, name):
        return name if os.path.isabs(name) else os.path.join(settings.MEDIA_ROOT, name)

    def save(self, name, content, max_length=None):
        key = self._key(name)
        # GeoNode makes a thumbnail smaller by saving it again under its name, which is its own already
        if key.startswith(f"{settings.THUMBNAIL_LOCATION}/") and self._storage.exists(key):
            self._storage.delete(key)
        return self._storage.save(key, content, max_length=max_length)

    def size(self, name):
        return os.path.getsize(name) if self._local(name) else self._storage.size(self._key(name))

    def url(self, name):
        return self._storage.url(self._key(name))

    def generate_filename(self, filename):
        return self._storage.generate_filename(filename)

    @property
    def _storage(self):
        return storages["default"]

    def _local(self, name):
        return os.path.isabs(str(name)) and not str(name).startswith(self._root)

    def _key(self, name):
        return str(name).removeprefix(self._root)

    @property
    def _root(self):
        return os.path.join(os.path.normpath(settings.MEDIA_ROOT), "")
