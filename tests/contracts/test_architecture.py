"""What import-linter can't say: sizes, names, words that must not be committed, and who may use which library."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("solver", "fieldsvc", "api", "bench", "fixtures")
CODE = (*PRODUCT, "tests")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
GENERATED = "fieldsvc/persistence/migrations/versions/"
VENDORED = "web/vendor/"
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "data", "info"}
# Written in two pieces, so that this file does not hold what it looks for.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")
OF_THIS_MACHINE = ("/wor" + "k/", ".libr" + "ary", "py" + "pi.org", "python" + "hosted", "/root" + "/")
READS_SHARED = ("bench/", "fixtures/make_days.py")
"""What reads the folder beside the checkout, where a map and foreign benchmark data lie."""
BINARY = {".png", ".jpg", ".ico", ".woff2", ".ttf", ".pbf", ".gz", ".wasm"}
SOLVER_LIBRARIES = {"numpy", "numba", "ortools", "pebble"}
ONLY_HERE = {"rich": {"solver/progress.py"}, "llvmlite": {"solver/search/kernel.py"}}
NETWORK = {"socket", "socketserver", "ssl", "http", "urllib", "ftplib", "smtplib", "sqlite3", "asyncio"}
WALL_CLOCKS = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}


def python_files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return [path for path in found if "__pycache__" not in path.parts]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_roots(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


@pytest.fixture(scope="module")
def kept_files() -> list[str]:
    """Names of all files of ours that are, or are about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert listed.returncode == 0, f"the tests of what is kept in git need a checkout: {listed.stderr}"
    files = [file for file in listed.stdout.split("\0") if file and not file.startswith(VENDORED)]
    return [file for file in files if (ROOT / file).is_file()]


def test_no_file_is_too_long() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(*CODE)}
    too_long = {file: lines for file, lines in lengths.items() if lines > MAX_FILE_LINES}
    assert {file: lines for file, lines in too_long.items() if not file.startswith(GENERATED)} == {}


def test_no_function_is_too_long() -> None:
    # Tests are left out: a story reads best in one piece.
    too_long = [
        f"{name(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in python_files(*PRODUCT)
        if not name(path).startswith(GENERATED)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_modules_are_named_for_what_they_hold() -> None:
    assert [name(path) for path in python_files(*CODE) if VAGUE_NAMES.intersection(path.stem.split("_"))] == []


def test_nothing_is_left_for_later(kept_files: list[str]) -> None:
    code = [file for file in kept_files if file.endswith((".py", ".js", ".md", ".toml", ".css", ".html", "Makefile"))]
    assert "Makefile" in code
    found = [(file, word) for file in code for word in UNFINISHED if word in (ROOT / file).read_text(encoding="utf-8")]
    assert found == []


def test_nothing_names_the_machine_it_was_written_on(kept_files: list[str]) -> None:
    texts = [file for file in kept_files if Path(file).suffix not in BINARY]
    found = [
        (file, word)
        for file in texts
        for text in ((ROOT / file).read_text(encoding="utf-8"),)
        for word in (*OF_THIS_MACHINE, *(() if file.startswith(READS_SHARED) else ("/sha" + "red/",)))
        if word in text
    ]
    assert found == []


def test_domain_imports_the_standard_library_only() -> None:
    allowed = set(sys.stdlib_module_names) | {"fieldsvc"}
    foreign = {(name(path), root) for path in python_files("fieldsvc/domain") for root in imported_roots(path)}
    assert {(file, root) for file, root in foreign if root not in allowed} == set()


def test_solver_imports_what_it_may() -> None:
    allowed = (set(sys.stdlib_module_names) - NETWORK) | SOLVER_LIBRARIES | {"solver"}
    imports = {(name(path), root) for path in python_files("solver") for root in imported_roots(path)}
    foreign = {(file, root) for file, root in imports if root not in allowed}
    assert {(file, root) for file, root in foreign if file not in ONLY_HERE.get(root, set())} == set()


def test_solver_and_domain_read_no_wall_clock() -> None:
    # The domain's one clock is the port that everything else is given.
    paths = [path for path in python_files("solver", "fieldsvc/domain") if name(path) != "fieldsvc/domain/clock.py"]
    found = [
        f"{name(path)}:{node.lineno}"
        for path in paths
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in WALL_CLOCKS
    ]
    assert found == []
