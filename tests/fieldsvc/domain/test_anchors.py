"""Anchors hold a chain from outside: what was cut off or written anew shows against them."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.anchors import Anchor, Anchoring, AnchorLine, anchoring

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def line(
    number: int, seq: int, mark: str | None = None, *, is_restore: bool = False, is_signed: bool = True
) -> AnchorLine:
    anchor = Anchor(seq, mark or f"hash {seq}", NOON + timedelta(minutes=number), is_restore)
    return AnchorLine(number, anchor, is_signed)


def compared(*lines: AnchorLine, last: int = 10) -> Anchoring:
    return anchoring(lines, last, lambda seq: f"hash {seq}" if seq <= last else None)


def test_a_chain_that_holds_is_anchored_up_to_the_last() -> None:
    found = compared(line(1, 3), line(2, 7))
    assert (found.faults, found.up_to, found.given_up) == ([], line(2, 7).anchor, 0)


def test_without_anchors_nothing_is_anchored() -> None:
    assert compared() == Anchoring([], None, 0)


def test_what_was_cut_off_shows() -> None:
    found = compared(line(1, 3), line(2, 12))
    assert found.faults == ["Anchor 2 of 2026-03-02T12:02:00+00:00: the chain went to entry 12, it ends at 10 now."]
    assert found.up_to == line(1, 3).anchor


def test_what_was_written_anew_shows() -> None:
    found = compared(line(1, 3), line(2, 7, "another"))
    assert len(found.faults) == 1
    assert "entry 7 and what lies before it were rewritten" in found.faults[0]
    assert found.up_to == line(1, 3).anchor


def test_what_is_not_ours_shows() -> None:
    found = compared(line(1, 3, is_signed=False), AnchorLine(2, None, False), line(3, 4))
    assert found.faults == ["Anchor 1 was not signed by this system."]  # what was broken off is made up for
    assert found.up_to == line(3, 4).anchor
    assert compared(line(1, 3), AnchorLine(2, None, False)).faults == ["Anchor 2 can't be read."]


def test_a_backup_that_was_put_in_place_gives_up_what_is_not_in_it() -> None:
    found = compared(line(1, 3), line(2, 14), line(3, 8, is_restore=True), line(4, 9))
    assert (found.faults, found.up_to, found.given_up) == ([], line(4, 9).anchor, 1)
    assert compared(line(1, 3), line(2, 14), line(3, 12, is_restore=True)).faults != []


def test_a_backup_that_was_worked_on_before_anybody_said_so_is_a_beginning_too() -> None:
    found = compared(line(1, 3), line(2, 6, "f" * 64), line(3, 8, is_restore=True))
    assert (found.faults, found.up_to, found.given_up) == ([], line(3, 8, is_restore=True).anchor, 1)


@given(st.lists(st.integers(0, 10), max_size=6), st.integers(0, 10))
def test_only_what_lies_behind_an_anchor_can_be_cut_off(seqs: list[int], last: int) -> None:
    lines = [line(number, seq) for number, seq in enumerate(sorted(seqs), 1)]
    found = anchoring(lines, last, lambda seq: f"hash {seq}" if seq <= last else None)
    assert bool(found.faults) == any(seq > last for seq in seqs)
