from base import Case

from lib_catalog import compared, differs, object_of


class Catalog(Case):
    def test_files_of_the_catalog_are_objects_of_rest(self):
        for path, rest in {
            "workspaces/a/workspace.xml": "workspaces/a.json",
            "workspaces/a/s.1/coveragestore.xml": "workspaces/a/coveragestores/s.1.json",
            "workspaces/a/s/datastore.xml": "workspaces/a/datastores/s.json",
            "workspaces/a/s/l b/coverage.xml": "workspaces/a/coveragestores/s/coverages/l%20b.json",
            "workspaces/a/s/l/featuretype.xml": "workspaces/a/datastores/s/featuretypes/l.json",
            "workspaces/a/s/l/layer.xml": "layers/a:l.json",
            "workspaces/a/styles/x.xml": "workspaces/a/styles/x.json",
            "workspaces/a/layergroups/g.xml": "workspaces/a/layergroups/g.json",
            "styles/x.xml": "styles/x.json",
        }.items():
            self.assertEqual(object_of(path)["rest"], rest)

    def test_other_files_are_none(self):
        for path in ("global.xml", "security/config.xml", "styles/x.sld", "workspaces/a/namespace.xml", "workspaces"):
            self.assertIsNone(object_of(path))

    def test_only_what_shows_a_missed_event_is_compared(self):
        store = b"<coverageStore><id>1</id><name>s</name><url>alias://b/k.tif</url></coverageStore>"
        self.assertEqual(compared(store), {"url": "alias://b/k.tif"})
        self.assertEqual(compared(b"<broken"), {})
        self.assertFalse(differs({"coverageStore": {"url": "alias://b/k.tif"}}, compared(store)))
        self.assertTrue(differs({"coverageStore": {"url": "alias://b/old.tif"}}, compared(store)))
        self.assertTrue(differs([], compared(store)))
