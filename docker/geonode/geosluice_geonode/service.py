"""One item in, one answer out: what the HTTP endpoint and the management command have in common."""

import logging

from django.db import DatabaseError, close_old_connections, connection

from geosluice_geonode.errors import Refused
from geosluice_geonode.lookup import lookup
from geosluice_geonode.registration import register
from geosluice_geonode.unregistration import unregister

logger = logging.getLogger("geosluice_geonode")

ACTIONS = {"register": register, "unregister": unregister, "lookup": lookup}


def answer(action, document):
    """Never raises: {status: …} of the action, or {status: error, code, message, field?, retry}."""
    try:
        return ACTIONS[action](document)
    except Refused as refusal:
        message = f"{refusal.field}: {refusal.message}"
        return {"status": "error", "code": refusal.code, "field": refusal.field, "message": message, "retry": False}
    except Exception as error:
        logger.exception("%s of %s failed", action, _subject(document))
        if isinstance(error, DatabaseError) and not connection.in_atomic_block:
            close_old_connections()
        message = f"{type(error).__name__}: {str(error)[:500]}"
        return {"status": "error", "code": "FAILED", "message": message, "retry": True}


def _subject(document):
    return document.get("dataset") if isinstance(document, dict) else type(document).__name__
