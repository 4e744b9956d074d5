"""What is registered: of some datasets, or page by page of all."""

from urllib.parse import urljoin

from django.conf import settings
from geonode.layers.models import Dataset

from geosluice_geonode.document import check_lookup
from geosluice_geonode.models import Registration

PAGE = 100


def lookup(document):
    """Answers {status: found, registrations: […], next}; next is where the next page begins, None where there is none."""
    check_lookup(document)
    rows = Registration.objects.filter(resource__isnull=False).order_by("id")
    if "datasets" in document:
        page = list(rows.filter(source_dataset__in=document["datasets"]))
        following = None
    else:
        page = list(rows.filter(id__gt=document["after"])[:PAGE])
        following = page[-1].id if len(page) == PAGE else None
    return {"status": "found", "registrations": _described(page), "next": following}


def _described(page):
    """In two queries, however many there are."""
    datasets = Dataset.objects.non_polymorphic().in_bulk([row.resource_id for row in page])
    alternates = {dataset.alternate for dataset in datasets.values()}
    showing = {}
    for pk, alternate in Dataset.objects.filter(alternate__in=alternates).values_list("pk", "alternate"):
        showing.setdefault(alternate, []).append(pk)
    # one that is no dataset any more was deleted between the two
    there = [(row, datasets[row.resource_id]) for row in page if row.resource_id in datasets]
    return [_one(row, dataset, showing) for row, dataset in there]


def _one(row, dataset, showing):
    return {
        "dataset": row.source_dataset,
        "generation": row.generation,
        "version": row.version,
        "sourceUri": row.source_uri,
        "pk": dataset.pk,
        "uuid": dataset.uuid,
        "url": urljoin(settings.SITEURL, dataset.get_absolute_url()),
        "title": dataset.title,
        "alternate": dataset.alternate or "",
        "doubles": sorted(pk for pk in showing.get(dataset.alternate, []) if pk != dataset.pk),
        "kept": row.kept or None,
    }
