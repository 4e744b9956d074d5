"""Finds GeoNode's licence by url or name; well-known ones that its fixtures lack are added when first met."""

import re

from geonode.base.models import License

_CC_NAMES = {
    "by": "Attribution",
    "by-sa": "Attribution-ShareAlike",
    "by-nd": "Attribution-NoDerivatives",
    "by-nc": "Attribution-NonCommercial",
    "by-nc-sa": "Attribution-NonCommercial-ShareAlike",
    "by-nc-nd": "Attribution-NonCommercial-NoDerivatives",
}
_CC_URL = re.compile(r"creativecommons\.org/licenses/(by(?:-nc)?(?:-sa|-nd)?)/(\d\.\d)")
_CC_TEXT = re.compile(r"\bcc[ -_]?(by(?:[-_ ]nc)?(?:[-_ ](?:sa|nd))?)(?:[-_ ]v?(\d(?:\.\d)?))?\b", re.I)
_CC0 = re.compile(r"creativecommons\.org/publicdomain/zero/1\.0|\bcc[- _]?0\b|\bcc[- ]zero\b", re.I)

# identifier, name, abbreviation, url, how it is recognised
_OTHERS = [
    (
        "dl-de-by-2-0",
        "Data licence Germany – attribution – version 2.0",
        "dl-de/by-2-0",
        "https://www.govdata.de/dl-de/by-2-0",
        re.compile(r"dl-?de[/-]by[-/]2[.-]0", re.I),
    ),
    (
        "dl-de-zero-2-0",
        "Data licence Germany – Zero – version 2.0",
        "dl-de/zero-2-0",
        "https://www.govdata.de/dl-de/zero-2-0",
        re.compile(r"dl-?de[/-]zero[-/]2[.-]0", re.I),
    ),
    (
        "etalab-2-0",
        "Licence Ouverte / Open Licence 2.0",
        "etalab-2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
        re.compile(r"etalab[- ]2\.0|licence[- ]ouverte", re.I),
    ),
    (
        "ogl-uk-3-0",
        "Open Government Licence v3.0 (United Kingdom)",
        "OGL-UK-3.0",
        "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        re.compile(r"open-government-licence/version/3|\bogl(?:-uk)?[- ]3(?:\.0)?\b", re.I),
    ),
]


def find_licence(text):
    """A License row, or None. `text` is a url or a name, or a sentence that holds one."""
    text = (text or "").strip()
    return (_of_this_site(text) or _well_known(text)) if text else None


def not_specified():
    return License.objects.filter(identifier="not_specified").first()


def _of_this_site(text):
    wanted = {_canonical_url(url) for url in re.findall(r"https?://[^\s<>\"')\]]+", text)}
    folded = text.casefold()
    for licence in License.objects.exclude(identifier="not_specified"):
        names = {n.casefold() for n in (licence.identifier, licence.name, licence.abbreviation) if n}
        if folded in names or (licence.url and _canonical_url(licence.url) in wanted):
            return licence
    return None


def _well_known(text):
    if _CC0.search(text):
        return _row(
            "cc0-1-0",
            "Creative Commons CC0 1.0 Universal",
            "CC0-1.0",
            "https://creativecommons.org/publicdomain/zero/1.0/",
        )
    match = _CC_URL.search(text.lower()) or _CC_TEXT.search(text)
    if match:
        kind = re.sub(r"[_ ]", "-", match.group(1).lower())
        version = match.group(2) or "4.0"
        version = version if "." in version else f"{version}.0"
        name = f"Creative Commons {_CC_NAMES[kind]} {version}"
        url = f"https://creativecommons.org/licenses/{kind}/{version}/"
        return _row(f"cc-{kind}-{version.replace('.', '-')}", name, f"CC-{kind.upper()}-{version}", url)
    for identifier, name, abbreviation, url, pattern in _OTHERS:
        if pattern.search(text):
            return _row(identifier, name, abbreviation, url)
    return None


def _row(identifier, name, abbreviation, url):
    defaults = {"name": name, "abbreviation": abbreviation, "url": url, "description": ""}
    return License.objects.get_or_create(identifier=identifier, defaults=defaults)[0]


def _canonical_url(url):
    return re.sub(r"^https?://(www\.)?", "", url.strip().casefold()).rstrip("/.,;")
