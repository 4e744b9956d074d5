"""
Makes GeoServer trust GeoNode's logins: edits the security files of a data directory. GeoServer 2.x: GeoNode's OAuth2 filter;
3.x: OpenID Connect at GeoNode's /o/. What is missing is added, what differs is set, everything else stays as it is.
"""

import argparse
import os
import shutil
from xml.sax.saxutils import escape

from lib_run import Environment, Failed, Wrong, run, say
from lib_xml import Document

ROLE_SERVICE = "geonode REST role service"
OAUTH2, OIDC = "geonode-oauth2", "geonode-oidc"
FILTERS = {"geonode-oauth2": OAUTH2, "openid-connect": OIDC}

# where people and GeoNode log in; webLogin and webLogout belong to GeoServer's own form
CHAINS = ("web", "rest", "gwc", "default")

_ROLE_SOURCE = (
    '<roleSource class="org.geoserver.security.config.PreAuthenticatedUserNameFilterConfig'
    '$PreAuthenticatedUserNameRoleSource">RoleService</roleSource>'
)


def main(arguments, environ=None):
    environment = Environment(environ)
    parser = argparse.ArgumentParser(prog="oauth_config.py", description=__doc__)
    parser.add_argument("--data-dir", default=environment.text("GEOSERVER_DATA_DIR", "/geoserver_data/data"))
    parser.add_argument("--auth", default=environment.text("GEOSERVER_AUTH", "geonode-oauth2"))
    given = parser.parse_args(arguments)
    values = {
        "id": environment.text("OAUTH2_CLIENT_ID"),
        "secret": environment.text("OAUTH2_CLIENT_SECRET"),
        "public": environment.url("GEONODE_PUBLIC_URL"),
        "internal": environment.url("GEONODE_INTERNAL_URL"),
        "geoserver": environment.url("GEOSERVER_PUBLIC_URL"),
        "key": environment.optional("OAUTH2_API_KEY"),
    }
    environment.done()
    if given.auth not in FILTERS:
        raise Wrong(f"--auth is one of {', '.join(FILTERS)}, not {given.auth}")
    changed = configure(given.data_dir, given.auth, values)
    for path in changed:
        say(f"Wrote {os.path.relpath(path, given.data_dir)}.")
    if not changed:
        say("GeoServer's security files already say what they must: nothing was changed.")


def configure(data_dir, auth, values):
    """@returns the paths of the files that were written"""
    security = os.path.join(data_dir, "security")
    if not os.path.isfile(os.path.join(security, "config.xml")) or not os.path.isfile(_global(data_dir)):
        raise Failed(f"{data_dir} is no data directory of GeoServer: security/config.xml or global.xml is missing.")
    # read first, write last: a file that cannot be edited leaves all of them as they were
    documents = [
        _filter(security, auth, values),
        _role_service(security, values),
        _global_settings(data_dir, values),
        _chains(security, FILTERS[auth], auth),
    ]
    changed = []
    for document in documents:
        os.makedirs(os.path.dirname(document.path), mode=0o750, exist_ok=True)
        if document.save():
            changed.append(document.path)
    if auth == "openid-connect":
        changed += _set_aside(security)
    return changed


def _filter(security, auth, values):
    name = FILTERS[auth]
    path = os.path.join(security, "filter", name, "config.xml")
    make, wanted = {
        "geonode-oauth2": (_new_oauth2, _oauth2_values),
        "openid-connect": (_new_oidc, _oidc_values),
    }[auth]
    document = Document.read(path) if os.path.exists(path) else Document.new(path, make(name))
    for element, text in wanted(values).items():
        document.set_child(document.root, element, text)
    return document


def _oauth2_values(values):
    return {
        # spelt so in GeoServer
        "cliendId": values["id"],
        "clientSecret": values["secret"],
        "accessTokenUri": f"{values['internal']}/o/token/",
        "userAuthorizationUri": f"{values['public']}/o/authorize/",
        "redirectUri": f"{values['geoserver']}/index.html",
        "checkTokenEndpointUrl": f"{values['internal']}/api/o/v4/tokeninfo/",
        "logoutUri": f"{values['public']}/account/logout/",
    }


def _oidc_values(values):
    # unproved on a running GeoServer 3: the names are those of its configuration class
    return {
        "oidcClientId": values["id"],
        "oidcClientSecret": values["secret"],
        "oidcAuthorizationUri": f"{values['public']}/o/authorize/",
        "oidcTokenUri": f"{values['internal']}/o/token/",
        "oidcUserInfoUri": f"{values['internal']}/o/userinfo/",
        "oidcJwkSetUri": f"{values['internal']}/o/.well-known/jwks.json",
        "oidcLogoutUri": f"{values['public']}/account/logout/",
        "baseRedirectUri": f"{values['geoserver']}/",
        "oidcRedirectUri": f"{values['geoserver']}/web/login/oauth2/code/oidc",
        "postLogoutRedirectUri": f"{values['geoserver']}/web/",
        # inside the cluster GeoNode is asked by plain http
        "oidcForceTokenUriHttps": _flag(values["internal"].startswith("https:")),
        "oidcForceAuthorizationUriHttps": _flag(values["public"].startswith("https:")),
    }


def _flag(value):
    return "true" if value else "false"


def _new_oauth2(name):
    return f"""<geoNodeOauth2Authentication>
  <id>geosluice-{name}</id>
  <name>{name}</name>
  <className>org.geoserver.security.oauth2.GeoNodeOAuthAuthenticationFilter</className>
  {_ROLE_SOURCE}
  <roleServiceName>{ROLE_SERVICE}</roleServiceName>
  <scopes>read,write,groups</scopes>
  <enableRedirectAuthenticationEntryPoint>false</enableRedirectAuthenticationEntryPoint>
  <forceAccessTokenUriHttps>false</forceAccessTokenUriHttps>
  <forceUserAuthorizationUriHttps>false</forceUserAuthorizationUriHttps>
  <loginEndpoint>/j_spring_oauth2_geonode_login</loginEndpoint>
  <logoutEndpoint>/j_spring_oauth2_geonode_logout</logoutEndpoint>
</geoNodeOauth2Authentication>
"""


def _new_oidc(name):
    return f"""<oauth2LoginAuthentication>
  <id>geosluice-{name}</id>
  <name>{name}</name>
  <className>org.geoserver.security.oauth2.login.GeoServerOAuth2LoginAuthenticationFilter</className>
  {_ROLE_SOURCE}
  <roleServiceName>{ROLE_SERVICE}</roleServiceName>
  <oidcEnabled>true</oidcEnabled>
  <oidcUserNameAttribute>preferred_username</oidcUserNameAttribute>
  <oidcScopes>openid read groups</oidcScopes>
  <oidcAllowUnSecureLogging>false</oidcAllowUnSecureLogging>
  <enableRedirectAuthenticationEntryPoint>false</enableRedirectAuthenticationEntryPoint>
</oauth2LoginAuthentication>
"""


def _role_service(security, values):
    path = os.path.join(security, "role", ROLE_SERVICE, "config.xml")
    document = Document.read(path) if os.path.exists(path) else Document.new(path, _new_role_service())
    document.set_child(document.root, "baseUrl", values["internal"])
    if values["key"]:
        document.set_child(document.root, "authApiKey", values["key"])
    return document


def _new_role_service():
    users = "$.users[?(@.username=='${username}')].groups"
    return f"""<authKeyRESTRoleService>
  <id>geosluice-geonode-role-service</id>
  <name>{ROLE_SERVICE}</name>
  <className>org.geoserver.security.GeoServerRestRoleService</className>
  <rolesRESTEndpoint>/api/roles</rolesRESTEndpoint>
  <adminRoleRESTEndpoint>/api/adminRole</adminRoleRESTEndpoint>
  <usersRESTEndpoint>/api/users</usersRESTEndpoint>
  <rolesJSONPath>$.groups</rolesJSONPath>
  <adminRoleJSONPath>$.adminRole</adminRoleJSONPath>
  <usersJSONPath>{escape(users)}</usersJSONPath>
  <cacheConcurrencyLevel>4</cacheConcurrencyLevel>
  <cacheMaximumSize>10000</cacheMaximumSize>
  <cacheExpirationTime>30000</cacheExpirationTime>
</authKeyRESTRoleService>
"""


def _global(data_dir):
    return os.path.join(data_dir, "global.xml")


def _global_settings(data_dir, values):
    document = Document.read(_global(data_dir))
    settings = document.root.first("settings")
    if settings is None:
        raise Failed(f"{document.path} has no <settings>.")
    document.set_child(settings, "proxyBaseUrl", values["geoserver"])
    return document


def _chains(security, name, auth):
    document = Document.read(os.path.join(security, "config.xml"))
    if not _chains_of(document):
        raise Failed(f"{document.path} has none of the filter chains {', '.join(CHAINS)}.")
    for chain_name in [chain.attributes["name"] for chain in _chains_of(document)]:
        filters = _filters(document, chain_name)
        if all(each.text.strip() != name for each in filters):
            # after GeoServer's own logins, before whoever came without one
            anonymous = next((each for each in filters if each.text.strip() == "anonymous"), None)
            chain = next(c for c in _chains_of(document) if c.attributes["name"] == chain_name)
            document.append(chain, f"<filter>{name}</filter>", before=anonymous)
    if auth == "openid-connect":
        _take_out(document, OAUTH2)
    return document


def _chains_of(document):
    return [chain for chain in document.root.all("filterChain", "filters") if chain.attributes.get("name") in CHAINS]


def _filters(document, chain_name):
    return next(c for c in _chains_of(document) if c.attributes["name"] == chain_name).all("filter")


def _take_out(document, name):
    """GeoServer 3 has no class for GeoNode's filter: a chain that names it would keep it from starting."""
    while True:
        filters = document.root.all("filterChain", "filters", "filter")
        named = next((each for each in filters if each.text.strip() == name), None)
        if named is None:
            return
        document.remove(named)


def _set_aside(security):
    there, aside = os.path.join(security, "filter", OAUTH2), os.path.join(security, "geosluice-set-aside", OAUTH2)
    if not os.path.isdir(there):
        return []
    shutil.rmtree(aside, ignore_errors=True)
    os.makedirs(os.path.dirname(aside), mode=0o750, exist_ok=True)
    os.rename(there, aside)
    return [aside]


if __name__ == "__main__":
    run(main)
