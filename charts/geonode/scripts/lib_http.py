"""Requests with a time limit, over the standard library: answers may be read as a stream."""

import base64
import http.client
import json
from urllib.parse import urlsplit

CHUNK = 1024 * 1024


class HttpError(Exception):
    """No answer, or one that was cut off."""


class Answer:
    def __init__(self, connection, response):
        self._connection = connection
        self._response = response
        self.status = response.status
        self.headers = response.headers

    def read(self, amount=None):
        """Bytes; nothing at the end. A body that ends too early is an error, never a short read."""
        try:
            return self._response.read(amount) if amount else self._response.read()
        except (OSError, http.client.HTTPException) as error:
            raise HttpError(f"the answer was cut off: {_reason(error)}") from error

    def lines(self):
        try:
            yield from self._response
        except (OSError, http.client.HTTPException) as error:
            raise HttpError(f"the answer was cut off: {_reason(error)}") from error

    def json(self):
        try:
            return json.loads(self.read())
        except ValueError as error:
            raise HttpError("the answer is no JSON") from error

    def close(self):
        self._response.close()
        self._connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def open_request(method, url, headers=None, body=None, timeout=30):
    """Asks, and leaves the body to be read: close the answer. `timeout` is for each wait for bytes."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    target = parts.path or "/"
    if parts.query:
        target += f"?{parts.query}"
    try:
        connection.request(method, target, body=body, headers=headers or {})
        return Answer(connection, connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise HttpError(f"no answer: {_reason(error)}") from error


class Whole:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise HttpError("the answer is no JSON") from error


def request(method, url, headers=None, body=None, timeout=30):
    """Asks and reads the whole answer."""
    with open_request(method, url, headers, body, timeout) as answer:
        return Whole(answer.status, answer.headers, answer.read())


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def _reason(error):
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
