"""Transfers drafted of return proposals: ordinary ones, once, by those who may."""

from collections.abc import Iterator

import pytest

from fieldsvc.domain.errors import Conflict, Forbidden, Invalid
from fieldsvc.domain.transfer_states import TransferState
from fieldsvc.models import Reservation, Transfer
from fieldsvc.persistence.database import Database
from fieldsvc.services import inbound, return_proposals, transfers
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.services.van_scenes import POLICY, Van
from tests.fieldsvc.stage import Stage


@pytest.fixture
def van(database: Database) -> Iterator[Van]:
    """Give the van; whatever was done, the books are sound."""
    made = Van(Stage(database, build_cast(database)))
    yield made
    assert made.findings() == []


@pytest.fixture
def cast(van: Van) -> Cast:
    return van.cast


class TestDrafts:
    """A draft is an ordinary transfer, and what it is to take away is not proposed again."""

    @pytest.fixture(autouse=True)
    def _spare(self, van: Van) -> None:
        van.load()
        van.cancel()

    @pytest.mark.parametrize("login", ["dispatcher", "warehouse", "technician1", "supervisor", "admin"])
    def test_it_is_drafted_once(self, van: Van, cast: Cast, login: str) -> None:
        made = van.draft(cast.actors[login])
        assert (made.state, made.from_location_id, made.to_location_id, made.technician_id) == (
            TransferState.DRAFT,
            cast.van1,
            cast.warehouse,
            None,
        )
        assert [(line.part_id, line.quantity) for line in made.lines] == [(cast.far_part, 1)]
        assert [(one.kind, one.reason) for one in van.stage.events(made.id)] == [("transfer_drafted", "not_needed")]
        assert van.proposed() == []
        with pytest.raises(Conflict) as refused:
            van.draft(cast.actors[login])
        assert refused.value.code == "nothing_to_return"

    def test_it_goes_back_and_is_not_proposed_again(self, van: Van, cast: Cast) -> None:
        made = van.draft().id
        with van.stage.database.read_only() as session:
            assert inbound.list_inbound(session, cast.warehouse_keeper) == []
        van.stage.act(cast.technician1, lambda uow: transfers.ship_transfer(uow, made))
        assert van.proposed() == []
        with van.stage.database.read_only() as session:
            (line,) = inbound.list_inbound(session, cast.warehouse_keeper)
            assert (line.id, line.location_id, line.quantity) == (made, cast.warehouse, 1)
        van.keeper(lambda uow: transfers.receive_transfer(uow, made))
        van.bring(cast.far_part, 1)
        assert van.proposed() == []

    @pytest.mark.parametrize("is_shipped", [False, True])
    def test_what_is_called_off_is_proposed_again(self, van: Van, cast: Cast, is_shipped: bool) -> None:
        made = van.draft().id
        if is_shipped:
            van.keeper(lambda uow: transfers.ship_transfer(uow, made))
        van.keeper(lambda uow: transfers.cancel_transfer(uow, made))
        assert van.proposed() == [(cast.far_part, 1, ())]

    def test_two_people_draft_it_once(self, van: Van, cast: Cast) -> None:
        done = at_once(lambda: van.draft(cast.dispatcher), lambda: van.draft(cast.technician1))
        assert sorted(type(one).__name__ for one in done) == ["Conflict", "Transfer"]
        with van.stage.database.read_only() as session:
            assert session.query(Transfer).filter_by(from_location_id=cast.van1).count() == 1

    def test_somebody_reserves_it_at_the_same_moment(self, van: Van, cast: Cast) -> None:
        done = at_once(van.draft, lambda: van.reserve(cast.far_part, cast.van1, cast.other_visit))
        assert isinstance(done[1], Reservation)  # a draft holds nothing
        assert van.proposed() == []
        if isinstance(done[0], Transfer):
            with pytest.raises(Conflict) as refused:
                van.keeper(lambda uow: transfers.ship_transfer(uow, done[0].id))
            assert refused.value.code == "not_enough_stock"

    def test_other_parts_are_left_out(self, van: Van, cast: Cast) -> None:
        with pytest.raises(Conflict):
            van.draft(None, cast.part)
        assert [line.part_id for line in van.draft(None, cast.far_part).lines] == [cast.far_part]

    def test_each_sees_and_drafts_what_is_in_reach(self, van: Van, cast: Cast) -> None:
        for actor in (cast.technician1, cast.dispatcher, cast.agent, cast.supervisor, cast.admin):
            assert van.proposed(actor) == [(cast.far_part, 1, ())]
        for stranger in (cast.technician2, cast.outsider, cast.foreign_technician):
            assert van.proposed(stranger) == []
            with pytest.raises(Invalid) as refused:
                van.draft(stranger)
            assert [fault.code for fault in refused.value.faults] == ["unknown_location"]
        with pytest.raises(Forbidden):
            van.draft(cast.agent)
        with pytest.raises(Invalid):  # a warehouse is no van
            van.keeper(lambda uow: return_proposals.draft_returns(uow, cast.warehouse, POLICY))
