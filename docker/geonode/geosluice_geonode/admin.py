from django.contrib import admin

from geosluice_geonode.models import Registration


@admin.register(Registration)
class RegistrationAdmin(admin.ModelAdmin):
    list_display = ("source_dataset", "generation", "version", "resource_id", "metadata_state", "updated_at")
    search_fields = ("source_dataset", "source_uri", "resource__title", "resource__alternate")
    readonly_fields = tuple(field.name for field in Registration._meta.concrete_fields)

    def has_add_permission(self, request):
        return False
