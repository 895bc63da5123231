from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldsvc.domain.evidence import GENESIS, Link, broken_links, canonical_json, chain_hash, commitment
from fieldsvc.domain.roles import Role


def chain_of(*payloads: str) -> list[Link]:
    links, previous = [], GENESIS
    for seq, payload in enumerate(payloads, start=1):
        links.append(Link(seq, payload, previous, chain_hash(previous, payload)))
        previous = links[-1].hash
    return links


def test_one_value_has_one_text() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=8)))
    assert canonical_json({"b": noon, "a": [Role.AGENT, None, True, 7]}) == canonical_json(
        {"a": ("agent", None, True, 7), "b": there}
    )
    assert canonical_json({"at": noon, "id": UUID(int=1), "day": date(2026, 3, 1)}) == (
        '{"at":"2026-03-01T12:00:00.000000Z","day":"2026-03-01","id":"00000000-0000-0000-0000-000000000001"}'
    )


@pytest.mark.parametrize("value", [1.5, {"deep": [0.0]}, b"bytes", {1: "key"}, {1, 2}])
def test_what_has_more_than_one_text_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        canonical_json(datetime(2026, 3, 1))  # noqa: DTZ001 -- that is the point


def test_a_commitment_needs_its_salt() -> None:
    assert commitment("s1", {"state": "new"}) == commitment("s1", {"state": "new"})
    assert commitment("s1", {"state": "new"}) != commitment("s2", {"state": "new"})


@given(st.lists(st.text(max_size=20), max_size=12))
def test_an_untouched_chain_holds(payloads: list[str]) -> None:
    assert broken_links(chain_of(*payloads)) == []


@given(st.lists(st.text(max_size=20), min_size=3, max_size=8, unique=True), st.data())
def test_a_change_a_hole_a_swap_and_an_insertion_are_found(payloads: list[str], data: st.DataObject) -> None:
    chain = chain_of(*payloads)
    at = data.draw(st.integers(0, len(chain) - 2))
    changed = [*chain[:at], replace(chain[at], payload=chain[at].payload + "!"), *chain[at + 1 :]]
    hole = [*chain[:at], *chain[at + 1 :]]
    swapped = [*chain[:at], chain[at + 1], chain[at], *chain[at + 2 :]]
    forged = Link(at + 1, "x", chain[at].previous_hash, chain_hash(chain[at].previous_hash, "x"))
    inserted = [*chain[:at], forged, *chain[at:]]
    for broken in (changed, hole, swapped, inserted):
        assert broken_links(broken)
