"""
register_all(documents) makes or updates datasets, a batch in one transaction. It asks GeoServer for nothing but GeoFence's rules and that it empties its cache, once a batch: geosluice has published the layer already and checked that every node of the cluster draws it.
"""

import hashlib
import json
import logging
import uuid
from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.timezone import now
from geonode.base import enumerations
from geonode.base.models import ResourceBase
from geonode.geoserver.helpers import ogc_server_settings
from geonode.layers.models import Dataset
from geonode.security.utils import AdvancedSecurityWorkflowManager
from sequences import get_next_value
from sequences.models import Sequence

from geosluice_geonode import access, catalogue, geofence, links, maps, tags, thesauri
from geosluice_geonode.contacts import match_contacts, write_contacts
from geosluice_geonode.document import check_registration, sidecar_bytes
from geosluice_geonode.errors import Away, Refused
from geosluice_geonode.mapping import Mapped, map_document, subjects_of
from geosluice_geonode.memo import Memo
from geosluice_geonode.models import QuietDataset, Registration, Sidecar
from geosluice_geonode.tasks import ask_for_thumbnails, thumbnail_due

logger = logging.getLogger("geosluice_geonode")

# Milliseconds to wait for another request that holds the same datasets. One whose client gave it up may hold them for long.
_LOCK_MS = 20_000

# Two that make the same row at once: one is told, looks again, and finds the other's.
_ATTEMPTS = 4


def register(document):
    """
    Answers {status, pk, uuid, url}, and what went another way as `unmapped`; status is created, updated, unchanged, or superseded where a higher generation was here.
    @raises Refused where the document cannot be registered as it is
    """
    [result] = register_all([document])
    if isinstance(result, Exception):
        raise result
    return result


def register_all(documents):
    """
    For each document what `register` answers, or the exception it would raise. All are written in one transaction; where
    that fails, each in one of its own, so that a bad one never fails its neighbours.
    """
    memo = Memo()
    results, plans = [None] * len(documents), {}
    for index, document in enumerate(documents):
        results[index] = _caught(lambda document=document: check_registration(document))
    # asked again before any work is done; under the lock it is asked once more
    taken = [document for document, result in zip(documents, results, strict=True) if result is None]
    known = _registrations(taken)
    topics = thesauri.known_to_thesauri(word for document in taken for word in subjects_of(document))
    for index, document in enumerate(documents):
        if results[index] is None:
            results[index] = _caught(lambda document=document: _planned(document, known, topics, memo))
            if isinstance(results[index], Plan):
                plans[index] = results[index]
    for together in _apart(plans):
        for index, result in zip(together, _written([plans[index] for index in together], memo), strict=True):
            results[index] = result
    return results


def _caught(work):
    try:
        return work()
    except Exception as error:
        return error


def _registrations(documents):
    rows = Registration.objects.filter(source_dataset__in=[document["dataset"] for document in documents])
    return {row.source_dataset: row for row in rows.select_related("resource")}


@dataclass
class Plan:
    """All that is known of one registration before anything is written."""

    document: dict
    digest: str
    owner: object
    group: object
    roles: dict
    mapped: Mapped
    sidecar: bytes | None

    @property
    def access(self):
        return access.access_key(self.document, self.owner, self.group)

    @property
    def alternate(self):
        return self.mapped.fields["alternate"]


def _planned(document, known, topics, memo):
    """A Plan, or the answer where there is nothing to do. @raises Refused"""
    digest = _digest(document)
    row = known.get(document["dataset"])
    settled = row and _settled(row, document["generation"], digest)
    if settled:
        return settled
    roles, unmatched = match_contacts(document["metadata"], memo)
    return Plan(
        document=document,
        digest=digest,
        owner=access.owner_of(document, memo),
        group=access.group_of(document, memo),
        roles=roles,
        mapped=map_document(document, unmatched, topics, memo),
        sidecar=document["sidecar"] and sidecar_bytes(document["sidecar"]),
    )


def _apart(plans):
    """Batches in which no dataset and no layer is twice, in the order the documents came."""
    batches = []
    for index, plan in plans.items():
        names = {plan.document["dataset"], plan.alternate}
        # after all that share one with it
        at = max((number + 1 for number, (_, taken) in enumerate(batches) if names & taken), default=0)
        if at == len(batches):
            batches.append(([], set()))
        batches[at][0].append(index)
        batches[at][1].update(names)
    return [indexes for indexes, _taken in batches]


def _written(plans, memo):
    """For each plan its answer, or the exception that kept it from one."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            # outside of the transaction, both: the tree and the sequence's row would make all others wait for its end
            tags.ensure_keywords([word for plan in plans for word in plan.mapped.words])
            pks = _next_pks(sum(not there for there in _are_there(plans)))
            with transaction.atomic():
                return _write(plans, pks, memo)
        except IntegrityError as error:
            if attempt == _ATTEMPTS:
                failure = error
        except Exception as error:
            failure = error
            break
    if len(plans) == 1 or isinstance(failure, Away):
        return [failure] * len(plans)
    logger.info("%d registrations go one by one: %s", len(plans), failure)
    # what was looked up may be what failed
    return [result for plan in plans for result in _written([plan], Memo())]


def _write(plans, pks, memo):
    rows = lock_registrations([plan.document["dataset"] for plan in plans])
    known = _find(rows, plans)
    results, work, fresh, moved = [], [], set(), {}
    for plan in plans:
        document = plan.document
        row = rows[document["dataset"]]
        settled = _settled(row, document["generation"], plan.digest)
        found = settled or known[document["dataset"]]
        results.append(found if settled or isinstance(found, Refused) else None)
        if results[-1] is None:
            work.append((plan, row, found))
    created = [
        _dataset_of(plan, pks.pop() if pks else _next_pks(1).pop()) for plan, _row, dataset in work if dataset is None
    ]
    _insert(created)
    made = iter(created)
    for position, (plan, row, dataset) in enumerate(work):
        if dataset is None:
            dataset = next(made)
            fresh.add(dataset.pk)
        else:
            if dataset.alternate != plan.alternate:
                # as it was: what is updated is the row
                moved[dataset.pk] = (dataset, plan.mapped.fields)
            _update(dataset, plan)
        work[position] = (plan, row, dataset.pk)
    # with what the database made of it, and in one query
    datasets = Dataset.objects.select_related("owner", "group").in_bulk([pk for _plan, _row, pk in work])
    work = [(plan, row, datasets[pk], pk in fresh) for plan, row, pk in work]

    guarded = access.write_access(
        [
            (dataset, plan.document["permissions"], new)
            for plan, row, dataset, new in work
            # as long as it is the same, what people changed by hand stays
            if new or not row.resource_id or plan.access != row.access
        ],
        memo,
    )
    write_contacts([(dataset, plan.roles) for plan, _row, dataset, _new in work])
    tags.write_keywords([(dataset, plan.mapped.words) for plan, _row, dataset, _new in work])
    thesauri.write_thesaurus_keywords([(dataset, row, plan.mapped.tkeywords) for plan, row, dataset, _new in work])
    _write_regions(work)
    _keep_sidecars(work)
    links.write_links([(dataset, row, plan.document["sidecar"], new) for plan, row, dataset, new in work])
    redrawn = [
        dataset.pk
        for plan, row, dataset, new in work
        if new or _pixels(row.version) != _pixels(plan.document["version"])
    ]
    for plan, row, dataset, _new in work:
        document = plan.document
        row.linked = links.write_relations(dataset, document["metadata"]["relations"], row.linked)
        row.generation, row.version, row.digest = document["generation"], document["version"], plan.digest
        row.resource_id, row.access = dataset.pk, plan.access
        row.source_uri, row.metadata_state = document["sourceUri"], document["metadataState"]
        row.kept = {part: document[part] for part in ("layer", "object", "options")}
        if dataset.pk in redrawn:
            row.thumbnail_due = thumbnail_due()
        # open until GeoServer is asked again
        row.unmapped = _said(plan, geofence.OPEN in row.unmapped and geofence.is_on())
        row.save()
    catalogue.refresh([dataset.pk for _plan, _row, dataset, _new in work])
    maps.follow(moved.values())
    renewed = {dataset.pk for dataset, _granted, _new in guarded}
    guarded += [
        (dataset, {}, False) for _plan, _row, dataset, _new in work if dataset.pk in moved and dataset.pk not in renewed
    ]
    # last, both: it is the one thing that a rollback does not take back
    for before, _fields in moved.values():
        geofence.forget(before.workspace, before.name)
    _tell_open(work, {dataset.pk for dataset, _granted, _new in guarded}, geofence.guard(guarded))
    transaction.on_commit(lambda: ask_for_thumbnails(redrawn))
    answers = iter(
        {"status": "created" if new else "updated", **_named(dataset), "unmapped": row.unmapped}
        for _plan, row, dataset, new in work
    )
    return [next(answers) if result is None else result for result in results]


def _said(plan, is_open):
    """All that is told of a dataset, and first that its layer is open, where not everybody may see it."""
    told = [geofence.OPEN] if is_open and plan.document["permissions"] != "public" else []
    return [*told, *plan.mapped.unmapped]


def _tell_open(work, looked_at, there):
    for plan, row, dataset, _new in work:
        said = _said(plan, not there)
        if dataset.pk in looked_at and row.unmapped != said:
            row.unmapped = said
            row.save(update_fields=["unmapped"])


def _pixels(version):
    """The part of a version that changes with the raster."""
    return version.partition("-")[0]


def _settled(row, generation, digest):
    """The answer where there is nothing to do, else None."""
    if generation < row.generation:
        return {"status": "superseded", **_named(row.resource)}
    if row.resource_id and generation == row.generation and row.digest == digest:
        # who was killed before it could write the sentences down asks again
        return {"status": "unchanged", **_named(row.resource), "unmapped": row.unmapped}
    return None


def lock_registrations(source_datasets):
    """The datasets' rows by id, made where missing, held until the end of the transaction. @raises Away"""
    # in one order, or two batches would wait for each other
    names = sorted(source_datasets)
    try:
        with connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = %s", [_LOCK_MS])
            Registration.objects.bulk_create(
                (Registration(source_dataset=name) for name in names), ignore_conflicts=True
            )
            rows = Registration.objects.select_for_update().filter(source_dataset__in=names).order_by("source_dataset")
            found = {row.source_dataset: row for row in rows}
            cursor.execute("set local lock_timeout to default")
            return found
    except OperationalError as error:
        raise Away(f"the datasets cannot be written now, another request may be at them: {error}") from error


def _are_there(plans):
    """For each plan whether its dataset is in GeoNode already."""
    registered = set(
        Registration.objects.filter(
            source_dataset__in=[plan.document["dataset"] for plan in plans], resource__isnull=False
        ).values_list("source_dataset", flat=True)
    )
    alternates = [plan.alternate for plan in plans]
    shown = set(Dataset.objects.filter(alternate__in=alternates).values_list("alternate", flat=True))
    return [plan.document["dataset"] in registered or plan.alternate in shown for plan in plans]


def _find(rows, plans):
    """
    By dataset: the one to update (registered before, else an unmanaged one of the same layer, which is adopted), None where
    there is none, or Refused where the layer is another's.
    """
    shown = {}
    for dataset in Dataset.objects.filter(alternate__in=[plan.alternate for plan in plans]).order_by("-pk"):
        shown[dataset.alternate] = dataset
    held = Dataset.objects.in_bulk([row.resource_id for row in rows.values() if row.resource_id])
    others = {}
    for other in Registration.objects.filter(resource_id__in=[dataset.pk for dataset in shown.values()]):
        others[other.resource_id] = other
    found = {}
    for plan in plans:
        row = rows[plan.document["dataset"]]
        same = shown.get(plan.alternate)
        if same is None:
            found[row.source_dataset] = held.get(row.resource_id)
            continue
        other = others.get(same.pk)
        if (other and other.pk != row.pk) or (row.resource_id and row.resource_id != same.pk):
            whose = f"dataset {other.source_dataset}" if other else f"GeoNode's dataset {same.pk}"
            same = Refused("layer.name", f"{plan.alternate} belongs to {whose}", code="NAME_TAKEN")
        found[row.source_dataset] = same
    return found


def _dataset_of(plan, pk):
    """As GeoNode's own save would leave it."""
    published = AdvancedSecurityWorkflowManager.is_auto_publishing_workflow()
    moderated = (
        {} if published else dict.fromkeys(("is_approved", "was_approved", "is_published", "was_published"), False)
    )
    fields = {"date": now(), "date_type": "publication", **plan.mapped.fields, **moderated}
    dataset = Dataset(
        **fields,
        pk=pk,
        id=pk,
        uuid=str(uuid.uuid4()),
        owner=plan.owner,
        group=plan.group,
        resource_type="dataset",
        subtype="raster",
        polymorphic_ctype=ContentType.objects.get_for_model(Dataset),
        ows_url=urljoin(ogc_server_settings.PUBLIC_LOCATION, "ows"),
        state=enumerations.STATE_PROCESSED,
        csw_type="dataset",
    )
    # not made as one: where GeoNode translates fields, only Dataset's own constructor knows them
    dataset.__class__ = QuietDataset
    return dataset


def _insert(datasets):
    """The rows of all that a dataset is: Django makes rows of a table that has a parent only one by one."""
    parents = [field.attname for field in ResourceBase._meta.concrete_fields]
    ResourceBase.objects.bulk_create(
        ResourceBase(**{name: getattr(dataset, name) for name in parents}) for dataset in datasets
    )
    for dataset in datasets:
        dataset.resourcebase_ptr_id = dataset.pk
        dataset.save_base(raw=True, force_insert=True)


def _update(dataset, plan):
    fields = plan.mapped.fields
    if dataset.alternate != fields["alternate"]:
        links.forget_default_links(dataset)
    # as GeoNode's own update does it: no signals
    Dataset.objects.filter(pk=dataset.pk).update(
        **fields, owner=plan.owner, group=plan.group, subtype="raster", last_updated=now()
    )


def _write_regions(work):
    through = ResourceBase.regions.through
    rows = []
    for plan, _row, dataset, fresh in work:
        if fresh:
            regions = {region.pk for region in plan.mapped.regions}
            rows += [through(resourcebase_id=dataset.pk, region_id=pk) for pk in sorted(regions)]
        else:
            dataset.regions.set(plan.mapped.regions)
    through.objects.bulk_create(rows)


def _keep_sidecars(work):
    present = {
        sidecar.registration_id: sidecar
        for sidecar in Sidecar.objects.filter(registration__in=[row for _plan, row, _dataset, _new in work])
    }
    made = []
    for plan, row, _dataset, _new in work:
        said, kept = plan.document["sidecar"], present.get(row.pk)
        if said is None:
            if kept:
                kept.delete()
            continue
        sidecar = kept or Sidecar(registration=row)
        sidecar.name, sidecar.content_type, sidecar.content = said["name"], said["contentType"], plan.sidecar
        if kept:
            kept.save()
        else:
            made.append(sidecar)
    Sidecar.objects.bulk_create(made)


def _next_pks(count):
    """So many, from the sequence that ResourceBase.save draws from."""
    if count == 0:
        return []
    highest = ResourceBase.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    first = get_next_value("ResourceBase", initial_value=highest + 1)
    if first <= highest:
        Sequence.objects.filter(name="ResourceBase", last__lt=highest).update(last=highest)
        first = get_next_value("ResourceBase", initial_value=highest + 1)
    if count > 1:
        with transaction.atomic():
            sequence = Sequence.objects.select_for_update().get(name="ResourceBase")
            start, sequence.last = sequence.last + 1, sequence.last + count - 1
            sequence.save()
        return [*range(start + count - 2, start - 1, -1), first]
    return [first]


def _digest(document):
    content = {key: value for key, value in document.items() if key not in ("generation", "version")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _named(resource):
    if resource is None:
        return {}
    url = urljoin(settings.SITEURL, resource.get_real_instance().get_absolute_url())
    return {"pk": resource.pk, "uuid": resource.uuid, "url": url}
