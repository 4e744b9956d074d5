"""
Edits XML in place: an edit replaces the bytes of one element or attribute, everything else stays as it was, byte for byte
(comments, unknown elements, order, quotes). Documents with a DOCTYPE are refused.
"""

import os
import re
import stat
import tempfile
from xml.parsers import expat
from xml.sax.saxutils import escape

from lib_run import Failed


class Element:
    def __init__(self, name, attributes, begin, parent):
        self.name = name
        self.attributes = attributes
        self.parent = parent
        self.children = []
        self.text = ""
        self.begin = begin
        # of what is between the tags; an empty-element tag has none
        self.inner_begin = None
        self.inner_end = None
        self.end = None

    @property
    def local(self):
        return self.name.rpartition(":")[2]

    def all(self, *path):
        """Every element below at this path of local names."""
        found = [self]
        for step in path:
            found = [child for element in found for child in element.children if child.local == step]
        return found

    def first(self, *path):
        return next(iter(self.all(*path)), None)


class Document:
    """Elements are valid until the next edit: find them anew after each."""

    def __init__(self, data, path=None):
        self.path = path
        self.original = data if path else None
        self._take(data)

    @classmethod
    def read(cls, path):
        with open(path, "rb") as file:
            return cls(file.read(), path)

    @classmethod
    def new(cls, path, text):
        """A document that is not on the disk yet."""
        document = cls(text.encode(), path)
        document.original = None
        return document

    def set_text(self, element, text):
        """Replaces the text of an element that has no children. @returns whether that changed anything"""
        if element.children:
            raise Failed(f"{self.path}: <{element.name}> holds elements where text was expected.")
        if element.text == text and (element.inner_begin is not None or text == ""):
            return False
        self._fill(element, _encoded(text))
        return True

    def set_child(self, element, name, text):
        """Sets the text of the child `name`, and adds it where there is none."""
        children = element.all(name)
        if len(children) > 1:
            raise Failed(f"{self.path}: <{element.name}> holds <{name}> {len(children)} times.")
        if children:
            return self.set_text(children[0], text)
        self.append(element, f"<{_like(element, name)}>{escape(text)}</{_like(element, name)}>")
        return True

    def set_attribute(self, element, name, value):
        if element.attributes.get(name) == value:
            return False
        tag_end = element.inner_begin if element.inner_begin is not None else element.end
        tag = self.data[element.begin : tag_end]
        quoted = b'"' + _encoded(value, {'"': "&quot;"}) + b'"'
        pattern = rb"(\s" + re.escape(name.encode()) + rb"\s*=\s*)(\"[^\"]*\"|'[^']*')"
        if name in element.attributes:
            tag = re.sub(pattern, lambda match: match.group(1) + quoted, tag, count=1)
        else:
            tag = re.sub(rb"(\s*/?>)$", lambda match: b" " + name.encode() + b"=" + quoted + match.group(1), tag)
        self._take(self.data[: element.begin] + tag + self.data[tag_end:])
        return True

    def append(self, element, xml, before=None):
        """Adds XML as a last child, or before the child `before`, indented like its neighbours."""
        neighbour = before or (element.children[-1] if element.children else None)
        indent = self._indent(neighbour) if neighbour else self._indent(element) + b"  "
        if before is not None:
            self._take(self.data[: before.begin] + xml.encode() + indent + self.data[before.begin :])
        elif neighbour is not None:
            self._take(self.data[: neighbour.end] + indent + xml.encode() + self.data[neighbour.end :])
        else:
            self._fill(element, indent + xml.encode() + self._indent(element))

    def remove(self, element):
        """Takes an element out, and the white space before it."""
        begin = len(self.data[: element.begin].rstrip(b" \t\r\n"))
        self._take(self.data[:begin] + self.data[element.end :])

    def save(self):
        """Writes where something changed, whole or not at all. @returns whether it did"""
        if self.data == self.original:
            return False
        write_whole(self.path, self.data)
        self.original = self.data
        return True

    def _fill(self, element, content):
        name = element.name.encode()
        if element.inner_begin is not None:
            self._take(self.data[: element.inner_begin] + content + self.data[element.inner_end :])
            return
        tag = re.sub(rb"\s*/>$", b">", self.data[element.begin : element.end])
        self._take(self.data[: element.begin] + tag + content + b"</" + name + b">" + self.data[element.end :])

    def _indent(self, element):
        before = self.data[: element.begin]
        blank = before[len(before.rstrip(b" \t\r\n")) :]
        line = blank.rpartition(b"\n")[2] if b"\n" in blank else None
        return b"\n" + line if line is not None else b"\n"

    def _take(self, data):
        self.root = _parse(data, self.path)
        self.data = data


def _parse(data, path):
    parser = expat.ParserCreate()
    state = {"root": None, "open": []}

    def refuse(*_):
        raise Failed(f"{path}: has a DOCTYPE, which is refused.")

    def start(name, attributes):
        parent = state["open"][-1] if state["open"] else None
        element = Element(name, attributes, parser.CurrentByteIndex, parent)
        tag_end = _tag_end(data, element.begin)
        if data[tag_end - 2 : tag_end] == b"/>":
            element.end = tag_end
        else:
            element.inner_begin = tag_end
        if parent is None:
            state["root"] = element
        else:
            parent.children.append(element)
        state["open"].append(element)

    def end(_name):
        element = state["open"].pop()
        if element.inner_begin is not None:
            element.inner_end = parser.CurrentByteIndex
            element.end = data.index(b">", element.inner_end) + 1

    def characters(text):
        state["open"][-1].text += text

    def declaration(_version, encoding, _standalone):
        if encoding and not re.fullmatch(r"(?i)utf-?8|us-ascii|iso-8859-\d+|latin-?1", encoding):
            raise Failed(f"{path}: is in {encoding}; only UTF-8 and its like are edited.")

    parser.StartDoctypeDeclHandler = refuse
    parser.XmlDeclHandler = declaration
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Failed(f"{path}: is in UTF-16; only UTF-8 and its like are edited.")
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Failed(f"{path}: is no well-formed XML: {error}.") from error
    return state["root"]


def _tag_end(data, begin):
    """Past the > of the tag that begins here; a > in quotes is part of a value."""
    return re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>").match(data, begin).end()


def _encoded(text, entities=None):
    return escape(text, entities or {}).encode("ascii", "xmlcharrefreplace")


def _like(element, name):
    prefix, colon, _ = element.name.rpartition(":")
    return prefix + colon + name


def write_whole(path, data, mode=None):
    """Writes beside the file and renames, so that a reader finds the old one or the new one. Keeps mode and owner."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        there = None
    handle, draft = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".geosluice-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(draft, stat.S_IMODE(there.st_mode) if there else mode or 0o640)
        if there and (there.st_uid, there.st_gid) != (os.geteuid(), os.getegid()):
            try:
                os.chown(draft, there.st_uid, there.st_gid)
            except PermissionError:
                pass  # not root: the group of the volume (fsGroup) is what matters there
        os.replace(draft, path)
    except BaseException:
        try:
            os.unlink(draft)
        except FileNotFoundError:
            pass
        raise
