import geoserver_admin
from base import Case, contents, data_directory

from lib_run import Failed
from lib_xml import Document

USERS, ROLES = "security/usergroup/default/users.xml", "security/role/default/roles.xml"

# what GeoServer's own release ships for admin / geoserver
STOCK = "digest1:D9miJH/hVgfxZJscMafEtbtliG0ROxhLfsznyWfG38X2pda2JOSV4POi55PQI4tw"


class GeoserverAdmin(Case):
    def setUp(self):
        super().setUp()
        data_directory(self.folder)

    def run_it(self, user="admin", password="n&w secret", *arguments):
        environ = {"GEOSERVER_ADMIN_USER": user, "GEOSERVER_ADMIN_PASSWORD": password}
        return self.call(geoserver_admin.main, ["--data-dir", self.folder, *arguments], environ)

    def users(self):
        users = Document.read(self.path(USERS)).root.all("users", "user")
        return {user.attributes["name"]: user.attributes for user in users}

    def roles(self):
        holders = Document.read(self.path(ROLES)).root.all("userList", "userRoles")
        return {h.attributes["username"]: [r.attributes["roleID"] for r in h.all("roleRef")] for h in holders}

    def test_the_digest_is_geoservers_own(self):
        self.assertTrue(geoserver_admin.matches(STOCK, "geoserver"))
        self.assertFalse(geoserver_admin.matches(STOCK, "geoserver "))

    def test_the_admin_of_a_stock_directory_gets_the_password(self):
        self.run_it()
        admin = self.users()["admin"]
        self.assertTrue(admin["password"].startswith("digest1:"))
        self.assertTrue(geoserver_admin.matches(admin["password"], "n&w secret"))
        self.assertEqual(self.roles(), {"admin": ["ADMIN"]})

    def test_a_second_run_changes_no_byte_though_salts_are_random(self):
        self.run_it()
        before = contents(self.folder)
        self.assertIn("nothing was changed", self.run_it())
        self.assertEqual(contents(self.folder), before)

    def test_another_name_takes_the_stock_admins_place(self):
        self.run_it("boss")
        self.assertEqual(list(self.users()), ["boss"])
        self.assertEqual(self.roles(), {"boss": ["ADMIN"]})

    def test_others_stay_and_a_user_without_the_role_gets_it(self):
        text = self.read(USERS).replace("</users>", '<user enabled="false" name="boss" password="plain:x"/></users>')
        self.write(text, USERS)
        self.run_it("boss")
        self.assertEqual(set(self.users()), {"admin", "boss"})
        self.assertEqual(self.users()["boss"]["enabled"], "true")
        self.assertEqual(self.users()["admin"]["password"], "crypt1:We45MDIjzZtD7scGCGJoKAy4AWgHRu4l")
        self.assertEqual(self.roles()["boss"], ["ADMIN"])

    def test_plain_is_written_where_asked(self):
        self.run_it("admin", 'a"b', "--encoding", "plain")
        self.assertEqual(self.users()["admin"]["password"], 'plain:a"b')
        self.assertIn("nothing was changed", self.run_it("admin", 'a"b', "--encoding", "plain"))

    def test_the_password_is_never_printed(self):
        self.assertNotIn("n&w secret", self.run_it() + self.run_it())

    def test_without_the_default_services_it_fails_with_the_path(self):
        with self.assertRaisesRegex(Failed, "users.xml is missing"):
            self.call(
                geoserver_admin.main,
                ["--data-dir", self.path("none")],
                {"GEOSERVER_ADMIN_USER": "a", "GEOSERVER_ADMIN_PASSWORD": "b"},
            )
