"""docs/glossary.md has one word for one idea, and the code keeps to it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!word |-)(.+?) \| (.+?) \| (.*?) ?\|$", PAGE, re.MULTILINE)
WORDS = [word for word, _, _ in ROWS]
BARRED = {barred for _, _, others in ROWS for barred in others.split(", ") if barred}


def words_of(name: str) -> set[str]:
    """The words of a module's or class's name, in the singular as far as an s tells."""
    parts = re.findall(r"[A-Z]?[a-z]+", name)
    return {part.lower() for part in parts} | {part.lower().removesuffix("s") for part in parts}


def test_words_are_unique_and_in_order() -> None:
    assert len(WORDS) > 30
    folded = [word.casefold() for word in WORDS]
    assert len(set(folded)) == len(folded)
    assert folded == sorted(folded)


def test_no_word_is_both_used_and_barred() -> None:
    assert BARRED.isdisjoint(word.casefold() for word in WORDS)


def test_names_in_code_use_no_barred_word() -> None:
    modules = [path for package in ("solver", "fieldsvc", "api") for path in (ROOT / package).rglob("*.py")]
    assert modules
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in modules
        for name in (
            path.stem,
            *(node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef)),
        )
        if words_of(name) & BARRED
    ]
    assert found == []
