from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("geosluice_geonode", "0005_unmapped")]

    operations = [
        # where the next rule of GeoFence goes, for all processes
        migrations.RunSQL(
            "create sequence if not exists geosluice_geofence_place",
            "drop sequence if exists geosluice_geofence_place",
        )
    ]
