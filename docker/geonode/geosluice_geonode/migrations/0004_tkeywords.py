from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geosluice_geonode", "0003_kept")]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="tkeywords",
            field=models.JSONField(
                blank=True, default=list, help_text="Keywords of thesauri given because of the sidecar."
            ),
        ),
    ]
