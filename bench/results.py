"""Where figures go: a table on the screen, a CSV file named by date and commit, and the RESULT line."""

import csv
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench/results"
SHARED = ROOT.parent / "shared"
"""Foreign data sets and their judges, beside the checkout."""
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
    "cost",
    "best_known",
    "gap_percent",
    "best_unplanned",
    "judge_violations",
    "routes",
    "unplanned_cents",
    "least_unplanned_cents",
    "short_percent",
    "dynamism_percent",
    "change_cost",
    "is_home_at_once",
    "rejected",
    "rejected_percent",
    "disruptions",
    "median_event_s",
    "p95_event_s",
    "longest_event_s",
    "foreknowledge",
    "asked",
    "median_ms",
    "p95_ms",
    "longest_ms",
    "per_second",
    "units_asked",
    "fill_rate_percent",
    "stock_units",
    "stock_value_cents",
    "orders",
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


def gap_percent(cost: float, best: float) -> float:
    """How much more than the best known cost."""
    return round(100 * (cost / best - 1), 4)


def over_seeds(rows: Sequence[Row], figures: Sequence[str]) -> list[dict[str, str | int | float]]:
    """A row per instance with medians of figures over its seeds, and the mean of its gap; "" where not known."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row["instance"]), []).append(row)
    return [
        {
            "instance": name,
            "seeds": len(group),
            **{figure: _over(median, group, figure) for figure in figures},
            "mean_gap_percent": _over(mean, group, "gap_percent"),
        }
        for name, group in groups.items()
    ]


def gaps(rows: Sequence[Row]) -> dict[str, float]:
    """Average and worst gap of rows, without those whose best known cost is not known."""
    known = _known(rows, "gap_percent")
    return {"average_gap_percent": round(mean(known), 4), "worst_gap_percent": max(known)} if known else {}


def result_line(figures: Mapping[str, object]) -> str:
    """The last line of every benchmark, for machines."""
    return "RESULT " + json.dumps(figures, sort_keys=True)


def _over(summary: Callable[[Sequence[float]], float], rows: Sequence[Row], figure: str) -> str | float:
    known = _known(rows, figure)
    return round(summary(known), 4) if known else ""


def _known(rows: Sequence[Row], figure: str) -> list[float]:
    return [float(row[figure]) for row in rows if row[figure] != ""]


def _text(value: str | int | float) -> str:
    return value if isinstance(value, str) else f"{value:,}"


def _git(*arguments: str) -> str:
    told = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True, text=True)
    return told.stdout.strip()
