"""Keywords of a resource, in GeoNode's tree of keywords."""

from itertools import count

from django.db import connection, transaction
from geonode.base.models import HierarchicalKeyword, TaggedContentItem

# Any number no other advisory lock of the database uses.
_TREE_LOCK = 0x6765_6F73_6C75


def ensure_keywords(words):
    """
    Adds what the tree lacks, in a transaction of its own. The tree breaks where two add at once (GeoNode then drops the
    keyword without a word), so ours go one after the other.
    """
    if not set(words) - _known(words):
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [_TREE_LOCK])
        for word in sorted(set(words) - _known(words)):
            HierarchicalKeyword.add_root(name=word, slug=_slug_of(word))


def write_keywords(entries):
    """Each resource has its keywords, and no others. `entries` are (dataset, words)."""
    every = {word for _dataset, words in entries for word in words}
    tags = {}
    for pk, name in HierarchicalKeyword.objects.filter(name__in=every).values_list("pk", "name"):
        tags.setdefault(name, set()).add(pk)
    wanted = {(dataset.pk, tag) for dataset, words in entries for word in words for tag in tags.get(word, ())}
    pks = [dataset.pk for dataset, _words in entries]
    tagged = TaggedContentItem.objects.filter(content_object_id__in=pks)
    present = {(pk, tag): row for row, pk, tag in tagged.values_list("pk", "content_object_id", "tag_id")}
    TaggedContentItem.objects.filter(pk__in=[row for pair, row in present.items() if pair not in wanted]).delete()
    TaggedContentItem.objects.bulk_create(
        TaggedContentItem(content_object_id=pk, tag_id=tag) for pk, tag in sorted(wanted - present.keys())
    )


def _slug_of(word):
    """As the tree would make it, but no longer than its column: a number after a slug that is taken has room there."""
    room = HierarchicalKeyword._meta.get_field("slug").max_length
    whole = HierarchicalKeyword().slugify(word)[:room]
    # of a word of signs alone nothing is left but the number
    near = HierarchicalKeyword.objects.filter(slug__startswith=whole[: room // 2] or "_")
    taken = set(near.values_list("slug", flat=True))
    if whole and whole not in taken:
        return whole
    numbered = (f"{whole[: room - len(ending)]}{ending}" for ending in (f"_{number}" for number in count(1)))
    return next(slug for slug in numbered if slug not in taken)


def _known(words):
    return set(HierarchicalKeyword.objects.filter(name__in=words).values_list("name", flat=True))
