"""
Media, static files and assets on S3, for a GeoNode without a shared volume. Their addresses stay GeoNode's own: a bucket needs
no public access, and an address kept in the database never expires.
"""

import os
import shutil

from django.conf import settings
from django.core.files.storage import storages
from django.utils.encoding import filepath_to_uri
from geonode.assets.local import LocalAssetDownloadHandler, LocalAssetHandler
from geonode.storage.manager import StorageManagerInterface
from storages.backends.s3 import S3Storage


class MediaStorage(S3Storage):
    def url(self, name, *_args, **_kwargs):
        return settings.MEDIA_URL + filepath_to_uri(str(name).lstrip("/"))


class StaticStorage(S3Storage):
    def url(self, name, *_args, **_kwargs):
        return settings.STATIC_URL + filepath_to_uri(str(name).lstrip("/"))


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


class S3AssetHandler(LocalAssetHandler):
    """Files of documents: written to this pod's disk and to the bucket, fetched from there by whoever lacks them."""

    def create(self, *args, **kwargs):
        asset = super().create(*args, **kwargs)
        self._keep(asset)
        return asset

    def clone(self, source):
        fetch(source.get_real_instance())
        asset = super().clone(source)
        self._keep(asset)
        return asset

    def replace_data(self, asset, files):
        super().replace_data(asset, files)
        self._keep(asset)

    def remove_data(self, asset):
        real = asset.get_real_instance()
        fetch(real)
        for path in real.location:
            if self._is_file_managed(path):
                storages["default"].delete(_asset_key(path))
        super().remove_data(asset)

    def get_storage_manager(self, asset):
        fetch(asset.get_real_instance())
        return super().get_storage_manager(asset)

    def get_download_handler(self, asset=None):
        return S3AssetDownloadHandler()

    def _keep(self, asset):
        for path in asset.location:
            if self._is_file_managed(path) and os.path.isfile(path):
                with open(path, "rb") as file:
                    # S3Storage would take another name where this one is taken
                    storages["default"].bucket.upload_fileobj(file, _object(path))


class S3AssetDownloadHandler(LocalAssetDownloadHandler):
    def create_response(self, asset, *args, **kwargs):
        fetch(asset.get_real_instance())
        return super().create_response(asset, *args, **kwargs)


def fetch(asset):
    """The asset's files on this disk; those that are nowhere stay missing, as they would be."""
    for path in asset.location or []:
        if os.path.exists(path) or not LocalAssetHandler._is_file_managed(path):
            continue
        if not storages["default"].exists(_asset_key(path)):
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        draft = f"{path}.{os.getpid()}.part"
        storages["default"].bucket.download_file(_object(path), draft)
        os.replace(draft, path)


def _asset_key(path):
    return "assets/" + os.path.relpath(path, settings.ASSETS_ROOT)


def _object(path):
    return storages["default"]._normalize_name(_asset_key(path))
