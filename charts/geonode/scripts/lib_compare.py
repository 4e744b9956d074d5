"""The two sides the readiness gate compares: this node's GeoServer by REST, the primary by its sidecar."""

import contextlib
import json
import urllib.parse

from lib_catalog import differs
from lib_http import HttpError, basic, bearer, open_request, request

_TIMEOUT = 20
# maps drawn a look: names prove that the catalog is there, a few maps that it draws
_DRAWN_AT_MOST = 3


class PrimaryAway(Exception):
    """The primary's sidecar does not answer as it should."""


class GeoserverSilent(Exception):
    """This node's GeoServer stopped answering in the middle of a comparison."""


class Geoserver:
    def __init__(self, url, user, password):
        self.url = url
        self.headers = basic(user, password)
        self.is_gone = False
        self.drawn = 0

    def problem(self):
        """Why it does not answer, None where it does: REST with the login, and a WMS that looks at no layer."""
        self.is_gone = False
        self.drawn = 0
        for path, headers in (("rest/about/version.json", self.headers), ("wms?service=WMS&request=GetMap", {})):
            try:
                status = request("GET", f"{self.url}/{path}", headers, timeout=_TIMEOUT).status
            except HttpError as error:
                self.is_gone = True
                return str(error)
            if status == 401:
                return "it refuses the admin's login"
            # a WMS that complains of missing parameters is a WMS that answers
            if status != 200 and not (path.startswith("wms") and status < 500):
                return f"{path.partition('?')[0]} answers {status}"
        return None

    def lacks(self, change):
        """Why this node does not hold a change of the primary's, None where it does."""
        try:
            answer = request("GET", f"{self.url}/rest/{change['rest']}?quietOnNotFound=true", self.headers, None, _TIMEOUT)
        except HttpError as error:
            raise GeoserverSilent(str(error)) from error
        if change["gone"]:
            return None if answer.status == 404 else "is still there"
        if answer.status != 200:
            return "is not there" if answer.status == 404 else f"is answered with {answer.status}"
        try:
            shown = answer.json()
        except HttpError as error:
            return str(error)
        if differs(shown, change.get("shows", {})):
            return "is an older one"
        if change["kind"] == "coverage" and self.drawn < _DRAWN_AT_MOST:
            self.drawn += 1
            return self._draws(change, shown["coverage"])
        return None

    def _draws(self, change, coverage):
        """A few pixels from the middle. Only a layer that WMS does not know counts: S3 may be away for everybody."""
        box = coverage.get("latLonBoundingBox") or {}
        try:
            x, y = (box["minx"] + box["maxx"]) / 2, (box["miny"] + box["maxy"]) / 2
            half = max(min(box["maxx"] - box["minx"], box["maxy"] - box["miny"]) / 1000, 1e-7)
        except (KeyError, TypeError):
            return None
        query = urllib.parse.urlencode(
            {
                "service": "WMS",
                "version": "1.1.1",
                "request": "GetMap",
                "layers": change["name"],
                "styles": "",
                "srs": "EPSG:4326",
                "bbox": f"{x - half},{y - half},{x + half},{y + half}",
                "width": 8,
                "height": 8,
                "format": "image/png",
            }
        )
        place = "/".join(urllib.parse.quote(part, safe="") for part in (change["workspace"], change["name"]))
        try:
            answer = request("GET", f"{self.url}/{place}/wms?{query}", self.headers, None, _TIMEOUT)
        except HttpError:
            return None
        return "is unknown to WMS" if b"LayerNotDefined" in answer.body[:4096] else None


class Primary:
    def __init__(self, url, token):
        self.url = url
        self.headers = bearer(token)

    @contextlib.contextmanager
    def changes(self, since):
        """The changes one by one, as they come; the last line holds the moment."""
        with self._open(f"changes?since={since}") as answer:
            if answer.status == 410:
                # what went before its memory cannot be told any more; what is there can
                with self._open("changes?since=0") as whole:
                    yield self._lines(whole)
                return
            yield self._lines(answer)

    def _lines(self, answer):
        if answer.status != 200:
            raise PrimaryAway(f"it answers {answer.status}")
        try:
            for line in answer.lines():
                yield json.loads(line)
        except (HttpError, ValueError) as error:
            raise PrimaryAway(str(error)) from error

    @contextlib.contextmanager
    def delta(self, since):
        with self._open(f"delta?since={since}") as answer:
            if answer.status == 410:
                with self._open("delta?since=0") as whole:
                    yield self._whole(whole)
                return
            yield self._whole(answer)

    def _whole(self, answer):
        if answer.status != 200:
            raise PrimaryAway(f"it answers {answer.status}")
        return answer

    def moment(self):
        try:
            return float(request("GET", f"{self.url}/healthz", timeout=_TIMEOUT).json()["moment"])
        except (HttpError, KeyError, TypeError, ValueError) as error:
            raise PrimaryAway(str(error)) from error

    def _open(self, path):
        try:
            return open_request("GET", f"{self.url}/{path}", self.headers, timeout=120)
        except HttpError as error:
            raise PrimaryAway(str(error)) from error
