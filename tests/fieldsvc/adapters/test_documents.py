"""A printed report shows what was said, whatever the report is, and is the same each time."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest

from fieldsvc.adapters.documents import MOST_CHARACTERS, print_pdf
from fieldsvc.domain.documents import Statement
from fieldsvc.domain.sign_off_states import OUTCOMES, SignOffState

MOMENT = datetime(2026, 11, 28, 9, 1, 2, tzinfo=UTC)
SIGNED = Statement(
    salt="5a17",
    visit="V-12",
    ticket="T-7",
    report_version=2,
    report_sha256="ab" * 32,
    media_type="text/plain",
    outcome=SignOffState.SIGNED,
    stated_at=MOMENT,
    signed_at=MOMENT,
    signer_name="王伟",
    signer_role="owner",
    method="drawn",
    strokes=json.dumps([[[0, 0, 0], [100, 40, 9]], [[50, 20, 30]], []]),
    reason=None,
)


def pages(statement: Statement, content: bytes) -> list[str]:
    pdf = pypdfium2.PdfDocument(print_pdf(statement, content, "https://service.example/verify/1"))
    return [page.get_textpage().get_text_range() for page in pdf]


def test_it_is_the_same_each_time() -> None:
    first, again = (print_pdf(SIGNED, b"done", "https://service.example/verify/1") for _ in range(2))
    assert first == again


def test_all_that_was_said_is_there() -> None:
    (text,) = pages(SIGNED, "水泵 pump\x00\x1b replaced".encode())
    for words in ("T-7", "V-12", "ab" * 16, "2026-11-28 09:01:02 UTC", "王伟", "水泵 pump replaced", "手写 drawn"):
        assert words in text
    assert SIGNED.sha256 in text


@pytest.mark.parametrize("outcome", sorted(OUTCOMES))
def test_every_outcome_has_words(outcome: SignOffState) -> None:
    unsigned = replace(SIGNED, outcome=outcome, signer_name=None, strokes=None, method=None, reason="for the office")
    (text,) = pages(unsigned, b"done")
    assert re.search(r"结果 Outcome\s+[\u4e00-\u9fff]+ \w+", text)
    assert "for the office" not in text
    assert "Signature" not in text


@pytest.mark.parametrize(
    ("media_type", "content", "words"),
    [
        ("application/json", b'{"done": true}', '"done": true'),
        ("application/json", b"not json", "not json"),
        ("application/json", b"[" * 15_000, "[" * 40),
        ("text/plain", b"{nb} pages", "{nb} pages"),
        ("text/plain", "שלום 水".encode(), "[U+05E9][U+05DC][U+05D5][U+05DD] 水"),
        ("application/pdf", b"%PDF-1.7", "a file of its own: application/pdf, 8 bytes"),
        ("text/plain", b"\xff\xfe", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_whatever_the_report_is_something_is_printed(media_type: str, content: bytes, words: str) -> None:
    assert words in "".join(pages(replace(SIGNED, media_type=media_type), content))


def test_of_a_report_that_is_very_long_the_beginning_is_printed() -> None:
    text = "\n".join(pages(SIGNED, b"word " * MOST_CHARACTERS))
    assert "Only the beginning is printed" in text
    assert len(text) < 2 * MOST_CHARACTERS


def test_of_a_report_with_very_many_characters_the_beginning_is_printed() -> None:
    text = "\n".join(pages(SIGNED, "".join(chr(0x4E00 + number) for number in range(4_000)).encode()))
    assert "Only the beginning is printed" in text
    assert chr(0x4E00 + 2_000) in text


@pytest.mark.parametrize("lines", range(14, 30, 3))
def test_a_heading_stands_with_what_belongs_to_it(lines: int) -> None:
    for text in pages(SIGNED, "\n".join(str(number) for number in range(lines)).encode()):
        assert ("Verification" in text) == ("service.example" in text)


def test_another_statement_has_another_hash() -> None:
    others = {"signer_name": "王五", "salt": "5a18", "outcome": SignOffState.REFUSED, "strokes": None, "reason": "x"}
    hashes = {replace(SIGNED, **{name: value}).sha256 for name, value in others.items()}
    assert len(hashes | {SIGNED.sha256}) == len(others) + 1
