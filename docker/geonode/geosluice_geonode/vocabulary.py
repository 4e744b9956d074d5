"""Words of the description that GeoNode has rows for."""

from django.db.models import Q
from geonode.base.models import Region, RestrictionCodeType, TopicCategory

from geosluice_geonode.errors import Refused
from geosluice_geonode.licences import find_licence
from geosluice_geonode.text import line


def category_of(asked, keywords, memo):
    """
    The ISO 19115 topic that was asked for, else the first keyword that is one.
    @raises Refused where the one asked for is none
    """
    if asked:
        topics = memo(_topics)
        found = topics.get(_folded(asked))
        if found is None:
            known = ", ".join(topic.identifier for topic in topics.values())
            raise Refused("category", f"is no ISO 19115 topic category of this GeoNode; there are: {known}")
        return found
    return next((topic for word in keywords if (topic := memo(_topics).get(_folded(word)))), None)


def _topics():
    # never created: GeoNode's manager would make a new category of every word
    return {_folded(topic.identifier): topic for topic in TopicCategory.objects.filter(is_choice=True)}


def _folded(word):
    return word.strip().casefold()


def regions_of(places, memo):
    """(regions known by name or code, the places that are none)"""
    regions, rest = [], []
    for place in places:
        name = line(place)
        region = memo(_region, name) if name else None
        if region:
            regions.append(region)
        elif name:
            rest.append(name)
    return regions, rest


def _region(name):
    found = list(Region.objects.filter(Q(name__iexact=name) | Q(code__iexact=name))[:2])
    return found[0] if len(found) == 1 else None


def rights_of(metadata, default_licence, memo):
    """
    (licence row or None, text of the other constraints, restriction code row or None). The sidecar's licence goes before
    the default.
    """
    texts = [text for text in [metadata["license"], *metadata["rights"]] if text]
    licence, used = None, None
    for text in texts:
        licence = memo(find_licence, text)
        if licence:
            used = text
            break
    if licence is None and default_licence and not metadata["license"]:
        licence = memo(find_licence, default_licence)
        if licence is None:
            texts.append(default_licence)
    # a licence that was found says it better than its name; a sentence of rights is kept
    understood = {used} if used == metadata["license"] or _is_url(used or "") else set()
    others = [text for text in dict.fromkeys(texts) if text not in understood]
    joined = "\n".join(line(text) for text in others)
    return licence, joined, _restriction(joined, licence, memo)


def _is_url(text):
    return text.startswith(("http://", "https://")) and " " not in text.strip()


def _restriction(text, licence, memo):
    folded = text.casefold()
    if any(mark in folded for mark in ("copyright", "©", "(c)", "all rights reserved")):
        code = "copyright"
    elif text:
        code = "otherRestrictions"
    elif licence:
        code = "license"
    else:
        return None
    return memo(_restriction_code, code)


def _restriction_code(code):
    return RestrictionCodeType.objects.filter(identifier=code).first()
