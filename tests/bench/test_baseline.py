import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.results import COLUMNS, append, table

ROOT = Path(__file__).resolve().parents[2]


def baseline(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "baseline", "--no-save", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)


@pytest.mark.engine
def test_the_last_line_holds_the_figures() -> None:
    measured = baseline("--days", "small", "--time-limits", "1", "--seeds", "1")
    assert (measured.returncode, measured.stderr) == (0, "")
    word, _, figures = measured.stdout.splitlines()[-1].partition(" ")
    result = json.loads(figures)
    assert (word, result["violations"]) == ("RESULT", 0)
    small = result["days"]["small at 1 s"]
    assert small["cost_cents"] <= small["first_come_cents"]
    assert small["peak_memory_mb"] > 20  # the interpreter and numpy alone take more


def test_an_unknown_day_is_refused_before_anything_runs() -> None:
    refused = baseline("--days", "small,monday")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no day monday; there are small, city, large" in refused.stderr


def test_a_table_is_aligned_to_the_right() -> None:
    assert table([{"instance": "small", "cost": 1234}, {"instance": "x", "cost": 5}]).splitlines() == [
        "instance   cost",
        "   small  1,234",
        "       x      5",
    ]


def test_rows_of_all_commands_go_to_one_file_under_one_header(tmp_path: Path) -> None:
    paths = {append([{"instance": "small", "cost_cents": 12}], command, tmp_path) for command in ("baseline", "other")}
    (path,) = paths
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert header.split(",") == list(COLUMNS)
    assert [row.split(",")[:2] for row in rows] == [["baseline", "small"], ["other", "small"]]
    with pytest.raises(ValueError, match="colour"):
        append([{"colour": "blue"}], "baseline", tmp_path)
