"""Files of parts and counts for the mixed race: some sent twice at once, some tried out, some that nobody can take."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from api.sheets import CSV_TYPE, XLSX_TYPE
from bench.stock_race_papers import MOST, Ask, Story
from bench.stock_race_sent import File, Sent
from fieldsvc.adapters.csv_files import write_csv
from fieldsvc.adapters.xlsx_files import write_xlsx
from fieldsvc.domain.imports import ImportKind

JSON = dict[str, Any]
Row = tuple[str | int, ...]
COUNTS, PARTS = ImportKind.COUNTS, ImportKind.PARTS
_COUNTED = ("location", "part", "quantity", "error")
_LISTED = ("number", "name_en", "name_zh", "unit_cost_cents", "price_cents", "barcode", "is_serialised", "error")
_LOGINS = {COUNTS: "warehouse", PARTS: "admin"}

Upload = Callable[[str, File, str, bool], tuple[int, JSON]]
"""Sends a file as somebody, under a key, maybe as a dry run; returns the status and the body."""


@dataclass(frozen=True)
class Files:
    """The files of one round. part: the number of what all want; fresh: of one that has not moved; places: codes."""

    upload: Upload
    ask: Ask
    part: str
    fresh: str
    places: Sequence[str]
    chance: random.Random
    sent: list[Sent] = field(default_factory=list)

    def stories(self, store_id: str) -> list[Story]:
        """All that is sent in a round; beside it the part that has not moved is brought to a store."""
        counted, other, tried, wrong = self._counts()
        listed, turned, serialised, first, second, proposed, odd = self._parts()
        once = [(file, False) for file in (wrong, turned, serialised, first, second, odd)]
        dry = [(file, True) for file in (counted, tried, turned, proposed)]
        sending = [self._sending(file, uuid4().hex, is_dry_run=is_dry) for file, is_dry in once + dry]
        for file in (counted, listed):
            sending += [self._sending(file, uuid4().hex) for _ in "ab"]
        sending += [self._sending(other, key) for key in [uuid4().hex] * 2]
        delivery = {"part_id": self.fresh, "location_id": store_id, "quantity": 1}
        return sending + [lambda: [self.ask("warehouse", "/stock-moves", delivery)[0]]] * self.chance.randint(0, 2)

    def _counts(self) -> list[File]:
        """Two that may go in, one that is only tried out, and one with a part that there is not."""
        store, other, van = self.places
        first: list[Row] = [(store, self.part, self._few()), (other, self.part, MOST + self._few())]
        second: list[Row] = [(van, self.part, self._few()), (store, self.part, self._few()), (store, self.fresh, 2)]
        return [
            self._file("counted", COUNTS, first),
            self._file("counted again", COUNTS, second),
            self._file("only tried", COUNTS, [(store, self.part, 0)]),
            self._file("wrong", COUNTS, [*first, (store, f"no {self.part}", 1)], is_faulty=True),
        ]

    def _parts(self) -> list[File]:
        """Two that change and add the same parts, two that only add the same, and each other kind.

        One wants a part to have serials, and the barcode that another file gives away; one is only tried out; one
        has a fault.
        """
        new = [f"{self.part} {number}" for number in range(6)]
        both, added = [self.part, *new[:2]], new[2:4]
        odd: Row = (new[5], "", "", 1, 1, "", "")  # without a name
        fresh: Row = (self.fresh, "serialised", "serialised", 1, 2, _barcode(self.part, "listed"), "true")
        return [
            self._file("listed", PARTS, self._priced("listed", both)),
            self._file("turned", PARTS, self._priced("turned", both[::-1])),
            self._file("serialised", PARTS, [fresh]),
            self._file("first", PARTS, self._priced("first", added)),
            self._file("second", PARTS, self._priced("second", added[::-1])),
            self._file("proposed", PARTS, self._priced("proposed", [self.part, new[4]])),
            self._file("odd", PARTS, [*self._priced("odd", [self.part]), odd], is_faulty=True),
        ]

    def _priced(self, name: str, numbers: Sequence[str]) -> list[Row]:
        """Lines that call each part by the name of the file; now and then at a cost that makes counts wait."""
        cost = self.chance.choice((1, 2, 50_000))
        return [(number, name, name, cost, cost + 1, _barcode(number, name), "false") for number in numbers]

    def _few(self) -> int:
        return self.chance.randint(0, 2 * MOST)

    def _file(self, name: str, what: ImportKind, rows: Sequence[Row], *, is_faulty: bool = False) -> File:
        """Write a file; its name stands in the column that is not read, so that no two have the same bytes."""
        header, lines = (_COUNTED if what is COUNTS else _LISTED), [(*row, name) for row in rows]
        is_csv = self.chance.random() < 0.5
        content = write_csv(header, lines) if is_csv else write_xlsx(what.value, header, lines)
        numbers = frozenset(str(row[0]) for row in rows) if what is PARTS else frozenset()
        return File(name, what, content, CSV_TYPE if is_csv else XLSX_TYPE, numbers, is_faulty)

    def _sending(self, file: File, key: str, *, is_dry_run: bool = False) -> Story:
        def send() -> list[int]:
            status, body = self.upload(_LOGINS[file.what], file, key, is_dry_run)
            self.sent.append(Sent(file, key, is_dry_run, status, body))
            return [status]

        return send


def _barcode(number: str, name: str) -> str:
    return f"{number} {name}"
