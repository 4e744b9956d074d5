"""What the ingest command asks of geosluice's gateway. Addresses and shapes: docs/api.md of the project."""

import requests

_TIMEOUT = (5, 60)


class GatewayError(Exception):
    """The gateway is away, or says no; the message is for people."""


class Gateway:
    def __init__(self, url, key=None):
        self.url = url.rstrip("/")
        self.session = requests.Session()
        if key:
            self.session.headers["authorization"] = f"Bearer {key}"

    def start(self, source, options):
        """@returns the ingestion as the gateway shows it: {id, counts, running, …}"""
        return self._ask("POST", "/v1/ingestions", json={"source": source, "options": options})

    def ingestion(self, ingestion_id):
        return self._ask("GET", f"/v1/ingestions/{ingestion_id}")

    def _ask(self, method, path, **arguments):
        try:
            response = self.session.request(method, self.url + path, timeout=_TIMEOUT, **arguments)
        except requests.RequestException as error:
            raise GatewayError(f"the gateway at {self.url} does not answer: {type(error).__name__}") from error
        if response.status_code >= 400:
            raise GatewayError(f"the gateway answers {response.status_code}: {_problem(response)}")
        try:
            return response.json()
        except ValueError as error:
            raise GatewayError(f"{self.url} answers with something that is no JSON: is it the gateway?") from error


def _problem(response):
    """The sentence of an RFC 9457 problem document."""
    try:
        body = response.json()
        return str(body.get("detail") or body.get("title"))[:500]
    except (ValueError, AttributeError):
        return response.reason
