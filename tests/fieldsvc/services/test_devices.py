"""Phones: who registers, takes back, gives up and wipes them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from fieldsvc.domain.device_states import DEVICE, DeviceState
from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, NotFound, TransitionRefused
from fieldsvc.models import Device
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.devices import (
    MOST_ACTIVE,
    Registration,
    confirm_loss,
    confirm_wipe,
    register_device,
    revoke_device,
)
from tests.fieldsvc.phone import Phone
from tests.fieldsvc.stage import Stage

VERBS: dict[str, Callable[[UnitOfWork, UUID], object]] = {
    "revoke": revoke_device,
    "confirm_loss": confirm_loss,
    "confirm_wipe": confirm_wipe,
}
STEPS = [
    ("revoke", DeviceState.ACTIVE, "device_revoked", ("technician1", "supervisor", "admin")),
    ("confirm_loss", DeviceState.ACTIVE, "device_lost", ("supervisor", "admin")),
    ("confirm_loss", DeviceState.REVOKED, "device_lost", ("supervisor", "admin")),
    ("confirm_loss", DeviceState.FORKED, "device_lost", ("supervisor", "admin")),
    ("confirm_wipe", DeviceState.REVOKED, "device_wiped", ("technician1",)),
]
steps = pytest.mark.parametrize(("verb", "state", "kind", "who"), STEPS)


@pytest.fixture
def phone(stage: Stage) -> Phone:
    return Phone(stage, stage.cast.technician1)


def bring_to(stage: Stage, phone: Phone, state: DeviceState) -> None:
    if state is DeviceState.REVOKED:
        stage.act(phone.actor, lambda uow: revoke_device(uow, phone.id))
    if state is DeviceState.FORKED:
        phone.note("depart")
        phone.push()
        with pytest.raises(Conflict):
            phone.push(replace(phone.queue[0], id=uuid4()))


def take(stage: Stage, phone: Phone, verb: str, login: str) -> None:
    actor = phone.actor if login == "technician1" else stage.cast.actors[login]
    stage.act(actor, lambda uow: VERBS[verb](uow, phone.id))


@steps
def test_each_row_is_for_those_it_names(stage: Stage, phone: Phone, verb, state, kind, who) -> None:
    bring_to(stage, phone, state)
    for login in sorted(stage.cast.actors.keys() - set(who)):
        with pytest.raises((Forbidden, NotFound, TransitionRefused)):
            take(stage, phone, verb, login)
    assert stage.row(Device, phone.id).state is state
    take(stage, phone, verb, who[0])
    to = next(row.to for row in DEVICE.rows if row.action == verb)
    assert stage.row(Device, phone.id).state is to
    assert [(one.kind, one.from_state, one.to_state) for one in stage.events(phone.id)][-1] == (kind, state, to)


@steps
def test_each_of_those_may(stage: Stage, phone: Phone, verb, state, kind, who) -> None:
    for login in who:
        own = Phone(stage, stage.cast.technician1)
        bring_to(stage, own, state)
        take(stage, own, verb, login)
        assert stage.events(own.id)[-1].kind == kind


@steps
def test_of_two_at_once_one_does_it(stage: Stage, phone: Phone, verb, state, kind, who) -> None:
    bring_to(stage, phone, state)
    start = threading.Barrier(2)

    def go(_: int) -> type | None:
        start.wait()
        try:
            take(stage, phone, verb, who[0])
        except DomainError as refused:
            return type(refused)
        return None

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(go, range(2)))
    assert sorted(str(result) for result in results) == sorted([str(None), str(TransitionRefused)])
    assert [one.kind for one in stage.events(phone.id)].count(kind) == 1


def test_a_phone_goes_on_under_its_id(stage: Stage, phone: Phone) -> None:
    later = Registration("phone", "android", "1.1", phone.id)
    device = stage.act(Phone(stage, stage.cast.technician1).actor, lambda uow: register_device(uow, later))
    assert (device.id, device.app_version, device.state) == (phone.id, "1.1", DeviceState.ACTIVE)
    assert device.session_id != phone.actor.session_id


def test_an_id_belongs_to_its_user(stage: Stage, phone: Phone) -> None:
    other = Phone(stage, stage.cast.technician2)
    with pytest.raises(Conflict) as refused:
        stage.act(other.actor, lambda uow: register_device(uow, Registration("x", "x", "1", phone.id)))
    assert refused.value.code == "id_taken"


def test_a_phone_that_was_taken_back_registers_anew(stage: Stage, phone: Phone) -> None:
    bring_to(stage, phone, DeviceState.REVOKED)
    with pytest.raises(Conflict) as refused:
        stage.act(phone.actor, lambda uow: register_device(uow, Registration("x", "x", "1", phone.id)))
    assert refused.value.code == "device_not_active"


def test_nobody_has_phones_without_end(stage: Stage) -> None:
    for _ in range(MOST_ACTIVE):
        last = Phone(stage, stage.cast.technician1)
    with pytest.raises(Conflict) as refused:
        Phone(stage, stage.cast.technician1)
    assert refused.value.code == "too_many_devices"
    stage.act(last.actor, lambda uow: revoke_device(uow, last.id))
    Phone(stage, stage.cast.technician1)


def test_only_technicians_have_phones(stage: Stage) -> None:
    with pytest.raises(TransitionRefused):
        Phone(stage, stage.cast.dispatcher)
