"""From a registration document to the fields of a GeoNode dataset. docs/geonode.md tells it as a table."""

import re

from django.contrib.gis.geos import Polygon
from geonode.base.models import SpatialRepresentationType

from geosluice_geonode.dates import best_date, end_of, start_of
from geosluice_geonode.languages import geonode_language
from geosluice_geonode.licences import not_specified
from geosluice_geonode.text import cut, is_cut, keywords, line, plain
from geosluice_geonode.thesauri import take_known
from geosluice_geonode.vocabulary import category_of, regions_of, rights_of

# What GeoNode's own forms take; the database would hold more.
_MAX_ABSTRACT = 10_000
_MAX_TEXT = 2000
# What an answer tells of one dataset.
_MAX_SENTENCES, _MAX_SENTENCE = 20, 200
_TOO_LONG = "longer than GeoNode takes, whole only in the sidecar"

_DOI = re.compile(r"^(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S{1,240})$", re.I)


class Mapped:
    """`fields` go into the row, all kinds of keywords and regions have tables of their own; `unmapped` says what went another way."""

    def __init__(self, fields, words, tkeywords, regions, unmapped):
        self.fields = fields
        self.words = words
        self.tkeywords = tkeywords
        self.regions = regions
        self.unmapped = unmapped


def subjects_of(document):
    return [*document.get("keywords", []), *document["metadata"]["keywords"]]


def map_document(document, unmatched_contacts, thesauri, memo):
    """`thesauri` is what they know of the subjects. @raises Refused"""
    metadata = document["metadata"]
    said = subjects_of(document)
    tkeywords, free = take_known(said, thesauri)
    regions, places = regions_of([*document.get("regions", []), *metadata["places"]], memo)
    licence, constraints, restriction = rights_of(metadata, document.get("license"), memo)
    doi, identifiers = _identifiers(metadata["identifiers"])
    language = geonode_language(metadata["language"])
    whole = {
        "data quality statement": ("\n".join(map(line, metadata["sources"])), _MAX_TEXT),
        "supplemental information": (_supplement(document, unmatched_contacts, identifiers, language), _MAX_TEXT),
    }
    texts = {name: cut(text, length) for name, (text, length) in whole.items()}
    fields = {
        **_place_of(document["layer"]),
        "title": _title(document),
        "abstract": cut(plain(metadata["abstract"] or ""), _MAX_ABSTRACT) or "No abstract provided",
        "category": category_of(document.get("category"), said, memo),
        "language": language or "eng",
        "license": licence or memo(not_specified),
        "constraints_other": constraints or None,
        "restriction_code_type": restriction,
        "doi": doi,
        "data_quality_statement": texts["data quality statement"] or None,
        "supplemental_information": texts["supplemental information"],
        "spatial_representation_type": memo(_grid),
    }
    dated = best_date(metadata)
    if dated:
        fields["date"], fields["date_type"] = dated
    start, end = metadata["temporal"] or (None, None)
    fields["temporal_extent_start"] = start_of(start)
    fields["temporal_extent_end"] = end_of(end)
    words = [*free, *places]
    told = [
        *_unmapped(document, unmatched_contacts, places, fields, (language, licence)),
        *(f"{name}: {_TOO_LONG}" for name, (text, length) in whole.items() if len(text) > length),
        *(f"keyword {line(word)}: {_TOO_LONG}" for word in dict.fromkeys(words) if is_cut(word)),
    ]
    return Mapped(fields, keywords(words), tkeywords, regions, _first(told))


def _first(told):
    """As many sentences as an answer has room for, and how many more there are."""
    more = len(told) - _MAX_SENTENCES
    sentences = [cut(sentence, _MAX_SENTENCE) for sentence in told[:_MAX_SENTENCES]]
    return [*sentences, f"and {more} more"] if more > 0 else sentences


def _unmapped(document, contacts, places, fields, found):
    """A sentence for each thing that GeoNode has no row or no room for, and what became of it."""
    metadata, (language, licence) = document["metadata"], found
    for label, names in contacts.items():
        for name in names:
            yield f"{label.lower()} {name}: no one user of this GeoNode, kept as text"
    for place in places:
        yield f"place {place}: no one region of this GeoNode, kept as keyword"
    if metadata["language"] and not language:
        yield f"language {metadata['language']}: not listed by GeoNode, kept as text"
    said = metadata["license"] or document.get("license")
    if said and licence is None:
        yield f"licence {line(said)}: not listed by GeoNode, kept as other constraints"
    dates = [text for text in (metadata[name] for name in ("issued", "created", "modified", "date")) if text]
    if dates and "date" not in fields:
        yield f"date {dates[0]}: GeoNode has no such date, only in the sidecar"
    for text, edge in zip(metadata["temporal"] or (), ("start", "end"), strict=False):
        if text and fields[f"temporal_extent_{edge}"] is None:
            yield f"time {edge} {text}: GeoNode has no such date, only in the sidecar"
    if fields["title"].endswith("…") and not document["title"].endswith("…"):
        yield f"title: {_TOO_LONG}"
    for lang, title in _other_titles(document):
        yield f"title in {lang} {title}: GeoNode has one title, kept as text"


def _grid():
    return SpatialRepresentationType.objects.filter(identifier="grid").first()


def _place_of(layer):
    west, south, east, north = layer["wgs84Bbox"]
    if west > east:
        # GeoNode holds one polygon: across the antimeridian that is the whole width
        west, east = -180, 180
    ll = Polygon.from_bbox((west, south, east, north))
    ll.srid = 4326
    # GeoNode keeps the native box under the default srid, as numbers: `srid` says what they are
    native = Polygon.from_bbox(layer["nativeBbox"])
    native.srid = 4326
    return {
        "workspace": layer["workspace"],
        "store": layer["store"],
        "name": layer["name"],
        "typename": f"{layer['workspace']}:{layer['name']}",
        "alternate": f"{layer['workspace']}:{layer['name']}",
        "srid": layer["srs"],
        "bbox_polygon": native,
        "ll_bbox_polygon": ll,
    }


def _title(document):
    # GeoNode's own rule for titles, which its forms would apply at the next edit
    return cut(line(document["title"]).replace(",", "_"), 255) or document["layer"]["name"]


def _other_titles(document):
    """(language, title) of those that are not the dataset's."""
    shown = line(document["title"])
    titles = ((line(lang), line(title)) for lang, title in document["metadata"]["titles"].items())
    return [(lang, title) for lang, title in titles if title and title != shown]


def _identifiers(texts):
    found = [(text, _DOI.match(text.strip())) for text in texts]
    doi = next((match.group(1) for _text, match in found if match), None)
    rest = [text for text, match in found if not (match and match.group(1) == doi)]
    return doi, rest


def _supplement(document, contacts, identifiers, language):
    """What GeoNode has no field for: shown with the dataset and found by the catalogue's full-text search."""
    metadata, facts = document["metadata"], document["facts"]
    size = f"{facts['width']} × {facts['height']} pixels, {facts['bands']} band{'s' if facts['bands'] != 1 else ''}"
    lines = [*((label, "; ".join(names)) for label, names in contacts.items())]
    lines += [
        *((f"Title ({lang})", title) for lang, title in _other_titles(document)),
        ("Alternative title", "; ".join(metadata["alternative"])),
        ("Identifier", "; ".join(identifiers)),
        ("Type", "; ".join(metadata["types"])),
        ("Relation", "; ".join(metadata["relations"])),
        ("Language", "" if language else (metadata["language"] or "")),
        ("Format", "; ".join(metadata["formats"])),
        ("Raster", f"{size}, {facts['bitsPerSample']} bit {facts['sampleFormat']}, {facts['compression']}"),
    ]
    return "\n".join(f"{label}: {line(value)}" for label, value in lines if value)
