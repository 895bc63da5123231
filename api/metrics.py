"""Figures about requests for Prometheus, by route template so that their number stays small."""

from flask import Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest

from api.logs import route_template, seconds_since_start

_EXTENSION = "fieldsvc_metrics"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Metrics:
    """The figures of one app; each app has its own, as one process may hold several in tests."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("fieldsvc_http_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "fieldsvc_http_request_seconds", "How long answers took.", labels[:2], registry=self.registry
        )


def count_requests(app: Flask) -> None:
    """Count what an app answers."""
    metrics = Metrics()
    app.extensions[_EXTENSION] = metrics

    def count(response: Response) -> Response:
        method = request.method if request.method in _METHODS else "other"
        metrics.requests.labels(method, route_template(), response.status_code).inc()
        metrics.seconds.labels(method, route_template()).observe(seconds_since_start())
        return response

    app.after_request(count)


def metrics_response() -> Response:
    """Return the figures in the format Prometheus reads."""
    metrics: Metrics = current_app.extensions[_EXTENSION]
    return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)
