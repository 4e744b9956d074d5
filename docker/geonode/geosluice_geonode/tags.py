"""Keywords of a resource, in GeoNode's tree of keywords."""

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
            HierarchicalKeyword.add_root(name=word)


def write_keywords(resource, words):
    """The resource has these keywords, and no others."""
    ids = set(HierarchicalKeyword.objects.filter(name__in=words).values_list("pk", flat=True))
    tagged = TaggedContentItem.objects.filter(content_object=resource)
    tagged.exclude(tag_id__in=ids).delete()
    missing = ids - set(tagged.values_list("tag_id", flat=True))
    TaggedContentItem.objects.bulk_create(
        TaggedContentItem(content_object=resource, tag_id=tag_id) for tag_id in sorted(missing)
    )


def _known(words):
    return set(HierarchicalKeyword.objects.filter(name__in=words).values_list("name", flat=True))
