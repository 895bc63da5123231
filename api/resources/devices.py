"""Phones: registered, taken back, lost, wiped."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.current import current_actor
from api.etags import expected_version
from api.idempotency import run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import NoFields, page_of
from api.schemas.sync import DeviceRequestSchema, DeviceSchema, DevicesQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import devices

blueprint = Blueprint("devices", "Phones that work offline.")


@blueprint.route("/devices")
@requires(Action.DEVICE_READ)
@blueprint.arguments(DevicesQuery, location="query")
@blueprint.response(200, page_of(DeviceSchema))
def list_devices(query: dict[str, Any]) -> Response:
    """List phones, the newest first"""
    user_id = query["user_id"]
    return read_page(
        lambda page: lambda session: devices.list_devices(session, current_actor(), page, user_id=user_id),
        DeviceSchema,
        query,
    )


@blueprint.route("/devices", methods=["POST"])
@requires(Action.SYNC)
@blueprint.arguments(DeviceRequestSchema)
@blueprint.response(201, DeviceSchema)
def register_device(body: dict[str, Any]) -> Response:
    """Register this phone

    With the id of a phone the caller has registered before, that one goes on with this session.
    """
    wanted = devices.Registration(body["name"], body["platform"], body["app_version"], body["id"])
    return run_command(lambda uow: devices.register_device(uow, wanted), rendered(DeviceSchema, 201))


@blueprint.route("/devices/<uuid:device_id>")
@requires(Action.DEVICE_READ)
@blueprint.response(200, DeviceSchema)
def read_device(device_id: UUID) -> Response:
    """Read a phone"""
    return read_one(lambda session: devices.get_device(session, current_actor(), device_id), DeviceSchema)


@blueprint.route("/devices/<uuid:device_id>/revocation", methods=["POST"])
@requires(Action.DEVICE_MANAGE)
@blueprint.arguments(NoFields)
@blueprint.response(200, DeviceSchema)
def revoke_device(_: dict[str, Any], device_id: UUID) -> Response:
    """Take a phone back

    It gets nothing any more, may push what it still holds, and is then told to wipe itself.
    """
    version = expected_version()
    return run_command(lambda uow: devices.revoke_device(uow, device_id, version), rendered(DeviceSchema))


@blueprint.route("/devices/<uuid:device_id>/loss", methods=["POST"])
@requires(Action.DEVICE_CONFIRM_LOSS)
@blueprint.arguments(NoFields)
@blueprint.response(200, DeviceSchema)
def confirm_loss(_: dict[str, Any], device_id: UUID) -> Response:
    """Say that a phone is lost

    What it still holds is given up: its session ends, and its next request is answered with `wipe_ordered`.
    """
    version = expected_version()
    return run_command(lambda uow: devices.confirm_loss(uow, device_id, version), rendered(DeviceSchema))


@blueprint.route("/devices/<uuid:device_id>/wipe", methods=["POST"])
@requires(Action.SYNC)
@blueprint.arguments(NoFields)
@blueprint.response(200, DeviceSchema)
def confirm_wipe(_: dict[str, Any], device_id: UUID) -> Response:
    """Say that this phone has wiped itself; its session ends"""
    version = expected_version()
    return run_command(lambda uow: devices.confirm_wipe(uow, device_id, version), rendered(DeviceSchema))
