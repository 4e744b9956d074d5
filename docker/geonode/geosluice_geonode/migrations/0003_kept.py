from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geosluice_geonode", "0002_indexes")]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="kept",
            field=models.JSONField(blank=True, default=dict, help_text="Given back to a geosluice that lost its ledger."),
        ),
    ]
