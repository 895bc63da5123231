"""Where figures go: a table on the screen, a CSV file named by date and commit, and the RESULT line."""

import csv
import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results"
COLUMNS = (
    "command",
    "instance",
    "engine",
    "seed",
    "workers",
    "time_limit_s",
    "cost_cents",
    "unplanned",
    "first_come_cents",
    "first_come_unplanned",
    "violations",
    "seconds",
    "first_plan_s",
    "peak_memory_mb",
)
"""Of every file, so that all commands can append to one; a figure that a command does not have stays empty."""
Row = Mapping[str, str | int | float]


def append(rows: Sequence[Row], command: str, folder: Path = RESULTS) -> Path:
    """Add rows of a command to today's file for this commit, with a header where the file is new."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{time.strftime('%Y-%m-%d')}-{commit()}.csv"
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerows({"command": command, **row} for row in rows)
    return path


def commit() -> str:
    """The short name of the commit measured; with "-changed" where solver/ or bench/ differ from it."""
    name = _git("rev-parse", "--short=10", "HEAD")
    return f"{name}-changed" if _git("status", "--porcelain", "--", "solver", "bench/*.py") else name


def table(rows: Sequence[Row]) -> str:
    """Rows as aligned text, numbers to the right."""
    lines = [list(rows[0])] + [[_text(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def result_line(figures: Mapping[str, object]) -> str:
    """The last line of every benchmark, for machines."""
    return "RESULT " + json.dumps(figures, sort_keys=True)


def _text(value: str | int | float) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _git(*arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True, text=True)
    return told.stdout.strip()
