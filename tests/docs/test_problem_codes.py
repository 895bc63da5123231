"""The table of HTTP problems in docs/errors.md holds exactly the codes the program can give, with their status."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import api
import fieldsvc
from api.errors import STATUSES, status_of
from fieldsvc.domain.errors import DomainError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (\d{3}) \| .+ \| .+ \|$", PAGE, re.MULTILINE)
MODULES = [path for package in ("fieldsvc", "api") for path in (ROOT / package).rglob("*.py")]


def kinds(parent: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for kind in parent.__subclasses__():
        yield kind
        yield from kinds(kind)


def codes_in_calls() -> Iterator[tuple[str, int]]:
    """Give what is raised under a code of its own: domain errors by keyword, HTTP refusals by position."""
    statuses = {kind.__name__: status_of(kind) for kind in kinds() if set(kind.__mro__) & STATUSES.keys()}
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "Refused":
                yield ast.literal_eval(node.args[1]), ast.literal_eval(node.args[0])
            if node.func.id in statuses:
                given = (keyword.value for keyword in node.keywords if keyword.arg == "code")
                yield from ((ast.literal_eval(value), statuses[node.func.id]) for value in given)
            if node.func.id == "problem" and isinstance(node.args[0], ast.Constant):
                yield ast.literal_eval(node.args[1]), ast.literal_eval(node.args[0])


def test_every_code_has_its_row_and_every_row_its_code() -> None:
    for package in (fieldsvc, api):  # so that no error class is missed
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", ".env", "wsgi")) and ".migrations" not in module.name:
                importlib.import_module(module.name)
    of_classes = {(kind.default_code, status_of(kind)) for kind in kinds() if set(kind.__mro__) & STATUSES.keys()}
    of_http = {("method_not_allowed", 405)}  # what the framework refuses by itself
    stated = [(code, int(status)) for code, status in ROWS]
    assert set(stated) == of_classes | of_http | set(codes_in_calls())
    assert stated == sorted(stated, key=lambda row: (row[1], row[0]))
