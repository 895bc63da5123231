"""What machines ask about this process. At the root, not part of the versioned API."""

from flask import Blueprint, Response

from api.auth import public
from api.current import current_application
from api.metrics import metrics_response
from api.rendering import JSON_TYPE, to_json
from fieldsvc.services.readiness import check_readiness

blueprint = Blueprint("health", __name__)

_PROBES = "probes have no account, and the answer holds no data of anybody"


@blueprint.get("/livez")
@public(_PROBES)
def is_alive() -> Response:
    """Answer as long as the process does."""
    return Response(to_json({"status": "alive"}), content_type=JSON_TYPE)


@blueprint.get("/readyz")
@public(_PROBES)
def is_ready() -> Response:
    """Tell whether the process can do its work, check by check; 503 if not."""
    checks = check_readiness(current_application().database)
    is_ok = all(check.is_ok for check in checks)
    body = {
        "status": "ready" if is_ok else "not ready",
        "checks": [{"name": check.name, "ok": check.is_ok, "detail": check.detail} for check in checks],
    }
    return Response(to_json(body), 200 if is_ok else 503, content_type=JSON_TYPE)


@blueprint.get("/metrics")
@public("scraped from inside; the figures are counts by route")
def read_metrics() -> Response:
    """Give Prometheus its figures."""
    return metrics_response()
