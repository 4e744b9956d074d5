"""GeoServer's admin by REST: for a GeoServer whose data directory was not set up by geoserver_admin.py."""

import json
from urllib.parse import quote

from lib_http import HttpError, basic, request
from lib_run import Failed, say, wait_until

STOCK_USER, STOCK_PASSWORD = "admin", "geoserver"
_TIMEOUT = 30


def bring_in_line(url, user, password, old_passwords, deadline):
    """The wanted login works at the end, or Failed says why not."""
    if wait_until(lambda: _works(url, user, password), "GeoServer", deadline, 3):
        say(f"GeoServer's admin {user} logs in with the wanted password.")
        return
    for name in dict.fromkeys((user, STOCK_USER)):
        for old in dict.fromkeys((*old_passwords, STOCK_PASSWORD)):
            if _works(url, name, old):
                _change(url, name, old, user, password)
                wait_until(lambda: _must_work(url, user, password), "GeoServer's new login", deadline, 1)
                say(f"GeoServer's admin is {user} with the wanted password now.")
                return
    raise Failed(
        f"GeoServer at {url} knows {user} neither with the wanted password nor with an older one: "
        "give the present one in GEOSERVER_OLD_PASSWORDS."
    )


def _change(url, name, old, user, password):
    login = {**basic(name, old), "Content-Type": "application/json"}
    if name == user:
        _done(_ask("PUT", f"{url}/rest/security/self/password", login, {"newPassword": password}), "its password")
        return
    fields = {"user": {"userName": user, "password": password, "enabled": True}}
    _done(_ask("POST", f"{url}/rest/security/usergroup/users", login, fields), f"the user {user}")
    role = f"{url}/rest/security/roles/role/ADMIN/user/{quote(user, safe='')}"
    _done(_ask("POST", role, login), f"the role of {user}")
    # the login everybody knows must not stay; a GeoServer that keeps its last one says so
    locked = {"user": {"userName": name, "password": password, "enabled": False}}
    new_login = {**basic(user, password), "Content-Type": "application/json"}
    _done(_ask("POST", f"{url}/rest/security/usergroup/user/{quote(name, safe='')}", new_login, locked), f"the user {name}")


def _works(url, user, password):
    status = _ask("GET", f"{url}/rest/about/version.json", basic(user, password)).status
    if status in (401, 403):
        return False
    if status != 200:
        raise Failed(f"it answers {status}")
    return True


def _must_work(url, user, password):
    if not _works(url, user, password):
        raise Failed("it is refused")


def _ask(method, url, headers, body=None):
    try:
        return request(method, url, headers, json.dumps(body).encode() if body is not None else None, _TIMEOUT)
    except HttpError as error:
        raise Failed(str(error)) from error


def _done(answer, what):
    if answer.status not in (200, 201):
        raise Failed(f"GeoServer refuses to change {what} with {answer.status}.")
