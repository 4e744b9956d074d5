"""
Prints all that GeoNode holds of some datasets as a JSON list: `python -m tests.described workspace:name …`. Ids and names are written
out of it.
"""

import json
import re
import sys

import tests.base  # noqa: F401  sets Django up
from geonode.base.models import ContactRole, Link, ResourceBase
from geonode.layers.models import Attribute, Dataset
from guardian.models import GroupObjectPermission, UserObjectPermission

# what every dataset has its own of
_OWN = {"id", "resourcebase_ptr", "created", "last_updated", "csw_insert_date", "csw_anytext", "metadata_xml", "date"}
_ROWS = ("owner", "group", "license", "category", "restriction_code_type", "spatial_representation_type", "default_style")


def described(alternate):
    dataset = Dataset.objects.get(alternate=alternate)

    def plain(value):
        text = str(value).replace(dataset.uuid, "UUID").replace(dataset.name, "NAME")
        text = re.sub(rf"(?<=/){dataset.pk}(?![\w./])", "PK", text)
        return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^<\s]*", "WHEN", text)

    def field(each):
        return getattr(dataset, each.name) if each.name in _ROWS else getattr(dataset, each.attname)

    row = ResourceBase.objects.get(pk=dataset.pk)
    return {
        "fields": {each.name: plain(field(each)) for each in dataset._meta.concrete_fields if each.name not in _OWN},
        "links": sorted(
            [plain(link.name), plain(link.url), link.extension, link.mime, link.link_type]
            for link in Link.objects.filter(resource_id=dataset.pk)
        ),
        "contacts": sorted(
            [contact.role, contact.contact.username] for contact in ContactRole.objects.filter(resource_id=dataset.pk)
        ),
        "permissions": sorted(
            [str(getattr(grant, who)), grant.permission.codename]
            for model, who in ((UserObjectPermission, "user"), (GroupObjectPermission, "group"))
            for grant in model.objects.filter(object_pk=str(dataset.pk)).select_related("permission")
        ),
        "keywords": sorted(plain(keyword) for keyword in dataset.keyword_list()),
        "regions": sorted(region.name for region in dataset.regions.all()),
        "attributes": sorted(
            [attribute.attribute, attribute.attribute_type] for attribute in Attribute.objects.filter(dataset=dataset)
        ),
        "styles": sorted(plain(style.name) for style in dataset.styles.all()),
        "record": sorted(plain(line).strip() for line in row.metadata_xml.split("\n")),
    }


if __name__ == "__main__":
    print(json.dumps([described(alternate) for alternate in sys.argv[1:]]))
