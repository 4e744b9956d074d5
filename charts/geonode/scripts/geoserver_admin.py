"""
Sets name and password of GeoServer's admin in the data directory, before GeoServer starts: users.xml and roles.xml of the
default services. Where the wanted name is not there, the stock admin is renamed: no login with a known password stays.
"""

import argparse
import base64
import hashlib
import hmac
import os

from lib_run import Environment, Failed, run, say
from lib_xml import Document
from xml.sax.saxutils import quoteattr

STOCK = "admin"
ROLE = "ADMIN"
_SALT_BYTES, _ITERATIONS = 16, 100_000


def main(arguments, environ=None):
    environment = Environment(environ)
    parser = argparse.ArgumentParser(prog="geoserver_admin.py", description=__doc__)
    parser.add_argument("--data-dir", default=environment.text("GEOSERVER_DATA_DIR", "/geoserver_data/data"))
    parser.add_argument("--encoding", choices=("digest1", "plain"), default="digest1")
    given = parser.parse_args(arguments)
    user = environment.text("GEOSERVER_ADMIN_USER")
    password = environment.text("GEOSERVER_ADMIN_PASSWORD")
    environment.done()
    changed = set_admin(given.data_dir, user, password, given.encoding)
    for path in changed:
        say(f"Wrote {os.path.relpath(path, given.data_dir)}.")
    if not changed:
        say(f"GeoServer's admin is {user} with the wanted password already: nothing was changed.")


def set_admin(data_dir, user, password, encoding="digest1"):
    """@returns the paths of the files that were written"""
    security = os.path.join(data_dir, "security")
    users = _read(os.path.join(security, "usergroup", "default", "users.xml"))
    roles = _read(os.path.join(security, "role", "default", "roles.xml"))
    _set_user(users, user, password, encoding)
    _set_role(roles, user)
    return [document.path for document in (users, roles) if document.save()]


def encode(password, salt=None):
    """GeoServer's digest1: salt and password, SHA-256 a hundred thousand times, both in base64."""
    salt = salt or os.urandom(_SALT_BYTES)
    digest = salt + password.encode()
    for _ in range(_ITERATIONS):
        digest = hashlib.sha256(digest).digest()
    return "digest1:" + base64.b64encode(salt + digest).decode()


def matches(stored, password):
    """Whether a stored password is this one. crypt1 and crypt2 need GeoServer's keystore: they count as another one."""
    scheme, _, value = stored.partition(":")
    if scheme == "plain":
        return hmac.compare_digest(value.encode(), password.encode())
    if scheme != "digest1":
        return False
    try:
        salt = base64.b64decode(value, validate=True)[:_SALT_BYTES]
    except ValueError:
        return False
    return hmac.compare_digest(stored, encode(password, salt))


def _read(path):
    if not os.path.isfile(path):
        raise Failed(f"{path} is missing: this is no data directory of GeoServer with its default services.")
    return Document.read(path)


def _set_user(document, user, password, encoding):
    if _user(document, user) is None and _user(document, STOCK) is not None:
        document.set_attribute(_user(document, STOCK), "name", user)
    if _user(document, user) is None:
        _list(document, "users")
        secret = quoteattr(_stored(password, encoding))
        document.append(
            document.root.first("users"), f'<user enabled="true" name={quoteattr(user)} password={secret}/>'
        )
    there = _user(document, user)
    kept = there.attributes.get("password", "")
    # a digest is as good as plain, and better where it is there already
    if not matches(kept, password) or (encoding == "plain") != kept.startswith("plain:"):
        document.set_attribute(there, "password", _stored(password, encoding))
    document.set_attribute(_user(document, user), "enabled", "true")


def _stored(password, encoding):
    return f"plain:{password}" if encoding == "plain" else encode(password)


def _set_role(document, user):
    if not any(role.attributes.get("id") == ROLE for role in document.root.all("roleList", "role")):
        _list(document, "roleList")
        document.append(document.root.first("roleList"), f'<role id="{ROLE}"/>')
    if _holder(document, user) is None and user != STOCK and _holder(document, STOCK) is not None:
        document.set_attribute(_holder(document, STOCK), "username", user)
    if _holder(document, user) is None:
        _list(document, "userList")
        document.append(document.root.first("userList"), f"<userRoles username={quoteattr(user)}/>")
    if all(each.attributes.get("roleID") != ROLE for each in _holder(document, user).all("roleRef")):
        document.append(_holder(document, user), f'<roleRef roleID="{ROLE}"/>')


def _user(document, name):
    return next((u for u in document.root.all("users", "user") if u.attributes.get("name") == name), None)


def _holder(document, name):
    holders = document.root.all("userList", "userRoles")
    return next((each for each in holders if each.attributes.get("username") == name), None)


def _list(document, name):
    if document.root.first(name) is None:
        document.append(document.root, f"<{name}/>")


if __name__ == "__main__":
    run(main)
