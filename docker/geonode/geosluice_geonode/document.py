"""The shape of what comes in. The schema file is generated from packages/geonode/src/document.ts."""

import base64
import binascii
import json
import math
import os

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from geosluice_geonode.errors import Refused


def _validator(name):
    with open(os.path.join(os.path.dirname(__file__), "generated", name), encoding="utf-8") as file:
        return Draft202012Validator(json.load(file))


_REGISTRATION = _validator("registration.json")
_UNREGISTRATION = _validator("unregistration.json")
_LOOKUP = _validator("lookup.json")


def check_registration(document):
    """@raises Refused naming the field that is wrong"""
    _check(_REGISTRATION, document)
    for name in ("nativeBbox", "wgs84Bbox"):
        box = document["layer"][name]
        if len(box) != 4 or not all(math.isfinite(number) for number in box):
            raise Refused(f"layer.{name}", "is not a box of finite numbers")
    west, south, east, north = document["layer"]["wgs84Bbox"]
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused("layer.wgs84Bbox", "is not [west, south, east, north] in degrees")


def check_unregistration(document):
    _check(_UNREGISTRATION, document)


def check_lookup(document):
    _check(_LOOKUP, document)


def sidecar_bytes(sidecar):
    try:
        return base64.b64decode(sidecar["base64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("sidecar.base64", "is not base64") from error


def _check(validator, document):
    error = best_match(validator.iter_errors(document))
    if error is not None:
        field = ".".join(str(part) for part in error.absolute_path)
        raise Refused(field or "document", _short(error.message))


def _short(message):
    return message if len(message) <= 300 else f"{message[:140]} … {message[-140:]}"
