import os
import stat

import oauth_config
from base import Case, contents, data_directory

from lib_run import Failed, Wrong
from lib_xml import Document

ENVIRON = {
    "OAUTH2_CLIENT_ID": "the-id",
    "OAUTH2_CLIENT_SECRET": "s<cr&t",
    "GEONODE_PUBLIC_URL": "https://maps.example.org/",
    "GEONODE_INTERNAL_URL": "http://geonode-django:8000",
    "GEOSERVER_PUBLIC_URL": "https://maps.example.org/geoserver",
}
FILTER = "security/filter/geonode-oauth2/config.xml"
OIDC = "security/filter/geonode-oidc/config.xml"
ROLES = "security/role/geonode REST role service/config.xml"


class OauthConfig(Case):
    def setUp(self):
        super().setUp()
        data_directory(self.folder)

    def run_it(self, *arguments, **changes):
        return self.call(oauth_config.main, ["--data-dir", self.folder, *arguments], {**ENVIRON, **changes})

    def texts(self, path):
        return {child.name: child.text for child in Document.read(self.path(path)).root.children}

    def chain(self, name):
        chains = Document.read(self.path("security/config.xml")).root.all("filterChain", "filters")
        return [f.text for c in chains if c.attributes["name"] == name for f in c.all("filter")]

    def test_a_stock_data_directory_gets_filter_and_role_service(self):
        self.run_it()
        filter_ = self.texts(FILTER)
        self.assertEqual(filter_["cliendId"], "the-id")
        self.assertEqual(filter_["clientSecret"], "s<cr&t")
        self.assertEqual(filter_["accessTokenUri"], "http://geonode-django:8000/o/token/")
        self.assertEqual(filter_["userAuthorizationUri"], "https://maps.example.org/o/authorize/")
        self.assertEqual(filter_["redirectUri"], "https://maps.example.org/geoserver/index.html")
        self.assertEqual(filter_["checkTokenEndpointUrl"], "http://geonode-django:8000/api/o/v4/tokeninfo/")
        self.assertEqual(filter_["logoutUri"], "https://maps.example.org/account/logout/")
        self.assertEqual(filter_["roleServiceName"], "geonode REST role service")
        self.assertEqual(self.texts(ROLES)["baseUrl"], "http://geonode-django:8000")
        settings = Document.read(self.path("global.xml")).root.first("settings")
        self.assertEqual(settings.first("proxyBaseUrl").text, "https://maps.example.org/geoserver")

    def test_the_filter_comes_before_anonymous_in_the_chains_where_people_log_in(self):
        self.run_it()
        self.assertEqual(self.chain("web"), ["rememberme", "form", "geonode-oauth2", "anonymous"])
        self.assertEqual(self.chain("rest"), ["basic", "geonode-oauth2", "anonymous"])
        self.assertEqual(self.chain("gwc"), ["basic", "geonode-oauth2"])
        self.assertEqual(self.chain("default"), ["basic", "geonode-oauth2", "anonymous"])
        self.assertEqual(self.chain("webLogin"), ["form"])

    def test_a_second_run_changes_no_byte_and_no_time_and_says_so(self):
        self.run_it()
        before = contents(self.folder)
        times = {path: os.stat(self.path(path)).st_mtime_ns for path in before}
        self.assertIn("nothing was changed", self.run_it())
        self.assertEqual(contents(self.folder), before)
        self.assertEqual({path: os.stat(self.path(path)).st_mtime_ns for path in before}, times)

    def test_everything_it_does_not_know_stays_byte_for_byte(self):
        before = contents(self.folder)
        self.run_it()
        after = contents(self.folder)
        expected = {"global.xml", "security/config.xml", FILTER, ROLES}
        self.assertEqual({path for path in after if after[path] != before.get(path)}, expected)
        removed = after["security/config.xml"].replace(b"\n      <filter>geonode-oauth2</filter>", b"")
        self.assertEqual(removed, before["security/config.xml"])
        line = b"\n    <proxyBaseUrl>https://maps.example.org/geoserver</proxyBaseUrl>"
        self.assertEqual(after["global.xml"].replace(line, b""), before["global.xml"])

    def test_a_filter_that_is_there_is_edited_with_its_comments_kept(self):
        self.write(
            '<geoNodeOauth2Authentication>\n  <!-- ours -->\n  <id>-4dbc8a5e:1</id>\n  <name>geonode-oauth2</name>\n'
            "  <cliendId>old</cliendId>\n  <scopes>write</scopes>\n  <extra a='b'>x</extra>\n"
            "</geoNodeOauth2Authentication>\n",
            FILTER,
        )
        self.run_it()
        text = self.read(FILTER)
        self.assertIn("<!-- ours -->\n  <id>-4dbc8a5e:1</id>", text)
        self.assertIn("<extra a='b'>x</extra>", text)
        self.assertIn("<scopes>write</scopes>", text)
        self.assertEqual(self.texts(FILTER)["cliendId"], "the-id")

    def test_new_values_replace_old_ones_once(self):
        self.run_it()
        self.run_it(OAUTH2_CLIENT_SECRET="other", GEONODE_INTERNAL_URL="http://elsewhere:8000")
        self.assertEqual(self.texts(FILTER)["clientSecret"], "other")
        self.assertEqual(self.texts(ROLES)["baseUrl"], "http://elsewhere:8000")
        self.assertEqual(self.chain("web").count("geonode-oauth2"), 1)

    def test_modes_are_kept(self):
        os.chmod(self.path("global.xml"), 0o600)
        self.run_it()
        self.assertEqual(stat.S_IMODE(os.stat(self.path("global.xml")).st_mode), 0o600)

    def test_geoserver_3_gets_openid_connect_and_loses_the_filter_it_cannot_load(self):
        self.run_it()
        self.run_it("--auth", "openid-connect")
        filter_ = self.texts(OIDC)
        self.assertEqual(filter_["oidcTokenUri"], "http://geonode-django:8000/o/token/")
        self.assertEqual(filter_["oidcJwkSetUri"], "http://geonode-django:8000/o/.well-known/jwks.json")
        self.assertEqual(filter_["oidcForceTokenUriHttps"], "false")
        self.assertEqual(filter_["oidcForceAuthorizationUriHttps"], "true")
        self.assertEqual(self.chain("web"), ["rememberme", "form", "geonode-oidc", "anonymous"])
        self.assertFalse(os.path.exists(self.path(FILTER)))
        before = contents(self.folder)
        self.assertIn("nothing was changed", self.run_it("--auth", "openid-connect"))
        self.assertEqual(contents(self.folder), before)

    def test_the_secret_is_never_printed(self):
        out = self.run_it()
        self.assertNotIn("s<cr&t", out)
        self.assertIn("Wrote security/config.xml.", out)

    def test_one_file_that_cannot_be_edited_leaves_all_as_they_were(self):
        text = self.read("security/config.xml")
        self.write("<!DOCTYPE x>" + text, "security/config.xml")
        before = contents(self.folder)
        with self.assertRaisesRegex(Failed, "DOCTYPE"):
            self.run_it()
        self.assertEqual(contents(self.folder), before)

    def test_an_empty_volume_is_a_failure_and_stays_empty(self):
        empty = self.path("empty")
        os.mkdir(empty)
        with self.assertRaisesRegex(Failed, "no data directory"):
            self.call(oauth_config.main, ["--data-dir", empty], ENVIRON)
        self.assertEqual(os.listdir(empty), [])

    def test_everything_that_is_missing_is_told_at_once(self):
        with self.assertRaises(Wrong) as raised:
            self.call(oauth_config.main, ["--data-dir", self.folder], {"GEONODE_PUBLIC_URL": "ftp://x"})
        for name in ("OAUTH2_CLIENT_ID", "OAUTH2_CLIENT_SECRET", "GEONODE_PUBLIC_URL is no http", "GEOSERVER_PUBLIC_URL"):
            self.assertIn(name, str(raised.exception))

    def test_secrets_come_from_files_too(self):
        self.write("from a file\n", "secret")
        self.run_it(OAUTH2_CLIENT_SECRET="", OAUTH2_CLIENT_SECRET_FILE=self.path("secret"))
        self.assertEqual(self.texts(FILTER)["clientSecret"], "from a file")
