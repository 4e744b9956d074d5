"""
register(document) makes or updates one dataset; unregister(document) takes it away. Neither asks GeoServer for anything:
geosluice has published the layer already and checked that every node of the cluster draws it.
"""

import hashlib
import json
import uuid
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from geonode.base import enumerations
from geonode.base.models import ResourceBase
from geonode.catalogue.models import catalogue_post_save
from geonode.geoserver.helpers import ogc_server_settings
from geonode.layers.models import Dataset
from geonode.security.utils import AdvancedSecurityWorkflowManager
from sequences import get_next_value
from sequences.models import Sequence

from geosluice_geonode import access, links, tags
from geosluice_geonode.contacts import match_contacts, write_contacts
from geosluice_geonode.document import check_registration, sidecar_bytes
from geosluice_geonode.errors import Refused
from geosluice_geonode.mapping import map_document
from geosluice_geonode.models import QuietDataset, Registration, Sidecar

# Two that make the same row at once: one is told, looks again, and finds the other's.
_ATTEMPTS = 4


def register(document):
    """
    Answers {status, pk, uuid, url}; status is created, updated, unchanged, or superseded where a higher generation was here.
    @raises Refused where the document cannot be registered as it is
    """
    check_registration(document)
    digest = _digest(document)
    known = Registration.objects.filter(source_dataset=document["dataset"]).select_related("resource").first()
    # asked again before any work is done; under the lock it is asked once more
    settled = known and _settled(known, document["generation"], digest)
    if settled:
        return settled
    roles, unmatched = match_contacts(document["metadata"])
    plan = {
        "document": document,
        "owner": access.owner_of(document),
        "group": access.group_of(document),
        "roles": roles,
        "mapped": map_document(document, unmatched),
        "digest": digest,
        "sidecar": document["sidecar"] and sidecar_bytes(document["sidecar"]),
    }
    tags.ensure_keywords(plan["mapped"].words)
    for attempt in range(1, _ATTEMPTS + 1):
        # outside of the transaction: the sequence's row would make all others wait for its end
        pk = None if _is_there(document) else _next_pk()
        try:
            with transaction.atomic():
                return _register(plan, pk)
        except IntegrityError:
            if attempt == _ATTEMPTS:
                raise


def _register(plan, pk):
    document = plan["document"]
    row = lock_registration(document["dataset"])
    settled = _settled(row, document["generation"], plan["digest"])
    if settled:
        return settled
    dataset, status = _find(row, document["layer"]), "updated"
    if dataset is None:
        dataset, status = _create(plan, pk or _next_pk()), "created"
        access_before = None
    else:
        access_before = row.access if row.resource_id else None
        _update(dataset, plan)
    dataset = Dataset.objects.get(pk=dataset.pk)
    key = access.access_key(document, plan["owner"], plan["group"])
    if key != access_before:
        access.write_access(dataset, document["permissions"])
    write_contacts(dataset.resourcebase_ptr, plan["roles"])
    tags.write_keywords(dataset.resourcebase_ptr, plan["mapped"].words)
    dataset.regions.set(plan["mapped"].regions)
    links.write_default_links(dataset)
    linked = links.write_relations(dataset, document["metadata"]["relations"], row.linked)
    _keep_sidecar(row, document["sidecar"], plan["sidecar"])
    links.write_sidecar_link(dataset, row, document["sidecar"])
    row.generation, row.version, row.digest = document["generation"], document["version"], plan["digest"]
    row.resource_id, row.access, row.linked = dataset.pk, key, linked
    row.source_uri, row.metadata_state = document["sourceUri"], document["metadataState"]
    row.kept = {part: document[part] for part in ("layer", "object", "options")}
    row.save()
    catalogue_post_save(instance=dataset, sender=Dataset)
    return {"status": status, **_named(dataset)}


def _settled(row, generation, digest):
    """The answer where there is nothing to do, else None."""
    if generation < row.generation:
        return {"status": "superseded", **_named(row.resource)}
    if row.resource_id and generation == row.generation and row.digest == digest:
        return {"status": "unchanged", **_named(row.resource)}
    return None


def lock_registration(source_dataset):
    """The dataset's row, made where missing, held until the end of the transaction."""
    Registration.objects.get_or_create(source_dataset=source_dataset)
    return Registration.objects.select_for_update().get(source_dataset=source_dataset)


def _is_there(document):
    layer = document["layer"]
    return (
        Registration.objects.filter(source_dataset=document["dataset"], resource__isnull=False).exists()
        or Dataset.objects.filter(alternate=f"{layer['workspace']}:{layer['name']}").exists()
    )


def _find(row, layer):
    """The dataset to update: the one registered before, else an unmanaged one of the same layer, which is adopted."""
    alternate = f"{layer['workspace']}:{layer['name']}"
    same = Dataset.objects.filter(alternate=alternate).order_by("pk").first()
    if same is not None:
        other = Registration.objects.filter(resource_id=same.pk).exclude(pk=row.pk).first()
        if other is not None or (row.resource_id and row.resource_id != same.pk):
            whose = f"dataset {other.source_dataset}" if other else f"GeoNode's dataset {same.pk}"
            raise Refused("layer.name", f"{alternate} belongs to {whose}", code="NAME_TAKEN")
        return same
    return Dataset.objects.filter(pk=row.resource_id).first() if row.resource_id else None


def _create(plan, pk):
    fields = plan["mapped"].fields
    fields = {"date": now(), "date_type": "publication", **fields}
    dataset = QuietDataset(
        **fields,
        pk=pk,
        id=pk,
        uuid=str(uuid.uuid4()),
        owner=plan["owner"],
        group=plan["group"],
        resource_type="dataset",
        subtype="raster",
        polymorphic_ctype=ContentType.objects.get_for_model(Dataset),
        ows_url=urljoin(ogc_server_settings.PUBLIC_LOCATION, "ows"),
        state=enumerations.STATE_PROCESSED,
        csw_type="dataset",
    )
    dataset.save()
    AdvancedSecurityWorkflowManager.handle_moderated_uploads(dataset.uuid, instance=dataset)
    return dataset


def _update(dataset, plan):
    fields = plan["mapped"].fields
    if dataset.alternate != fields["alternate"]:
        links.forget_default_links(dataset)
    # as GeoNode's own update does it: no signals
    Dataset.objects.filter(pk=dataset.pk).update(
        **fields, owner=plan["owner"], group=plan["group"], subtype="raster", last_updated=now()
    )


def _keep_sidecar(row, sidecar, content):
    if sidecar is None:
        Sidecar.objects.filter(registration=row).delete()
        return
    fields = {"name": sidecar["name"], "content_type": sidecar["contentType"], "content": content}
    Sidecar.objects.update_or_create(registration=row, defaults=fields)


def _next_pk():
    """As ResourceBase.save does it, from the same sequence."""
    highest = ResourceBase.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    value = get_next_value("ResourceBase", initial_value=highest + 1)
    if value <= highest:
        Sequence.objects.filter(name="ResourceBase", last__lt=highest).update(last=highest)
        value = get_next_value("ResourceBase", initial_value=highest + 1)
    return value


def _digest(document):
    content = {key: value for key, value in document.items() if key not in ("generation", "version")}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _named(resource):
    if resource is None:
        return {}
    url = urljoin(settings.SITEURL, resource.get_real_instance().get_absolute_url())
    return {"pk": resource.pk, "uuid": resource.uuid, "url": url}
