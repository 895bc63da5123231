"""The command line as people and scripts meet it: in a process of its own."""

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from solver.cli import main
from solver.codec import dumps, loads, plan_from_document, plan_to_document, problem_from_document, problem_to_document
from solver.insertion import first_come_plan
from solver.plan import Plan
from solver.problem import Problem
from tests.solver.builders import job, problem, shift

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "fixtures/days/small.problem.json"
PLANTED = ROOT / "fixtures/days/small.planted.json"
SOLVER = [sys.executable, "-m", "solver"]
QUICK = ["--time-limit", "2", "--seed", "1"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SOLVER, *map(str, arguments)], cwd=ROOT, capture_output=True, check=False, text=True)


@pytest.fixture(scope="module")
def small() -> Problem:
    return problem_from_document(loads(SMALL.read_bytes()))


@pytest.fixture(scope="module")
def plan_file(small: Problem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plan that needed no engine."""
    path = tmp_path_factory.mktemp("plans") / "first_come.json"
    path.write_text(dumps(plan_to_document(first_come_plan(small))), encoding="utf-8")
    return path


def planned_job(path: Path) -> str:
    plan = read_plan(path)
    return next(one for one in plan.routes if one.jobs).jobs[0]


def read_plan(path: Path) -> Plan:
    return plan_from_document(loads(path.read_bytes()))


def edited(path: Path, target: Path, edit: Any) -> Path:
    document = json.loads(path.read_bytes())
    edit(document)
    target.write_text(json.dumps(document), encoding="utf-8")
    return target


@pytest.mark.engine
def test_a_day_is_solved_checked_and_explained(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    solved = run("solve", SMALL, "-o", target, *QUICK)
    assert (solved.returncode, solved.stdout, solved.stderr) == (0, "", "")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    checked = run("check", SMALL, target)
    assert checked.returncode == 0
    assert checked.stdout.startswith("0 violations: ")
    for planted, reason in json.loads(PLANTED.read_bytes()).items():
        explained = run("explain", SMALL, target, planted)
        assert explained.returncode == 0
        assert f"  {reason}: " in explained.stdout


@pytest.mark.engine
def test_a_plan_goes_to_standard_output_and_is_never_worse_than_its_start(plan_file: Path) -> None:
    solved = run("solve", SMALL, "--start", plan_file, *QUICK)
    assert (solved.returncode, solved.stderr) == (0, "")
    improved = plan_from_document(loads(solved.stdout))
    assert len(improved.unplanned) <= len(read_plan(plan_file).unplanned)


@pytest.mark.engine
def test_a_terminal_sees_progress(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    solving = subprocess.Popen([*SOLVER, "solve", SMALL, "-o", tmp_path / "plan.json", *QUICK], cwd=ROOT, stderr=end)
    os.close(end)
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            break
    os.close(terminal)
    assert solving.wait() == 0
    assert b"of 2 s: " in shown
    assert b"unplanned, cost " in shown


@pytest.mark.engine
def test_an_interrupt_keeps_the_best_plan_so_far(tmp_path: Path, small: Problem) -> None:
    target = tmp_path / "plan.json"
    terminal, end = pty.openpty()
    command = [*SOLVER, "solve", SMALL, "-o", target, "--time-limit", "600"]
    solving = subprocess.Popen(command, cwd=ROOT, stderr=end)
    os.close(end)
    shown = b""
    while b"found after" not in shown:
        shown += os.read(terminal, 4096)
    solving.send_signal(signal.SIGINT)
    assert solving.wait(timeout=60) == 0
    os.close(terminal)
    assert read_plan(target).problem == small.id


def test_an_interrupt_before_there_is_a_plan_leaves_none(tmp_path: Path) -> None:
    problem_pipe, target = tmp_path / "problem.json", tmp_path / "plan.json"
    os.mkfifo(problem_pipe)  # reading it blocks until somebody writes, so the interrupt comes while it is read
    solving = subprocess.Popen([*SOLVER, "solve", problem_pipe, "-o", target], cwd=ROOT, stderr=subprocess.PIPE)
    with problem_pipe.open("wb"):
        solving.send_signal(signal.SIGINT)
        _, told = solving.communicate(timeout=60)
    assert (solving.returncode, told) == (130, b"")
    assert not target.exists()


def test_every_violation_is_printed(tmp_path: Path, plan_file: Path) -> None:
    def break_twice(document: Any) -> None:
        document["routes"][0]["return_s"] -= 1
        document["unplanned"].pop()

    checked = run("check", SMALL, edited(plan_file, tmp_path / "broken.json", break_twice))
    assert checked.returncode == 1
    assert len(checked.stdout.splitlines()) >= 2
    assert "times (" in checked.stdout
    assert "membership (" in checked.stdout


def test_a_planned_job_is_explained_by_its_rivals(plan_file: Path) -> None:
    explained = run("explain", SMALL, plan_file, planned_job(plan_file))
    assert (explained.returncode, explained.stderr) == (0, "")
    assert " is stop " in explained.stdout
    assert "it adds " in explained.stdout
    assert "does not have hvac (SKILL)." in explained.stdout


def test_a_terminal_of_few_letters_shows_what_it_can(plan_file: Path) -> None:
    explained = subprocess.run(
        [*SOLVER, "explain", SMALL, plan_file, planned_job(plan_file)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert b"\\u674e" in explained.stdout


def test_candidates_are_listed_up_to_the_limit(plan_file: Path) -> None:
    listed = run("candidates", SMALL, plan_file, planned_job(plan_file), "--limit", "2")
    header, *rows = listed.stdout.splitlines()
    assert listed.returncode == 0
    assert header.split() == ["start", "end", "technician", "shift", "adds", "pick-up"]
    assert 1 <= len(rows) <= 2


def test_a_plan_with_violations_is_explained_with_a_warning(tmp_path: Path, plan_file: Path) -> None:
    broken = edited(plan_file, tmp_path / "broken.json", lambda document: document["unplanned"].pop())
    explained = run("explain", SMALL, broken, planned_job(plan_file))
    assert explained.returncode == 0
    assert "has 1 violations" in explained.stderr


def test_a_valid_problem_is_called_so() -> None:
    validated = run("validate", SMALL)
    assert (validated.returncode, validated.stderr) == (0, "")
    assert validated.stdout.startswith("small is valid: 40 jobs, ")


def test_every_fault_is_one_line(tmp_path: Path) -> None:
    def spoil(document: Any) -> None:
        document["jobs"][0]["service_s"] = -5
        document["jobs"][1]["location"] = 10_000
        document["colour"] = "blue"

    spoiled = edited(SMALL, tmp_path / "spoiled.json", spoil)
    for command in (["validate", spoiled], ["solve", spoiled], ["check", spoiled, SMALL]):
        refused = run(*command)
        lines = refused.stderr.splitlines()
        assert (refused.returncode, refused.stdout, len(lines)) == (2, "", 3)
        assert all(line.startswith(f"{spoiled}: ") for line in lines)
        assert {pointer for line in lines for pointer in line.split() if pointer.startswith("/jobs/")} == {
            "/jobs/0/service_s",
            "/jobs/1/location",
        }


BAD_INPUT = [
    (["check", "{missing}", "{plan}"], "UNREADABLE_FILE"),
    (["check", "{folder}", "{plan}"], "UNREADABLE_FILE"),
    (["check", "{small}", "{missing}"], "UNREADABLE_FILE"),
    (["check", "{text}", "{plan}"], "UNREADABLE_JSON"),
    (["check", "{small}", "{small}"], "WRONG_FORMAT"),
    (["validate", "{plan}"], "WRONG_FORMAT"),
    (["explain", "{small}", "{plan}", "visit-0O1"], "Did you mean visit-001"),
    (["candidates", "{small}", "{plan}", "nothing like it"], "UNKNOWN_JOB"),
    (["explain", "{city}", "{plan}", "visit-001"], "FOREIGN_PLAN"),
    (["candidates", "{small}", "{plan}", "visit-001", "--limit", "0"], "--limit"),
    (["solve", "{small}", "--engine", "rooting"], "Did you mean routing"),
    (["solve", "{small}", "--time-limit", "0"], "/params/time_limit_s"),
    (["solve", "{small}", "-o", "{folder}"], "UNWRITABLE_FILE"),
    (["solve", "{small}", "-o", "{missing}/plan.json"], "UNWRITABLE_FILE"),
    (["solve", "{small}", "--start", "{small}"], "WRONG_FORMAT"),
]


@pytest.mark.parametrize(("command", "told"), BAD_INPUT)
def test_bad_input_is_named_without_a_traceback(
    command: list[str], told: str, plan_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.json").write_text("once upon a time", encoding="utf-8")
    places = {
        "small": SMALL,
        "city": SMALL.with_name("city.problem.json"),
        "plan": plan_file,
        "missing": tmp_path / "missing",
        "text": tmp_path / "text.json",
        "folder": tmp_path,
    }
    try:
        code = main([argument.format(**places) for argument in command])
    except SystemExit as refused:  # argparse's way
        code = int(refused.code or 0)
    heard = capsys.readouterr()
    assert (code, heard.out) == (2, "")
    assert told in heard.err


def test_a_reader_that_leaves_is_no_fault(plan_file: Path) -> None:
    listing = subprocess.Popen(
        [*SOLVER, "candidates", str(SMALL), str(plan_file), planned_job(plan_file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert listing.stdout is not None
    assert listing.stderr is not None
    listing.stdout.close()
    assert listing.stderr.read() == b""
    assert listing.wait() == 1
    listing.stderr.close()


def test_a_crew_has_no_single_candidate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = problem((job("pair", crew_size=2), job("alone")), (shift(),))
    files = [tmp_path / "problem.json", tmp_path / "plan.json"]
    files[0].write_text(dumps(problem_to_document(day)), encoding="utf-8")
    files[1].write_text(dumps(plan_to_document(first_come_plan(day))), encoding="utf-8")
    assert main(["explain", *map(str, files), "pair"]) == 0
    assert "CREW" in capsys.readouterr().out
    assert main(["candidates", *map(str, files), "pair"]) == 0
    assert "pair: It needs a crew of 2" in capsys.readouterr().out


def test_importing_the_command_line_loads_no_engine() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import solver.cli, sys; print(*{'ortools', 'pandas', 'numba'} & set(sys.modules))"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert told.stdout.split() == []


def test_a_full_device_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(SMALL), "-o", "/dev/full", "--time-limit", "1", "--iterations", "1"]) == 2
    assert capsys.readouterr().err.splitlines() == ["/dev/full: UNWRITABLE_FILE: No space left on device"]


def test_full_standard_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*SOLVER, "validate", str(SMALL)], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
    assert ended.returncode == 2
    assert ended.stderr == "standard output: UNWRITABLE_FILE: No space left on device\n"


def test_a_plan_is_written_through_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "plans" / "target.json", tmp_path / "link.json"
    target.parent.mkdir()
    link.symlink_to(target)
    assert main(["solve", str(SMALL), "-o", str(link), "--time-limit", "1", "--iterations", "1"]) == 0
    assert link.is_symlink()
    assert read_plan(target).problem == read_plan(link).problem
    assert set(tmp_path.iterdir()) == {target.parent, link}


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_below_one_is_told_what_to_be(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["candidates", "problem.json", "plan.json", "job", f"--limit={limit}"])
    assert ended.value.code == 2
    assert f"is '{limit}'; give a whole number of 1 or more" in capsys.readouterr().err
