"""
Registers datasets as GeoNode itself does, in one process that stays up: `python -m stock`. A line of JSON in, one out:
{create: [layer, …]} makes datasets by the resource manager's `create` and `update`, {updatelayers: workspace} runs the command.
"""

import json
import os
import sys
import traceback
import uuid


def no_thumbnail(*_args, **_options):
    """For THUMBNAIL_GENERATOR: pictures are not what is compared, and GeoNode's own ask servers of the internet for tiles."""


def main():
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    # only answers go where answers are read
    os.dup2(2, 1)

    import django

    django.setup()
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            _forget()
            made = _create(order["create"]) if "create" in order else _updatelayers(order["updatelayers"])
            answer = {"made": made}
        except Exception:
            answer = {"error": traceback.format_exc()[-4000:]}
        print(json.dumps(answer), file=out, flush=True)


def _forget():
    """What GeoServer said to the order before, which its client keeps for seconds."""
    from geonode.geoserver.helpers import gs_catalog

    gs_catalog._cache.clear()


def _create(layers):
    from django.contrib.auth import get_user_model
    from geonode.layers.models import Dataset
    from geonode.resource.registry import dataset_manager

    owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
    for layer in layers:
        name = str(uuid.uuid4())
        fields = {key: layer[key] for key in ("name", "workspace", "title", "abstract")}
        alternate = f"{layer['workspace']}:{layer['name']}"
        dataset = dataset_manager.create(
            name,
            resource_type=Dataset,
            defaults={**fields, "store": layer["name"], "subtype": "raster", "alternate": alternate, "owner": owner},
        )
        dataset.set_bbox_polygon(layer["nativeBbox"], layer["srs"])
        dataset.set_ll_bbox_polygon(layer["wgs84Bbox"])
        dataset_manager.update(
            name,
            instance=dataset,
            keywords=layer["keywords"],
            regions=[],
            vals={"title": layer["title"], "abstract": layer["abstract"]},
            notify=False,
        )
    return _processed(alternate__in=[f"{layer['workspace']}:{layer['name']}" for layer in layers])


def _updatelayers(workspace):
    from django.core.management import call_command

    call_command("updatelayers", workspace=workspace, verbosity=0)
    return _processed(workspace=workspace)


def _processed(**which):
    """How many are there as they should be: much that goes wrong on the way is only logged."""
    from geonode.base import enumerations
    from geonode.layers.models import Dataset

    return Dataset.objects.filter(**which, state=enumerations.STATE_PROCESSED).count()


if __name__ == "__main__":
    main()
