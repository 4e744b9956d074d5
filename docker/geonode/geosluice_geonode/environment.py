"""What the app reads from the environment; imported by settings, so nothing of Django may be needed here."""

import os

from django.core.exceptions import ImproperlyConfigured


def choice(name, allowed):
    """One of the words; the first where nothing is said."""
    value = os.environ.get(name) or allowed[0]
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is one of {', '.join(allowed)}, not {value}")
    return value


def required(name):
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def s3_client_arguments():
    """For boto3: S3_ENDPOINT, AWS_REGION and the keys, as the other processes read them."""
    from botocore.config import Config

    endpoint = os.environ.get("S3_ENDPOINT") or None
    told = (os.environ.get("S3_FORCE_PATH_STYLE") or "").lower()
    path_style = told == "true" if told else endpoint is not None
    return {
        "endpoint_url": endpoint,
        "region_name": os.environ.get("AWS_REGION") or "us-east-1",
        "config": Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if path_style else "auto"},
            # the checksums boto3 adds by itself break some S3-compatible stores
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"max_attempts": 3, "mode": "standard"},
        ),
    }


def s3_storage(folder):
    """A row of STORAGES: `folder` of the media bucket, served under GeoNode's own address."""
    arguments = s3_client_arguments()
    return {
        "BACKEND": f"geosluice_geonode.storages.{folder.capitalize()}Storage",
        "OPTIONS": {
            "bucket_name": required("GEOSLUICE_MEDIA_BUCKET"),
            "location": folder,
            "access_key": os.environ.get("AWS_ACCESS_KEY_ID") or None,
            "secret_key": os.environ.get("AWS_SECRET_ACCESS_KEY") or None,
            "endpoint_url": arguments["endpoint_url"],
            "region_name": arguments["region_name"],
            "client_config": arguments["config"],
            "default_acl": None,
            "file_overwrite": folder == "static",
        },
    }


def inbox():
    """(bucket, prefix) of rasters that come through GeoNode's pages."""
    place = os.environ.get("GEOSLUICE_INBOX") or ""
    if place.startswith("s3://"):
        bucket, _, prefix = place[5:].partition("/")
    else:
        bucket, prefix = required("GEOSLUICE_INBOX_BUCKET"), os.environ.get("GEOSLUICE_INBOX_PREFIX") or "geonode/"
    prefix = prefix.strip("/")
    return bucket, f"{prefix}/" if prefix else ""
