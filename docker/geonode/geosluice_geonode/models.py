from django.db import models
from geonode.layers.models import Dataset


class Registration(models.Model):
    """What was registered last for one geosluice dataset. Outlives the GeoNode dataset: it fences late comers."""

    source_dataset = models.CharField(max_length=64, unique=True, help_text="Id of the dataset in geosluice.")
    generation = models.BigIntegerField(default=0, help_text="Writes of a lower one change nothing.")
    version = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="", help_text="SHA-256 of what was registered.")
    access = models.CharField(max_length=512, blank=True, default="", help_text="Permissions that were asked for.")
    linked = models.JSONField(default=list, blank=True, help_text="Resources linked because of the sidecar.")
    tkeywords = models.JSONField(
        default=list, blank=True, help_text="Keywords of thesauri given because of the sidecar."
    )
    unmapped = models.JSONField(
        default=list, blank=True, help_text="What was told of it: who asks again is told the same."
    )
    source_uri = models.TextField(blank=True, default="")
    kept = models.JSONField(default=dict, blank=True, help_text="Given back to a geosluice that lost its ledger.")
    metadata_state = models.CharField(max_length=16, blank=True, default="")
    thumbnail_due = models.DateTimeField(
        null=True, blank=True, help_text="When its thumbnail is asked for again; none where it is drawn."
    )
    resource = models.OneToOneField(
        "base.ResourceBase",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="geosluice_registration",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            # of few, nearly always
            models.Index(
                fields=["thumbnail_due"],
                condition=models.Q(thumbnail_due__isnull=False),
                name="geosluice_thumbnail_due",
            )
        ]

    def __str__(self):
        return f"{self.source_dataset} g{self.generation}"


class Sidecar(models.Model):
    """The metadata file as it lay beside the raster."""

    registration = models.OneToOneField(Registration, on_delete=models.CASCADE, related_name="sidecar")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()

    def __str__(self):
        return self.name


class QuietDataset(Dataset):
    """
    Saves a dataset without GeoNode's receivers of Dataset's signals: one catalogue refresh at the end of a
    registration takes the place of one a save. The row is a Dataset like any other.
    """

    class Meta:
        proxy = True
        default_permissions = ()
