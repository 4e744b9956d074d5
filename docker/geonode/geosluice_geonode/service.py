"""Documents in, as many answers out: what the HTTP endpoint and the management command have in common."""

import logging

from django.db import DatabaseError, close_old_connections, connection

from geosluice_geonode.errors import Away, Refused
from geosluice_geonode.lookup import lookup
from geosluice_geonode.registration import register_all
from geosluice_geonode.unregistration import unregister

logger = logging.getLogger("geosluice_geonode")


def each(action):
    def all_of_them(documents):
        results = []
        for document in documents:
            try:
                results.append(action(document))
            except Exception as error:
                results.append(error)
        return results

    return all_of_them


ACTIONS = {"register": register_all, "unregister": each(unregister), "lookup": each(lookup)}


def answers(action, documents):
    """Never raises: for each document {status: …} of the action, or {status: error, code, message, field?, retry}."""
    try:
        results = ACTIONS[action](documents)
    except Exception as error:
        results = [error] * len(documents)
    return [_said(action, document, result) for document, result in zip(documents, results, strict=True)]


def answer(action, document):
    [said] = answers(action, [document])
    return said


def _said(action, document, result):
    if not isinstance(result, Exception):
        return result
    if isinstance(result, Refused):
        message = f"{result.field}: {result.message}"
        return {"status": "error", "code": result.code, "field": result.field, "message": message, "retry": False}
    if isinstance(result, Away):
        return {"status": "error", "code": "AWAY", "message": str(result), "retry": True, "down": True}
    logger.error("%s of %s failed", action, _subject(document), exc_info=result)
    if isinstance(result, DatabaseError) and not connection.in_atomic_block:
        close_old_connections()
    message = f"{type(result).__name__}: {str(result)[:500]}"
    return {"status": "error", "code": "FAILED", "message": message, "retry": True}


def _subject(document):
    return document.get("dataset") if isinstance(document, dict) else type(document).__name__
