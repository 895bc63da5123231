"""Links resolve, commands exist, decisions keep what was not chosen, and the changelog has its form."""

import re
import shlex
from pathlib import Path

import pytest

from fieldsvc import cli as operator_commands
from solver import cli as solver_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "fixtures").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
DECISION_PARTS = ["Context", "Decision", "Options not taken", "Consequences"]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors a page offers, made from its headings the way the usual viewers do."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shell_lines(page: Path) -> list[str]:
    """The commands in a page's shell blocks, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = [(name(page), line) for page in PAGES for line in shell_lines(page)]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(text_of(page)):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_readme_reaches_every_page_of_docs() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        linked = {(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(text_of(page))}
        linked |= {inside for folder in linked if folder.is_dir() for inside in folder.glob("*.md")}
        waiting += [one for one in linked if one.suffix == ".md" and one.exists() and one not in reached]
    assert [name(page) for page in PAGES if page not in reached] == []


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_commands_exist(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    match words:
        case ["make", target, *_]:
            assert re.search(rf"^{target}:", text_of(ROOT / "Makefile"), re.MULTILINE)
        case [".venv/bin/python", "-m", "solver", *arguments]:
            solver_commands.parser().parse_args(arguments)
            assert all((ROOT / one).is_file() for one in arguments if one.startswith("fixtures/"))
        case [".venv/bin/python", "-m", "bench", *_]:
            assert (ROOT / "bench/__main__.py").is_file()
        case [".venv/bin/python", "-m", "pytest", *arguments]:
            assert all((ROOT / one).exists() for one in arguments if one.startswith("tests/"))
        case _:
            pytest.fail(f"{page} has a command that no test knows: {line}")


def test_operator_commands_are_documented(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        operator_commands.main(["--help"])
    commands = re.search(r"\{([\w,-]+)\}", capsys.readouterr().out)
    assert commands
    documented = re.findall(r"`fieldsvc (\w+)`", text_of(ROOT / "docs/operations.md"))
    assert set(documented) == set(commands[1].split(","))


def test_make_help_tells_every_target() -> None:
    makefile = text_of(ROOT / "Makefile")
    (listed,) = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    helped = set(re.findall(r'@echo "make (\w+)', makefile))
    assert helped == set(listed.split()) - {"help"}


@pytest.mark.parametrize("decision", DECISIONS, ids=name)
def test_a_decision_keeps_what_was_not_chosen(decision: Path) -> None:
    text = text_of(decision)
    number, parts = decision.name[:4], re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert parts == DECISION_PARTS
    assert text.startswith(f"# {int(number)}. ")
    assert all(part.strip() for part in re.split(r"^## .+$", text, flags=re.MULTILINE))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert DECISIONS


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    sections = re.findall(r"^## \[(.+?)\]", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)
    kinds = set(re.findall(r"^### (.+)$", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE))
    assert sections[0] == "Unreleased"
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_licence_is_the_one_pyproject_names() -> None:
    assert 'license = "Apache-2.0"' in text_of(ROOT / "pyproject.toml")
    assert "Apache License" in text_of(ROOT / "LICENSE")
    assert "Version 2.0, January 2004" in text_of(ROOT / "LICENSE")
