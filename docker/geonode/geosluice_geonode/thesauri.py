"""Keywords of GeoNode's thesauri: a subject that is one becomes it, and no free keyword, as where GeoNode reads a record."""

from collections import Counter

from django.db.models import Q
from django.db.models.functions import Lower
from geonode.base.models import ResourceBase, ThesaurusKeyword, ThesaurusKeywordLabel

from geosluice_geonode.releases import release
from geosluice_geonode.text import line


def known_to_thesauri(words):
    """
    By folded word the ThesaurusKeyword that it names by a label in any language, its alternative label or its address. One
    that names several is none.
    """
    said = {line(word) for word in words} - {""}
    if not said:
        return {}
    spelt = {spelling for word in said for spelling in (word.lower(), word.casefold())}
    # those of which GeoNode's editor offers nothing, and those of its own texts
    hidden = Q(thesaurus__card_max=0) | Q(thesaurus__identifier__in=release.INNER_THESAURI)
    keywords = ThesaurusKeyword.objects.exclude(hidden).select_related("thesaurus")

    def saying(rows, field):
        # as spelt too: what a database makes small depends on its locale
        return rows.annotate(small=Lower(field)).filter(Q(small__in=spelt) | Q(**{f"{field}__in": said}))

    labels = saying(ThesaurusKeywordLabel.objects.all(), "label").values_list("label", "keyword_id")
    labelled = {}
    for label, pk in labels:
        labelled.setdefault(pk, []).append(label)
    named = {}
    own = saying(keywords, "alt_label"), saying(keywords, "about"), keywords.filter(pk__in=labelled)
    for keyword in (keyword for rows in own for keyword in rows):
        for text in (keyword.alt_label, keyword.about, *labelled.get(keyword.pk, ())):
            named.setdefault(_folded(text or ""), {})[keyword.pk] = keyword
    wanted = {_folded(word) for word in said}
    return {word: next(iter(found.values())) for word, found in named.items() if word in wanted and len(found) == 1}


def take_known(words, known):
    """(ids of the thesauri's keywords, the words that stay free). Of a thesaurus no more than it allows a resource."""
    taken, free, counts = set(), [], Counter()
    for word in words:
        keyword = known.get(_folded(word))
        if keyword is not None and keyword.pk in taken:
            continue
        if keyword is None or counts[keyword.thesaurus_id] == keyword.thesaurus.card_max:
            free.append(word)
            continue
        counts[keyword.thesaurus_id] += 1
        taken.add(keyword.pk)
    return taken, free


def write_thesaurus_keywords(entries):
    """
    `entries` are (dataset, registration, ids). What was chosen by hand stays; the registration remembers which are ours, and
    is saved by the caller.
    """
    through = ResourceBase.tkeywords.through
    present = {}
    pks = [dataset.pk for dataset, _row, _ids in entries]
    for row, pk, tag in through.objects.filter(resourcebase_id__in=pks).values_list(
        "pk", "resourcebase_id", "thesauruskeyword_id"
    ):
        present.setdefault(pk, {})[tag] = row
    gone, made = [], []
    for dataset, registration, ids in entries:
        here, before = present.get(dataset.pk, {}), set(registration.tkeywords)
        gone += [row for tag, row in here.items() if tag in before - ids]
        new = sorted(ids - here.keys())
        made += [through(resourcebase_id=dataset.pk, thesauruskeyword_id=tag) for tag in new]
        registration.tkeywords = sorted({*new, *(before & ids)})
    if gone:
        through.objects.filter(pk__in=gone).delete()
    through.objects.bulk_create(made)


def _folded(word):
    return line(word).casefold()
