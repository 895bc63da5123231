"""The value lists: as the rules know them from the first day, and as a company makes them its own."""

from enum import StrEnum

import pytest
from sqlalchemy import select

from fieldsvc.domain.catalogue import (
    OPEN_LISTS,
    Channel,
    DeclineReason,
    IncompleteReason,
    Nature,
    Resolution,
)
from fieldsvc.domain.errors import Conflict, Invalid, NotFound, StaleVersion
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.urgency import Urgency
from fieldsvc.models import Asset, CatalogueValue, Ticket
from fieldsvc.services import visit_records
from fieldsvc.services.catalogue import NewValue, add_value, change_value, list_values
from fieldsvc.services.outcomes import Outcome
from tests.fieldsvc.stage import Stage

KNOWN: dict[str, type[StrEnum]] = {
    "channel": Channel,
    "nature": Nature,
    "urgency": Urgency,
    "resolution": Resolution,
    "incomplete_reason": IncompleteReason,
    "decline_reason": DeclineReason,
}
DRIP = NewValue("symptom", "boiler", "drips", "It drips", "滴水")


def values(stage: Stage, **wanted: str) -> list[CatalogueValue]:
    with stage.database.read_only() as session:
        return list(list_values(session, PageRequest(limit=200), **wanted).items)


@pytest.mark.parametrize("name", KNOWN)
def test_what_the_rules_know_is_what_is_offered(stage: Stage, name: str) -> None:
    assert {one.code for one in values(stage, list_name=name)} == set(KNOWN[name])


def test_every_value_has_both_names(stage: Stage) -> None:
    with stage.database.read_only() as session:
        found = session.scalars(select(CatalogueValue)).all()
    assert len(found) > 100
    assert {one.list_name for one in found} >= set(OPEN_LISTS)
    for one in found:
        assert one.is_active
        assert one.name_en.isascii(), one.code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in one.name_zh), one.code


def test_a_company_adds_codes_for_its_products(stage: Stage) -> None:
    made = stage.act(stage.cast.admin, lambda uow: add_value(uow, DRIP))
    again = stage.act(stage.cast.admin, lambda uow: add_value(uow, DRIP))
    assert again.id == made.id
    assert [one.kind for one in stage.events(made.id)] == ["catalogue_value_added"]
    assert "drips" in {one.code for one in values(stage, list_name="symptom", category="boiler")}
    assert "drips" not in {one.code for one in values(stage, list_name="symptom", category="heat pump")}
    assert {"leak", "drips"} <= {one.code for one in values(stage, list_name="symptom")}
    with pytest.raises(Conflict, match="other names"):
        stage.act(stage.cast.admin, lambda uow: add_value(uow, NewValue("symptom", "boiler", "drips", "Drops", "滴")))


def test_not_to_a_list_that_means_something_to_the_rules(stage: Stage) -> None:
    with pytest.raises(Invalid) as refused:
        stage.act(stage.cast.admin, lambda uow: add_value(uow, NewValue("urgency", "", "extreme", "Extreme", "极端")))
    assert [(fault.code, fault.pointer) for fault in refused.value.faults] == [("closed_list", "/list_name")]


def test_it_is_renamed_retired_and_offered_again(stage: Stage) -> None:
    (leak,) = (one for one in values(stage, list_name="symptom") if one.code == "leak")

    def change(version: int | None = None, **changes: object) -> CatalogueValue:
        return stage.act(stage.cast.admin, lambda uow: change_value(uow, leak.id, changes, version))

    assert change(name_zh="漏水").name_zh == "漏水"
    assert change(is_active=False).is_active is False
    assert change(is_active=False).version == change(is_active=False).version
    assert [one.kind for one in stage.events(leak.id)] == ["catalogue_value_changed"] * 2
    with pytest.raises(StaleVersion):
        change(1, is_active=True)
    with pytest.raises(NotFound):
        stage.act(stage.cast.admin, lambda uow: change_value(uow, stage.cast.visit, {}))


def test_a_diagnosis_with_another_code_is_kept_and_told(stage: Stage) -> None:
    with stage.database.unit_of_work() as uow:
        ticket = uow.get(Ticket, stage.cast.ticket, lock=True)
        ticket.asset_id = stage.cast.asset
        uow.get(Asset, stage.cast.asset).category = "boiler"
        uow.commit()
    stage.act(stage.cast.admin, lambda uow: add_value(uow, DRIP))
    stage.bring_to("on_site")

    def found(symptom: str, cause: str, action: str) -> list[str]:
        said = visit_records.Finding(symptom, cause, action, None)
        outcome = stage.act(
            stage.cast.technician1, lambda uow: visit_records.record_diagnosis(uow, stage.cast.visit, said)
        )
        assert isinstance(outcome, Outcome)
        return [one.message for one in outcome.notices]

    assert found("drips", "wear", "replace_part") == []
    assert found("sings", "wear", "dance") == [
        "sings is no symptom of the catalogue.",
        "dance is no action of the catalogue.",
    ]
