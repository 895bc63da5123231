"""Counts as somebody may see them: who may have to count again is not told what there should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.lots import LotUnits
from fieldsvc.domain.permissions import Action, scope_for
from fieldsvc.models.counts import StockCount, StockCountLine


@dataclass(frozen=True, slots=True)
class BlindLine:
    """A line that does not say what the books have."""

    part_id: UUID
    counted_quantity: int | None
    counted_serials: Sequence[str] | None
    counted_lot_units: Sequence[LotUnits] | None
    expected_quantity: None = None
    expected_serials: None = None
    expected_lot_units: None = None


@dataclass(frozen=True, slots=True)
class CountView:
    """A count as somebody may see it. lines: without what was expected, for whoever may have to count again."""

    count: StockCount
    lines: Sequence[StockCountLine | BlindLine]
    differing_cents: int | None

    @property
    def id(self) -> UUID:
        """The count's."""
        return self.count.id

    @property
    def version(self) -> int:
        """The count's."""
        return self.count.version


def view_count(actor: Actor, count: StockCount) -> CountView:
    """Show a count: what was expected to whoever decides about it, and to all once it is posted."""
    if count.state is CountState.POSTED or scope_for(Action.COUNT_DECIDE, actor.role) is not None:
        return CountView(count, count.lines, count.differing_cents)
    lines = [
        BlindLine(line.part_id, line.counted_quantity, line.counted_serials, line.counted_lot_units)
        for line in count.lines
    ]
    return CountView(count, lines, None)
