"""Assets (the files of documents) for a GeoNode of many pods without a shared volume."""

import os

from django.conf import settings
from django.core.files.storage import storages
from geonode.assets.local import LocalAssetDownloadHandler, LocalAssetHandler


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
