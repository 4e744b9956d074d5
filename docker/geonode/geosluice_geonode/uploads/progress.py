"""Carries on to GeoNode's upload page what became of rasters that were handed to the inbox."""

import logging
from datetime import timedelta

from django.utils import timezone
from geonode.resource.models import ExecutionRequest

from geosluice_geonode.gateway import GatewayError
from geosluice_geonode.models import Registration
from geosluice_geonode.uploads.view import FUNCTION, gateway_of_environment

logger = logging.getLogger("geosluice_geonode")

# a page asks every few seconds: the gateway is not asked more often, nor for more than a page shows
_AGE = timedelta(seconds=5)
_AT_MOST = 10


def refresh(user):
    """Looks after the user's running ones. Never raises: a page must not fail because a gateway is away."""
    try:
        late = timezone.now() - _AGE
        running = ExecutionRequest.objects.filter(
            user=user, func_name=FUNCTION, status=ExecutionRequest.STATUS_RUNNING, last_updated__lt=late
        )
        for execution in running.order_by("last_updated")[:_AT_MOST]:
            _refresh(execution)
    except Exception:
        logger.exception("uploads could not be looked after")


def _refresh(execution):
    registration = Registration.objects.filter(source_uri=execution.input_params.get("source"))
    registration = registration.select_related("resource").first()
    resource = registration.resource if registration else None
    if resource is not None:
        execution.status = ExecutionRequest.STATUS_FINISHED
        execution.geonode_resource = resource
        execution.output_params = {
            "resources": [{"id": resource.pk, "detail_url": resource.detail_url}],
            "detail_url": [resource.detail_url],
        }
    else:
        reason = _failure(execution.input_params.get("ingestion"))
        if reason:
            execution.status = ExecutionRequest.STATUS_FAILED
            execution.output_params = {"errors": [reason]}
            execution.log = reason
    if execution.status != ExecutionRequest.STATUS_RUNNING:
        execution.finished = timezone.now()
    # also where nothing is new: last_updated is when it was looked at
    execution.save()


def _failure(ingestion):
    gateway = gateway_of_environment()
    if gateway is None or not ingestion:
        return None
    try:
        found = gateway.ingestion(ingestion)
    except GatewayError as error:
        logger.warning("the gateway was not asked for an upload: %s", error)
        return None
    problems = [f"{each.get('code')}: {each.get('message')}" for each in found.get("problems", [])]
    if problems:
        return problems[0]
    if not found.get("running") and found.get("counts", {}).get("dead", 0) > 0:
        return "The raster could not be ingested: the list of dead letters of geosluice says why."
    return None


class ProgressMiddleware:
    """Before GeoNode answers what became of uploads."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        asked = request.path.startswith(("/api/v2/executionrequest", "/api/v2/resource-service/execution-status/"))
        if request.method == "GET" and asked and request.user.is_authenticated:
            refresh(request.user)
        return self.get_response(request)
