import re

from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpResponse
from django.utils.decorators import method_decorator
from geonode import get_version
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from geosluice_geonode.models import Sidecar
from geosluice_geonode.service import answers
from geosluice_geonode.version import DOCUMENT_SCHEMA, VERSION

MAX_ITEMS = 100
MAX_BYTES = 64 * 1024 * 1024


def ready(_request):
    """For probes: this process answers, and its database too. Nothing is told that nobody may know."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


class Health(APIView):
    """For `geosluice doctor`: that the app is installed, in which version, and that the user may register."""

    permission_classes = [IsAdminUser]
    renderer_classes = [JSONRenderer]

    def get(self, request):
        versions = {"version": VERSION, "geonode": get_version(), "schema": DOCUMENT_SCHEMA}
        return Response({"app": "geosluice_geonode", **versions})


# each item is a transaction of its own, whatever the site does with requests
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class _Batch(APIView):
    permission_classes = [IsAdminUser]
    renderer_classes = [JSONRenderer]

    def post(self, request):
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            return Response({"detail": f"a batch has at most {MAX_BYTES} bytes"}, status=413)
        items = request.data.get(self.member) if isinstance(request.data, dict) else None
        if not isinstance(items, list):
            raise ValidationError({self.member: ["must be a list of documents"]})
        if len(items) > MAX_ITEMS:
            return Response({"detail": f"a batch has at most {MAX_ITEMS} items"}, status=413)
        return Response({"answers": answers(self.action, items)})


class Registrations(_Batch):
    member, action = "registrations", "register"


class Unregistrations(_Batch):
    member, action = "unregistrations", "unregister"


class Lookups(_Batch):
    member, action = "lookups", "lookup"


class OriginalSidecar(APIView):
    """The metadata file as it was, for who may see the dataset."""

    permission_classes = [AllowAny]
    renderer_classes = [JSONRenderer]

    def get(self, request, pk):
        sidecar = Sidecar.objects.filter(registration_id=pk).select_related("registration__resource").first()
        resource = sidecar.registration.resource if sidecar else None
        # not 403: who may not see a dataset is not told that it is there
        if resource is None or not resource.user_can(request.user, "view_resourcebase"):
            raise Http404
        response = HttpResponse(bytes(sidecar.content), content_type=sidecar.content_type)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", sidecar.name)[:200] or "sidecar.xml"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "sandbox"
        return response
