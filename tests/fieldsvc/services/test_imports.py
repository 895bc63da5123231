"""Files that are brought in: whole or not at all, once, and what is given out comes back without a change."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from fieldsvc.adapters.csv_files import read_csv, write_csv
from fieldsvc.adapters.xlsx_files import read_xlsx, write_xlsx
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.cells import joined
from fieldsvc.domain.count_states import CountState
from fieldsvc.domain.errors import DomainError, Forbidden
from fieldsvc.domain.imports import ImportKind
from fieldsvc.models import Event, ImportedFile, Lot, LotBalance, Part, StockCount, StockLocation
from fieldsvc.persistence.database import Database
from fieldsvc.services import stock_exports
from fieldsvc.services.doctor import examine
from fieldsvc.services.import_lines import ImportRefused
from fieldsvc.services.imports import ImportReport, ImportWish, TriedOut, import_file
from fieldsvc.services.part_imports import COLUMNS
from fieldsvc.services.parts import PartView, get_part
from fieldsvc.services.stock import locate_serial
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast, build_cast
from tests.fieldsvc.stage import Stage

HEADER = [column.name for column in COLUMNS]
PARTS, COUNTS = ImportKind.PARTS, ImportKind.COUNTS


class Desk:
    """Lets the cast bring files in."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.cast, self.database = stage, stage.cast, stage.database

    def bring(
        self,
        content: bytes,
        what: ImportKind = PARTS,
        *,
        actor: Actor | None = None,
        dry: bool = False,
        limit: int = 10**9,
    ) -> ImportReport:
        sheet = read_xlsx(content, what) if content.startswith(b"PK") else read_csv(content, None)
        wish = ImportWish(what, hashlib.sha256(content).hexdigest(), sheet, dry, limit)
        try:
            return self.stage.act(actor or self.cast.admin, lambda uow: import_file(uow, wish))
        except TriedOut as tried:
            return tried.report

    def parts(self, *rows: dict[str, Any], **options: Any) -> ImportReport:
        names = list(dict.fromkeys(name for row in rows for name in row))
        return self.bring(write_csv(names, [[row.get(name, "") for name in names] for row in rows]), **options)

    def counts(self, *rows: tuple[str, str, int, str], **options: Any) -> ImportReport:
        content = write_csv(["location", "part", "quantity", "serials"], rows)
        return self.bring(content, COUNTS, **{"actor": self.cast.warehouse_keeper, **options})

    def view(self, number: str) -> PartView:
        with self.database.read_only() as session:
            return get_part(session, session.scalars(select(Part.id).where(Part.number == number)).one())

    def size(self, model: type) -> int:
        with self.database.read_only() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            seen.append(statement)

        event.listen(self.database.engine, "before_cursor_execute", note)
        yield seen
        event.remove(self.database.engine, "before_cursor_execute", note)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(Stage(database, build_cast(database)))


@pytest.fixture
def cast(desk: Desk) -> Cast:
    return desk.cast


def row(number: str, **said: Any) -> dict[str, Any]:
    return {"number": number, "name_en": "x", "name_zh": "y", "unit_cost_cents": 1, "price_cents": 2} | said


def codes(refused: Any) -> list[tuple[str, str]]:
    assert isinstance(refused.value, ImportRefused)
    return [(fault.code, fault.pointer) for fault in refused.value.faults]


TEXTS = st.text(
    st.one_of(
        st.sampled_from("=+-@\t\r\n'; \\,\"é阀\x01"), st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    ),
    min_size=1,
    max_size=12,
)
NAMES = TEXTS.filter(lambda name: bool(name.strip()))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "number": NAMES,
            "name_en": NAMES,
            "name_zh": TEXTS,
            "unit": TEXTS,
            "barcode": st.none() | TEXTS,
            "told_apart": st.sampled_from(["by nothing", "is_serialised", "has_lots"]),
            "shelf_life_days": st.none() | st.integers(1, 36_500),
            "unit_cost_cents": st.integers(0, 2_000_000_000),
            "price_cents": st.integers(0, 2_000_000_000),
            "criticality": st.integers(0, 2),
            "models": st.lists(TEXTS, max_size=3, unique=True),
            "substitutes": st.just([]),
        }
    ),
    min_size=1,
    max_size=4,
    unique_by=(lambda one: one["number"], lambda one: one["barcode"] or object()),
)


def as_cells(said: dict[str, Any]) -> list[str | int]:
    flat = {name: str(said["told_apart"] == name).lower() for name in ("is_serialised", "has_lots")}
    flat["barcode"] = said["barcode"] or ""
    flat["shelf_life_days"] = (said["shelf_life_days"] or "") if flat["has_lots"] == "true" else ""
    lists = {name: joined(said[name]) for name in ("models", "substitutes")}
    return [(said | flat | lists)[name] for name in HEADER]


@given(ROWS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_given_out_comes_back_without_a_change(desk: Desk, said: list[dict[str, Any]]) -> None:
    for place, one in enumerate(said):
        one["number"] = f"{one['number']}{desk.size(ImportedFile)}-{place}"
        one["barcode"] = one["barcode"] and f"{one['barcode']}{desk.size(ImportedFile)}-{place}"
        one["substitutes"] = [other["number"] for other in said[:place]]
    content = write_csv(HEADER, map(as_cells, said))
    tried, done = desk.bring(content, dry=True), desk.bring(content)
    assert (tried.added, done.added, done.unchanged) == (len(said), len(said), 0)
    for one in said:
        view = desk.view(one["number"])
        assert sorted(view.models) == sorted(one["models"])
        assert (view.part.name_en, view.part.barcode, view.part.price_cents) == (
            one["name_en"],
            one["barcode"],
            one["price_cents"],
        )
    with desk.database.read_only() as session:
        table = stock_exports.export_parts(session, desk.cast.technician1)
    for again in (write_csv(table.header, table.rows), write_xlsx("parts", table.header, table.rows)):
        back = desk.bring(again)
        assert (back.added, back.changed, back.unchanged) == (0, 0, len(table.rows))


def test_a_column_that_is_not_there_changes_nothing(desk: Desk) -> None:
    desk.parts(row("A", unit="m", barcode="1", models="M2;M1", substitutes="P-1"))
    done = desk.parts(row("A", price_cents=3))
    assert (done.changed, desk.view("A").part.unit, desk.view("A").part.barcode) == (1, "m", "1")
    assert (desk.view("A").models, len(desk.view("A").substitutes)) == (["M1", "M2"], 1)
    same = desk.parts(row("A", price_cents=3, models="M1;M2"))
    assert (same.changed, same.unchanged, desk.view("A").version) == (0, 1, 2)
    emptied = desk.parts(row("A", price_cents=3, barcode="", models="", substitutes=""))
    assert (emptied.changed, desk.view("A").models, desk.view("A").part.barcode) == (1, [], None)


def test_barcodes_go_from_part_to_part(desk: Desk) -> None:
    desk.parts(row("A", barcode="1"), row("B", barcode="2"))
    swapped = desk.parts(row("A", barcode="2"), row("B", barcode="1"), row("C", barcode="3"))
    assert (swapped.added, swapped.changed, desk.view("A").part.barcode) == (1, 2, "2")
    moved = desk.parts(row("A", barcode=""), row("D", barcode="2"))
    assert (moved.added, moved.changed, desk.view("D").part.barcode) == (1, 1, "2")
    with pytest.raises(ImportRefused) as refused:
        desk.parts(row("E", barcode="2"))
    assert codes(refused) == [("taken", "/lines/2/barcode")]


def test_a_fault_in_one_line_keeps_all_out(desk: Desk) -> None:
    events = desk.size(Event)
    with pytest.raises(ImportRefused):
        desk.parts(row("A"), row("B", price_cents=-1))
    assert (desk.size(Event), desk.size(ImportedFile)) == (events, 0)
    assert desk.parts(row("A"), row("B")).is_repeat is False


def test_each_change_has_its_event(desk: Desk, cast: Cast) -> None:
    desk.parts(row("A"))
    done = desk.parts(row("A", price_cents=9), row("B"))
    with desk.database.read_only() as session:
        found = session.scalars(select(Event).order_by(Event.change_no.desc()).limit(3)).all()
    told = {one.kind: one.data for one in found}
    assert told["part_changed"] == {"fields": ["price_cents"]}
    assert told["part_added"] == {"number": "B"}
    assert told["import_done"] == {
        "what": "parts",
        "sha256": done.sha256,
        "lines": 2,
        "added": 1,
        "changed": 1,
        "unchanged": 0,
    }
    assert {one.actor_id for one in found} == {cast.admin.user_id}


def test_faults_are_named_up_to_a_limit_and_all_in_the_file(desk: Desk) -> None:
    with pytest.raises(ImportRefused) as refused:
        desk.parts(*(row(f"N{place}", unit_cost_cents="x", price_cents="y") for place in range(800)))
    faults = refused.value.faults
    assert (len(faults), faults[-1].code) == (1000, "more_faults")
    assert faults[-1].message.startswith("601 more")
    rows = list(refused.value.lines.error_rows())
    assert rows[0][-1] == "error"
    assert all("unit_cost_cents" in one[-1] and "price_cents" in one[-1] for one in rows[1:])
    with pytest.raises(ImportRefused) as again:
        desk.bring(write_csv(rows[0], rows[1:]))
    assert again.value.faults == faults


def test_a_file_takes_as_many_statements_however_long_it_is(desk: Desk) -> None:
    many = [row(f"N{place}", models="a;b", barcode=place, substitutes=f"N{(place + 1) % 300}") for place in range(300)]
    with desk.statements() as for_all:
        assert desk.parts(*many).added == 300
    desk.parts(row("X"))
    with desk.statements() as for_some:
        few = [row(f"M{place}", models="a;b", barcode=f"m{place}", substitutes="X") for place in range(30)]
        assert desk.parts(*few).added == 30
    assert len(for_all) <= len(for_some) + 12  # what is written goes in batches


def test_only_who_may(desk: Desk, cast: Cast) -> None:
    for actor in (cast.warehouse_keeper, cast.supervisor, cast.technician1):
        with pytest.raises(Forbidden):
            desk.parts(row("A"), actor=actor)
    with pytest.raises(Forbidden):
        desk.counts(("warehouse", "P-1", 1, ""), actor=cast.supervisor)


def test_files_that_change_the_same_parts_at_once(desk: Desk) -> None:
    desk.parts(*(row(f"N{place}") for place in range(20)))
    up = [row(f"N{place}", price_cents=3) for place in range(20)]
    down = [row(f"N{place}", price_cents=4) for place in reversed(range(20))]
    outcomes = at_once(lambda: desk.parts(*up), lambda: desk.parts(*down), lambda: desk.parts(*up))
    assert not [one for one in outcomes if isinstance(one, DomainError)]
    assert sorted(one.is_repeat for one in outcomes) == [False, False, True]
    assert len({desk.view(f"N{place}").part.price_cents for place in range(20)}) == 1


def test_new_parts_of_two_files_at_once(desk: Desk) -> None:
    calls = [lambda price=price: desk.parts(row("A", price_cents=price)) for price in range(3)]
    outcomes = at_once(*calls)
    assert any(isinstance(one, ImportReport) and one.added == 1 for one in outcomes)
    assert all(isinstance(one, ImportReport) or one.code == "conflict" for one in outcomes)
    assert desk.view("A").part.name_en == "x"


def test_serials_are_counted(desk: Desk, cast: Cast) -> None:
    serialised = next(number for number in ("P-1", "P-2", "P-3") if desk.view(number).part.is_serialised)
    done = desk.counts(
        ("warehouse", serialised, 2, "N-1; N-2"), ("van2", "P-1" if serialised != "P-1" else "P-2", 0, "")
    )
    assert [one["state"] for one in done.counts] == [CountState.POSTED, CountState.POSTED]
    with desk.database.read_only() as session:
        place = locate_serial(session, desk.view(serialised).id, "N-1")
        assert place is not None
        assert place.id == cast.warehouse
        assert list(examine(session, desk.database.clock.now())) == []
    with pytest.raises(ImportRefused) as refused:
        desk.counts(("warehouse", serialised, 2, "N-1"), ("van2", serialised, 1, "N-1"))
    assert codes(refused) == [("serials_missing", "/lines/2/serials"), ("duplicate", "/lines/3/serials")]


def test_a_dry_run_of_counts_leaves_nothing(desk: Desk) -> None:
    events = desk.size(Event)
    tried = desk.counts(("warehouse", "P-1", 77, ""), dry=True, limit=0)
    assert (tried.id, tried.counts[0]["state"], tried.counts[0]["count_id"]) == (None, CountState.SUBMITTED, None)
    assert (desk.size(Event), desk.size(StockCount), desk.size(ImportedFile)) == (events, 0, 0)
    done = desk.counts(("warehouse", "P-1", 77, ""), limit=0)
    assert done.counts == [tried.counts[0] | {name: done.counts[0][name] for name in ("count_id", "number")}]
    assert desk.counts(("warehouse", "P-1", 77, "")).is_repeat


def test_a_place_has_no_more_parts_than_a_count(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fieldsvc.services.count_imports.MAX_PARTS", 1)
    with pytest.raises(ImportRefused) as refused:
        desk.counts(("warehouse", "P-1", 1, ""), ("warehouse", "P-3", 1, ""), ("van1", "P-1", 1, ""))
    assert ("too_many", "/lines/3/location") in codes(refused)


class TestLots:
    def test_a_file_says_of_which_lots_units_are(self, desk: Desk, cast: Cast) -> None:
        desk.parts(row("SEAL", has_lots="true", shelf_life_days="90"))
        header, code = ["location", "part", "quantity", "lots"], desk.stage.row(StockLocation, cast.warehouse).code
        content = write_csv(header, [[code, "SEAL", 5, "L-7=3; L-8=2@2099-01-31"]])
        report = desk.bring(content, COUNTS, actor=cast.warehouse_keeper)
        assert [one["differing_lines"] for one in report.counts] == [1]
        with desk.database.read_only() as session:
            lots = session.query(Lot.code, Lot.expires_on, LotBalance.on_hand).join(LotBalance)
            found = lots.filter(LotBalance.location_id == cast.warehouse).order_by(Lot.code).all()
        assert found == [("L-7", None, 3), ("L-8", date(2099, 1, 31), 2)]
        for lots_cell, code_and_column in (
            ("L-7=3", ("lots_missing", "lots")),
            ("L-7", ("wrong_type", "lots")),
            ("L-7=5@2099-02-30", ("wrong_type", "lots")),
            ("L-7=3; L-8=2@2099-02-01", ("other_expiry", "lots")),
        ):
            with pytest.raises(ImportRefused) as refused:
                desk.bring(write_csv(header, [[code, "SEAL", 5, lots_cell]]), COUNTS, actor=cast.warehouse_keeper)
            fault, column = code_and_column
            assert codes(refused) == [(fault, f"/lines/2/{column}")]

    def test_how_units_are_told_apart_is_one_way_and_stays(self, desk: Desk) -> None:
        for said, fault in (
            ({"is_serialised": "true", "has_lots": "true"}, ("serials_or_lots", "/lines/2/has_lots")),
            ({"shelf_life_days": "3"}, ("no_lots", "/lines/2/shelf_life_days")),
            ({"number": "P-1", "has_lots": "true"}, ("has_moved", "/lines/2/has_lots")),
        ):
            with pytest.raises(ImportRefused) as refused:
                desk.parts(row("A") | said)
            assert codes(refused) == [fault]
