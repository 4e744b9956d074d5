"""Serves media and static files where no web server stands before GeoNode, from whichever storage holds them."""

import mimetypes
import posixpath

from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpResponseNotModified
from django.utils.http import http_date, parse_http_date_safe

# thumbnails and avatars; documents are assets, which have addresses of their own that look at permissions
_MAX_AGE = {"default": 60, "staticfiles": 3600}


def stored_file(request, path, storage):
    name = posixpath.normpath(path)
    # assets lie in the same bucket, and are not for everybody
    if name.startswith((".", "/", "assets/")) or "\0" in name or (storage == "default" and name == "assets"):
        raise Http404
    backend = storages[storage]
    try:
        if not backend.exists(name):
            raise Http404
        changed = int(backend.get_modified_time(name).timestamp())
        since = parse_http_date_safe(request.headers.get("If-Modified-Since") or "")
        if since is not None and changed <= since:
            return HttpResponseNotModified()
        response = FileResponse(backend.open(name))
    except (FileNotFoundError, IsADirectoryError, SuspiciousOperation) as error:
        raise Http404 from error
    response["Content-Type"] = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response["Last-Modified"] = http_date(changed)
    response["Cache-Control"] = f"public, max-age={_MAX_AGE[storage]}"
    response["X-Content-Type-Options"] = "nosniff"
    if storage == "default":
        # an SVG that somebody uploaded must not run on GeoNode's address
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
