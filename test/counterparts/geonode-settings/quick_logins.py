"""A password costs half a second of CPU to check, and GeoNode checks it with each request: here that is kept from the tests' time."""

from geonode.settings import PASSWORD_HASHERS as GEONODES

# the first hashes anew whoever logs in
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *GEONODES]
