"""Reservations: units of parts that are promised to tickets, and to nobody else."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.reservations import (
    ReservationChangesSchema,
    ReservationRequestSchema,
    ReservationSchema,
    ReservationsQuery,
    ReservationsSchema,
)
from fieldsvc.domain.permissions import Action
from fieldsvc.services import reservations

blueprint = Blueprint("reservations", "Units of parts that are promised to tickets.")


@blueprint.route("/reservations")
@requires(Action.STOCK_READ)
@blueprint.arguments(ReservationsQuery, location="query")
@blueprint.response(200, page_of(ReservationSchema))
def list_reservations(query: dict[str, Any]) -> Response:
    """List reservations, the oldest first"""
    wanted = {name: query[name] for name in ("ticket_id", "visit_id", "part_id", "location_id", "state")}
    return read_page(
        lambda page: lambda session: reservations.list_reservations(session, current_actor(), page, **wanted),
        ReservationSchema,
        query,
    )


@blueprint.route("/reservations", methods=["POST"])
@requires(Action.STOCK_RESERVE)
@key_required
@blueprint.arguments(ReservationRequestSchema)
@blueprint.response(201, ReservationsSchema)
def reserve_units(body: dict[str, Any]) -> Response:
    """Reserve units for a ticket

    Before any plan: the next run counts on them for a visit of this ticket, and for no other one. Too little is
    refused with what is available and what can take the part's place; with `takes_part`, what is not there waits, and
    is reserved as soon as units are free: for the most urgent ticket first, then for whoever has waited longest.
    """
    wish = reservations.ReservationWish(**body)
    return run_command(
        lambda uow: {"reservations": reservations.reserve_units(uow, wish)}, rendered(ReservationsSchema, 201)
    )


@blueprint.route("/reservations/<uuid:reservation_id>")
@requires(Action.STOCK_READ)
@blueprint.response(200, ReservationSchema)
def read_reservation(reservation_id: UUID) -> Response:
    """Read a reservation"""
    return read_one(
        lambda session: reservations.get_reservation(session, current_actor(), reservation_id), ReservationSchema
    )


@blueprint.route("/reservations/<uuid:reservation_id>", methods=["PATCH"])
@requires(Action.STOCK_RESERVE)
@blueprint.arguments(ReservationChangesSchema)
@blueprint.response(200, ReservationSchema)
def extend_reservation(body: dict[str, Any], reservation_id: UUID) -> Response:
    """Hold units until another time"""
    version, hold_until = expected_version(), body["hold_until"]
    return run_command(
        lambda uow: reservations.extend_reservation(uow, reservation_id, hold_until, version),
        rendered(ReservationSchema),
    )


@blueprint.route("/reservations/<uuid:reservation_id>/release", methods=["POST"])
@requires(Action.STOCK_RESERVE)
@blueprint.arguments(NoFields)
@blueprint.response(200, ReservationSchema)
def release_reservation(body: dict[str, Any], reservation_id: UUID) -> Response:  # noqa: ARG001 -- an empty body
    """Give up what was reserved

    Whoever waits for the units gets them. Released twice is released.
    """
    version = expected_version()
    return run_command(
        lambda uow: reservations.release_reservation(uow, reservation_id, version), rendered(ReservationSchema)
    )
