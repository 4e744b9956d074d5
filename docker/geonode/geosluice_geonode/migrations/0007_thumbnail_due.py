from django.db import migrations, models
from django.utils.timezone import now


def ask_for_what_was_lost(apps, schema_editor):
    registrations = apps.get_model("geosluice_geonode", "Registration").objects.using(schema_editor.connection.alias)
    registrations.filter(resource__isnull=False, resource__thumbnail_path__isnull=True).update(thumbnail_due=now())


class Migration(migrations.Migration):
    dependencies = [("geosluice_geonode", "0006_geofence_place")]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="thumbnail_due",
            field=models.DateTimeField(
                blank=True, help_text="When its thumbnail is asked for again; none where it is drawn.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="registration",
            index=models.Index(
                condition=models.Q(("thumbnail_due__isnull", False)),
                fields=["thumbnail_due"],
                name="geosluice_thumbnail_due",
            ),
        ),
        migrations.RunPython(ask_for_what_was_lost, migrations.RunPython.noop),
    ]
