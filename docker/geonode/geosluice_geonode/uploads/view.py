"""GeoNode's upload address. A raster is handed to the inbox or refused; everything else is GeoNode's importer's, untouched."""

import logging
import os

from django.conf import settings
from geonode.resource.enumerator import ExecutionRequestAction
from geonode.resource.models import ExecutionRequest
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from geosluice_geonode.gateway import Gateway, GatewayError
from geosluice_geonode.releases import release
from geosluice_geonode.uploads.handler import InboxFile, is_raster

logger = logging.getLogger("geosluice_geonode")

FUNCTION = "geosluice.ingest"
_REFUSED = (
    "Rasters are not taken here: GeoNode would have to share a disk with GeoServer. "
    "Put the file into the inbox bucket, or send it with `geosluice ingest`."
)
_SIDECAR_BYTES = 16 * 1024 * 1024


def gateway_of_environment():
    url, key = os.environ.get("GEOSLUICE_URL"), os.environ.get("GEOSLUICE_KEY")
    return Gateway(url, key) if url and key else None


class RastersAreOff(APIException):
    status_code = status.HTTP_403_FORBIDDEN
    default_detail = _REFUSED
    default_code = "raster_uploads_off"


class InboxAway(APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "inbox_unavailable"


class RasterAwareUpload(release.ImporterViewSet):
    def create(self, request, *args, **kwargs):
        mode = getattr(settings, "GEOSLUICE_RASTER_UPLOADS", None)
        file = request.FILES.get("base_file")
        name = getattr(request._request, "geosluice_raster", None) or getattr(file, "name", "")
        if mode is None or not is_raster(name) or getattr(request._request, "upload_validation_error", None):
            return super().create(request, *args, **kwargs)
        if mode == "off":
            raise RastersAreOff()
        if request.data.get("action", "upload") != "upload":
            raise ValidationError("A raster is replaced by a new file in the inbox, not by an upload here.")
        if not isinstance(file, InboxFile):
            raise ValidationError("The raster could not be read from this request.")
        return Response({"execution_id": self._ingest(request, file)}, status=status.HTTP_201_CREATED)

    def _ingest(self, request, file):
        # GeoNode's own limits hold here too; the size was looked at while the file was read
        try:
            self._keep(request, file)
        except ValidationError:
            raise
        except Exception as error:
            logger.exception("a raster could not be brought to the inbox")
            raise InboxAway("The inbox does not answer: nothing was kept. Try again later.") from error
        source = f"s3://{file.upload.bucket}/{file.upload.key}"
        ingestion = self._start(request.user, file.upload, source)
        execution = ExecutionRequest.objects.create(
            user=request.user,
            func_name=FUNCTION,
            step=FUNCTION,
            status=ExecutionRequest.STATUS_RUNNING,
            action=ExecutionRequestAction.UPLOAD.value,
            name=file.name,
            input_params={"source": source, "ingestion": ingestion},
        )
        return execution.exec_id

    def _keep(self, request, file):
        sidecar = request.FILES.get("xml_file")
        if sidecar is not None:
            if sidecar.size > _SIDECAR_BYTES:
                raise ValidationError("The metadata file is larger than 16 MiB.")
            file.upload.add_sidecar(sidecar.read())
        file.keep()

    def _start(self, user, upload, source):
        """The ingestion's id; None without a key of the gateway, where a watch on the inbox finds the file."""
        gateway = gateway_of_environment()
        if gateway is None:
            return None
        try:
            return gateway.start(source, {"owner": user.get_username()})["id"]
        except GatewayError as error:
            upload.take_back()
            logger.error("the gateway did not take %s: %s", source, error)
            raise InboxAway("The ingestion could not be started: nothing was kept. Try again later.") from error
