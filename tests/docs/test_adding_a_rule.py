"""`docs/adding_a_rule.md` leads to files that exist, and to names that are in them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding_a_rule.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:solver|tests|docs)/[\w/.]*)`", PAGE)))


def test_the_page_names_the_path_of_every_step() -> None:
    assert {"docs/contract.md", "solver/check.py", "solver/rules/", "tests/solver/test_properties.py"} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_the_path_exists(path: str) -> None:
    target = ROOT / path
    assert target.is_dir() if path.endswith("/") else target.is_file()


def test_the_names_are_in_the_files_they_are_said_to_be_in() -> None:
    named = re.findall(r"`(\w+)` (?:in|\(see) `([\w/]+\.py)`", PAGE)
    assert {name for name, _ in named} == {"Reason", "RULES", "Violation"}
    for name, path in named:
        assert re.search(rf"^(class )?{name}\b", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
