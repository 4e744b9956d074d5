import os
import stat

from base import Case

from lib_run import Failed
from lib_xml import Document, write_whole

TEXT = """<?xml version='1.0' encoding="UTF-8"?>
<!-- made by hand -->
<a  z='1' y="&lt;2>">
  <b>old &amp; good</b><!-- kept -->
  <unknown deep="yes"><![CDATA[<raw>]]></unknown>
  <empty/>
  <hollow></hollow>
</a>
<!-- the end -->
"""


class Edits(Case):
    def document(self, text=TEXT):
        self.write(text, "x.xml")
        return Document.read(self.path("x.xml"))

    def test_an_edit_changes_its_own_bytes_only(self):
        document = self.document()
        self.assertTrue(document.set_child(document.root, "b", "new < ü"))
        document.save()
        self.assertEqual(self.read("x.xml"), TEXT.replace("old &amp; good", "new &lt; &#252;"))

    def test_the_same_text_is_no_change(self):
        document = self.document()
        self.assertFalse(document.set_child(document.root, "b", "old & good"))
        self.assertFalse(document.save())

    def test_an_empty_element_takes_text_in_both_spellings(self):
        document = self.document()
        document.set_child(document.root, "empty", "1")
        document.set_child(document.root, "hollow", "2")
        self.assertIn(b"<empty>1</empty>\n  <hollow>2</hollow>", document.data)

    def test_a_missing_child_comes_last_indented_like_its_neighbours(self):
        document = self.document()
        document.set_child(document.root, "added", "3")
        self.assertIn(b"  <hollow></hollow>\n  <added>3</added>\n</a>", document.data)

    def test_an_attribute_with_markup_in_it_is_replaced_or_added(self):
        document = self.document()
        document.set_attribute(document.root, "y", 'a"b')
        document.set_attribute(document.root, "w", "4")
        self.assertIn(b"""<a  z='1' y="a&quot;b" w="4">""", document.data)

    def test_an_element_is_taken_out_with_the_space_before_it(self):
        document = self.document()
        document.remove(document.root.first("unknown"))
        self.assertIn(b"<!-- kept -->\n  <empty/>", document.data)

    def test_a_prefix_is_kept(self):
        document = self.document('<s:a xmlns:s="urn:x"><s:b>1</s:b></s:a>')
        document.set_child(document.root, "c", "2")
        self.assertEqual(document.root.first("c").name, "s:c")

    def test_a_doctype_is_refused(self):
        with self.assertRaisesRegex(Failed, "DOCTYPE"):
            self.document('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')

    def test_what_is_no_xml_is_refused_with_its_path(self):
        with self.assertRaisesRegex(Failed, r"x\.xml: is no well-formed XML"):
            self.document("<a><b></a>")

    def test_utf_16_is_refused(self):
        self.write("", "x.xml")
        with open(self.path("x.xml"), "wb") as file:
            file.write("<a/>".encode("utf-16"))
        with self.assertRaisesRegex(Failed, "UTF-16"):
            Document.read(self.path("x.xml"))

    def test_an_element_that_holds_elements_takes_no_text(self):
        document = self.document("<a><b><c/></b></a>")
        with self.assertRaisesRegex(Failed, "holds elements"):
            document.set_child(document.root, "b", "x")

    def test_an_element_that_is_there_twice_is_not_guessed_at(self):
        document = self.document("<a><b>1</b><b>2</b></a>")
        with self.assertRaisesRegex(Failed, "2 times"):
            document.set_child(document.root, "b", "x")


class Writing(Case):
    def test_mode_is_kept_and_no_draft_is_left(self):
        self.write("old", "x")
        os.chmod(self.path("x"), 0o604)
        write_whole(self.path("x"), b"new")
        self.assertEqual(stat.S_IMODE(os.stat(self.path("x")).st_mode), 0o604)
        self.assertEqual(os.listdir(self.folder), ["x"])

    def test_a_failed_write_leaves_the_old_file(self):
        self.write("old", "x")
        with self.assertRaises(TypeError):
            write_whole(self.path("x"), "no bytes")
        self.assertEqual((self.read("x"), os.listdir(self.folder)), ("old", ["x"]))
