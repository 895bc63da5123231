"""`docs/reasons.md` says what the enum and the rules say."""

import ast
import re
from pathlib import Path

import pytest

from solver.reasons import Reason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def rules_giving(reason: Reason) -> set[str]:
    """Names of the rule modules whose code names the reason."""
    return {
        module.stem
        for module in (ROOT / "solver" / "rules").glob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == f"Reason.{reason.code}"
    }


def test_every_reason_has_its_heading_in_the_order_of_the_enum() -> None:
    assert re.findall(r"^## (\S+)$", PAGE, re.MULTILINE) == [reason.code.lower() for reason in Reason]


@pytest.mark.parametrize("reason", Reason)
def test_code_meaning_and_remedy(reason: Reason) -> None:
    section = SECTIONS[reason.code.lower()].lower()
    assert section.startswith(f"`{reason.code.lower()}`: {reason.title}.\n")
    assert f"- what to do: {reason.remedy}.\n" in section


@pytest.mark.parametrize("reason", Reason)
def test_the_rules_that_give_it(reason: Reason) -> None:
    (line,) = re.findall(r"^- Rules: (.+)$", SECTIONS[reason.code.lower()], re.MULTILINE)
    linked = re.findall(r"\[(\w+)\]\(\.\./solver/rules/(\w+)\.py\)", line)
    assert all(name == file for name, file in linked)
    assert {name for name, _ in linked} == rules_giving(reason)
    assert linked or line == "none"


def test_the_reasons_that_no_rule_gives() -> None:
    """A reason that loses its last rule shows here; these say what only an explanation can find out."""
    assert {reason.code for reason in Reason if not rules_giving(reason)} == {
        "NO_TECHNICIAN",
        "NO_SHIFT",
        "WINDOW_OUTSIDE_HORIZON",
        "COMPETITION",
        "NOT_PROVEN",
    }
