"""Which object of GeoServer's catalog a file of the data directory is, and where REST shows it."""

from urllib.parse import quote

from lib_run import Failed
from lib_xml import Document

_STORES = {
    "coveragestore.xml": "coveragestores",
    "datastore.xml": "datastores",
    "wmsstore.xml": "wmsstores",
    "wmtsstore.xml": "wmtsstores",
}
_RESOURCES = {"coverage.xml": "coverage", "featuretype.xml": "featuretype", "wmslayer.xml": "wmslayer"}
# what of an object is worth comparing: an event that was missed leaves the old value
_COMPARED = ("url", "nativeName", "nativeCoverageName")


def object_of(path):
    """
    {kind, rest, workspace?, name} of a catalog file, None of any other. `rest` is the path below /rest. Folders carry the names
    of workspaces, stores and layers.
    """
    parts = path.split("/")
    name = parts[-1]
    if parts[0] == "workspaces" and len(parts) >= 3:
        workspace, below = parts[1], parts[2:]
        base = f"workspaces/{_quoted(workspace)}"
        if below == ["workspace.xml"]:
            return _object("workspace", f"{base}.json", workspace)
        if len(below) == 2 and name in _STORES:
            return _object("store", f"{base}/{_STORES[name]}/{_quoted(below[0])}.json", below[0], workspace)
        if len(below) == 3 and name == "coverage.xml":
            rest = f"{base}/coveragestores/{_quoted(below[0])}/coverages/{_quoted(below[1])}.json"
            return _object("coverage", rest, below[1], workspace)
        if len(below) == 3 and name == "featuretype.xml":
            rest = f"{base}/datastores/{_quoted(below[0])}/featuretypes/{_quoted(below[1])}.json"
            return _object("featuretype", rest, below[1], workspace)
        if len(below) == 3 and name == "layer.xml":
            return _object("layer", f"layers/{_quoted(workspace)}:{_quoted(below[1])}.json", below[1], workspace)
        if len(below) == 2 and below[0] in ("styles", "layergroups") and name.endswith(".xml"):
            return _object(below[0][:-1], f"{base}/{below[0]}/{_quoted(name[:-4])}.json", name[:-4], workspace)
    if len(parts) == 2 and parts[0] in ("styles", "layergroups") and name.endswith(".xml"):
        return _object(parts[0][:-1], f"{parts[0]}/{_quoted(name[:-4])}.json", name[:-4])
    return None


def compared(data):
    """The values of a catalog file that REST must show too."""
    try:
        root = Document(data).root
    except Failed:
        return {}
    return {child.name: child.text for child in root.children if child.name in _COMPARED and child.text}


def differs(shown, wanted):
    """Whether a REST answer ({coverageStore: {...}} and the like) shows another value than the primary's file."""
    body = next(iter(shown.values()), None) if isinstance(shown, dict) else None
    return any(not isinstance(body, dict) or body.get(name) != value for name, value in wanted.items())


def _object(kind, rest, name, workspace=None):
    found = {"kind": kind, "rest": rest, "name": name}
    if workspace:
        found["workspace"] = workspace
    return found


def _quoted(name):
    return quote(name, safe="")
