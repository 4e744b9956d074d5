from django.db import migrations

# What each registration looks for, and GeoNode's own tables have no index for: felt from some 10,000 datasets on.
_INDEXES = {
    "geosluice_user_permission_object": "guardian_userobjectpermission (object_pk)",
    "geosluice_group_permission_object": "guardian_groupobjectpermission (object_pk)",
    "geosluice_resource_alternate": "base_resourcebase (alternate)",
}


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, place in _INDEXES.items():
            # without holding up who writes meanwhile
            schema_editor.execute(f"create index concurrently if not exists {name} on {place}")


def drop(apps, schema_editor):
    for name in _INDEXES:
        schema_editor.execute(f"drop index if exists {name}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("geosluice_geonode", "0001_initial"), ("guardian", "0001_initial")]

    operations = [migrations.RunPython(add, drop)]
