from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("geosluice_geonode", "0004_tkeywords")]

    operations = [
        migrations.AddField(
            model_name="registration",
            name="unmapped",
            field=models.JSONField(
                blank=True, default=list, help_text="What was told of it: who asks again is told the same."
            ),
        ),
    ]
