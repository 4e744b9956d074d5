"""Waits until everything named answers: databases, Redis, TCP ports, web servers. An init container's command."""

import argparse
import socket
import ssl
import struct
import sys
from urllib.parse import unquote, urlsplit

from lib_http import HttpError, request
from lib_run import Deadline, Environment, Failed, Wrong, masked, run, say, wait_until

_TIMEOUT = 5
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


def main(arguments, environ=None):
    environment = Environment(environ)
    parser = argparse.ArgumentParser(prog="wait_for.py", description=__doc__)
    parser.add_argument("urls", nargs="+", metavar="URL", help="postgis:, redis:, tcp:, http: or env:NAME")
    parser.add_argument("--timeout", type=float, default=environment.number("WAIT_TIMEOUT_SECONDS", 300))
    parser.add_argument("--interval", type=float, default=2)
    given = parser.parse_args(arguments)
    urls = [environment.text(url[4:]) if url.startswith("env:") else url for url in given.urls]
    environment.done()
    for url in urls:
        if urlsplit(url).scheme not in CHECKS or not urlsplit(url).hostname:
            raise Wrong(f"{masked(url)} cannot be waited for: write {', '.join(f'{s}://host' for s in CHECKS)}.")
    deadline = Deadline(given.timeout)
    for url in urls:
        check = CHECKS[urlsplit(url).scheme]
        wait_until(lambda url=url, check=check: check(url), masked(url), deadline, given.interval)
        say(f"{masked(url)} answers.")


def check_tcp(url):
    _connect(url, None).close()


def check_http(url):
    try:
        status = request("GET", url, timeout=_TIMEOUT).status
    except HttpError as error:
        raise Failed(str(error)) from error
    if not (200 <= status < 400 or status in (401, 403)):
        raise Failed(f"it answers {status}")


def check_redis(url):
    parts = urlsplit(url)
    with _connect(url, 6379) as connection:
        if parts.scheme == "rediss":
            connection = ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
        if parts.password:
            user = [unquote(parts.username)] if parts.username else []
            answer = _redis(connection, ["AUTH", *user, unquote(parts.password)])
            if not answer.startswith("+OK"):
                raise Failed(f"it refuses the password: {answer[1:80]}")
        answer = _redis(connection, ["PING"])
        if not answer.startswith("+PONG"):
            raise Failed(f"it answers {answer[1:80]}")


def check_postgis(url):
    """With a user a login that finds PostGIS; without one, only that PostgreSQL speaks."""
    parts = urlsplit(url)
    if not parts.username:
        with _connect(url, 5432) as connection:
            connection.sendall(_SSL_REQUEST)
            if connection.recv(1) not in (b"S", b"N"):
                raise Failed("it does not speak PostgreSQL")
        return
    psycopg2 = _psycopg2()
    try:
        connection = psycopg2.connect(f"postgresql{url[len(parts.scheme) :]}", connect_timeout=_TIMEOUT)
    except psycopg2.Error as error:
        raise Failed(str(error).strip().splitlines()[-1]) from error
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select exists(select from pg_extension where extname = 'postgis'),"
                " has_database_privilege(current_database(), 'create')"
            )
            there, may_create = cursor.fetchone()
    except psycopg2.Error as error:
        raise Failed(str(error).strip().splitlines()[-1]) from error
    finally:
        connection.close()
    if not there and not may_create:
        raise Failed("the database has no PostGIS, and this user may not create it")


def _psycopg2():
    try:
        import psycopg2
    except ImportError as error:
        raise Wrong(f"a login needs psycopg2, which {sys.executable} does not have: use GeoNode's image.") from error
    return psycopg2


def _connect(url, default_port):
    parts = urlsplit(url)
    port = parts.port or default_port
    if port is None:
        raise Wrong(f"{masked(url)} names no port")
    try:
        return socket.create_connection((parts.hostname, port), timeout=_TIMEOUT)
    except OSError as error:
        raise Failed(error.strerror or str(error) or type(error).__name__) from error


def _redis(connection, words):
    encoded = [word.encode() for word in words]
    try:
        connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in encoded))
        answer = connection.recv(256)
    except OSError as error:
        raise Failed(error.strerror or str(error) or type(error).__name__) from error
    return answer.split(b"\r\n", 1)[0].decode("utf-8", "replace") or "-nothing"


CHECKS = {
    "postgis": check_postgis,
    "postgresql": check_postgis,
    "postgres": check_postgis,
    "redis": check_redis,
    "rediss": check_redis,
    "tcp": check_tcp,
    "http": check_http,
    "https": check_http,
}


if __name__ == "__main__":
    run(main)
