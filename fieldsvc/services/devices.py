"""Phones: registered for a session, taken back, reported lost, and wiped."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.device_states import DEVICE, DeviceState
from fieldsvc.domain.errors import Conflict, NotFound
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.models.devices import Device, DeviceHolding
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.scopes import scope_of
from fieldsvc.services.sessions import end_session, wipe_order

MOST_ACTIVE = 10


@dataclass(frozen=True, slots=True)
class Registration:
    """What a phone says of itself. device_id: made by the phone; it keeps it when its user signs in again."""

    name: str
    platform: str
    app_version: str
    device_id: UUID | None = None


def register_device(uow: UnitOfWork, wanted: Registration) -> Device:
    """Let a phone work offline; a phone that is known already goes on with the session that asks."""
    assert uow.actor.user_id is not None, "only users have devices"
    assert uow.actor.session_id is not None, "only who is signed in registers a device"
    if uow.actor.is_confined:
        raise _confined()
    known = uow.find(Device, wanted.device_id, lock=True) if wanted.device_id is not None else None
    if known is not None:
        return _go_on(uow, known, wanted)
    row = DEVICE.allowed_at_birth("register", uow.actor.role)
    active = select(func.count()).select_from(Device).where(Device.user_id == uow.actor.user_id)
    if (uow.session.scalar(active.where(Device.state == DeviceState.ACTIVE)) or 0) >= MOST_ACTIVE:
        raise Conflict(f"There are {MOST_ACTIVE} active devices already: revoke one.", code="too_many_devices")
    device = Device(
        id=wanted.device_id or uow.new_id(),
        user_id=uow.actor.user_id,
        session_id=uow.actor.session_id,
        name=wanted.name,
        platform=wanted.platform,
        app_version=wanted.app_version,
        state=row.to,
        last_seq=0,
        registered_at=uow.now,
        last_seen_at=uow.now,
    )
    uow.session.add(device)
    uow.flush()
    uow.session.add(DeviceHolding(device_id=device.id, number=0, held={}, sent_number=0))
    uow.record(device, "device_registered", None, row.to, data={"user_id": device.user_id})
    return device


def revoke_device(uow: UnitOfWork, device_id: UUID, version: int | None = None) -> Device:
    """Take a phone back: it gets nothing any more, may tell what it still holds, and is then wiped."""
    return _move(uow, device_id, Action.DEVICE_MANAGE, "revoke", "device_revoked", version)


def confirm_loss(uow: UnitOfWork, device_id: UUID, version: int | None = None) -> Device:
    """Give up what a phone still holds: its session ends, and whatever it asks next is answered with the wipe order."""
    device = _move(uow, device_id, Action.DEVICE_CONFIRM_LOSS, "confirm_loss", "device_lost", version)
    end_session(uow, device.user_id, device.session_id)
    return device


def confirm_wipe(uow: UnitOfWork, device_id: UUID, version: int | None = None) -> Device:
    """Note that a phone has wiped itself, which only it can say; its session ends."""
    if load_device(uow, device_id, Action.SYNC).session_id != uow.actor.session_id:
        raise Conflict("Only the device itself can say so.", code="other_device")
    device = _move(uow, device_id, Action.SYNC, "confirm_wipe", "device_wiped", version)
    end_session(uow, device.user_id, device.session_id)
    return device


def list_devices(session: OrmSession, actor: Actor, page: PageRequest, *, user_id: UUID | None = None) -> Page[Device]:
    """Return the phones the actor may know of, the newest first."""
    query = select(Device).where(devices_in_scope(actor, Action.DEVICE_READ))
    if user_id is not None:
        query = query.where(Device.user_id == user_id)
    return fetch_page(session, query, [Device.registered_at, Device.id], page, is_descending=True)


def get_device(session: OrmSession, actor: Actor, device_id: UUID) -> Device:
    """Return one phone the actor may know of."""
    device = session.scalar(select(Device).where(Device.id == device_id, devices_in_scope(actor, Action.DEVICE_READ)))
    if device is None:
        raise NotFound(f"There is no device {device_id}.")
    return device


def devices_in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    """Return the condition that holds for the phones the actor may do this to."""
    return true() if scope_of(actor, action) is Scope.ALL else Device.user_id == actor.user_id


def load_device(uow: UnitOfWork, device_id: UUID, action: Action, version: int | None = None) -> Device:
    """Return a phone of the actor's scope, locked until the end."""
    in_scope = devices_in_scope(uow.actor, action)
    found = uow.find(Device, device_id, lock=True)
    if found is None or uow.session.scalar(select(Device.id).where(Device.id == device_id, in_scope)) is None:
        raise NotFound(f"There is no device {device_id}.")
    return uow.get(Device, device_id, version=version)


def check_may_tell(device: Device) -> None:
    """Refuse a phone that may tell nothing any more; one that is lost is told to wipe itself."""
    if device.state is DeviceState.LOST:
        raise wipe_order()
    if device.state not in (DeviceState.ACTIVE, DeviceState.REVOKED):
        raise Conflict(f"This device is {device.state}: register it anew, with a new id.", code="device_not_active")


def bind_session(uow: UnitOfWork, device: Device) -> None:
    """Let a phone go on with the session that asks; the one it had before ends."""
    session_id = uow.actor.session_id
    if session_id is not None and session_id != device.session_id:
        if uow.actor.is_confined:
            raise _confined()
        end_session(uow, device.user_id, device.session_id)
        device.session_id = session_id


def _confined() -> Conflict:
    return Conflict("This session's device was taken back: push, wipe, sign in anew.", code="device_not_active")


def _go_on(uow: UnitOfWork, device: Device, wanted: Registration) -> Device:
    if device.user_id != uow.actor.user_id:
        raise Conflict("This id is taken; make up another.", code="id_taken")
    check_may_tell(device)
    if device.state is not DeviceState.ACTIVE:
        raise Conflict(f"This device is {device.state}: push what it holds.", code="device_not_active")
    bind_session(uow, device)
    device.name, device.platform, device.app_version = wanted.name, wanted.platform, wanted.app_version
    device.last_seen_at = uow.now
    uow.record(device, "device_went_on", data={"user_id": device.user_id})
    return device


def _move(uow: UnitOfWork, device_id: UUID, wanted: Action, action: str, kind: str, version: int | None) -> Device:
    device = load_device(uow, device_id, wanted, version)
    row = DEVICE.allowed(device.state, action, uow.actor.role)
    before, device.state = device.state, row.to
    uow.record(device, kind, before, row.to, data={"user_id": device.user_id})
    return device
