"""The solver on the command line: solve, check, explain, candidates, validate.

Exit codes: 0 all is well, 1 the plan has violations or can't be made, 2 the input is wrong, 130 interrupted before
there was a plan.
"""

import argparse
import difflib
import os
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path
from types import FrameType

from solver import engines
from solver.answers import candidate_table, explanation
from solver.check import violations
from solver.codec import dumps, loads, plan_from_document, plan_to_document, problem_from_document
from solver.errors import InvalidProblem, SolverError
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.progress import Progress
from solver.score import score
from solver.search.cache import cache_folder, is_warm
from solver.solve import solve
from solver.units import money

OK, BAD_PLAN, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class BadInput(Exception):
    """A file or an argument is wrong; `lines` tells each fault, with the file it is in."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("; ".join(self.lines))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every fault of the input is one line on standard error."""
    options = parser().parse_args(arguments)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name must not fail in a terminal that can't show it
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BadInput as error:
        return _refuse(error.lines)
    except InvalidProblem as error:
        return _refuse(map(str, error.faults))
    except SolverError as error:
        _complain(f"{error.code}: {error}")
        return BAD_PLAN
    except BrokenPipeError:
        # Whoever read our output has gone; what is left in the buffer must not fail a second time at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_PLAN
    except OSError as error:  # only standard output is left: every other file has its own message
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _refuse([f"standard output: UNWRITABLE_FILE: {error.strerror}"])
    except KeyboardInterrupt:
        return INTERRUPTED


def run_solve(options: argparse.Namespace) -> int:
    """Solve a problem and write the plan; without `-o` to standard output."""
    params = SolveParams(
        engine=_known(options.engine, engines.names(), "UNKNOWN_ENGINE", "engine"),
        time_limit_s=options.time_limit,
        iteration_limit=options.iterations,
        stall_limit_s=options.stall_limit,
        seed=options.seed,
        workers=options.workers,
    )
    _refuse_unwritable(options.output)
    problem = _read_problem(options.problem)
    start = None if options.start is None else _read_plan_for(problem, options.start)
    progress = Progress(params.time_limit_s)
    with _interruption() as interrupted, progress.shown_on(sys.stderr):
        result = solve(problem, params, start=start, on_incumbent=progress.note, should_stop=lambda: bool(interrupted))
    for note in result.notes:
        _complain(note)
    _write(options.output, dumps(plan_to_document(result.plan)))
    if sys.stderr.isatty():
        _complain(_summary(problem, result.plan) + f", {result.runtime_s:.1f} s")
    return OK


def run_check(options: argparse.Namespace) -> int:
    """Print every violation of a plan, or that there is none."""
    problem = _read_problem(options.problem)
    plan = _read_plan(options.plan)
    found = violations(problem, plan)
    for violation in found:
        print(violation)
    if found:
        return BAD_PLAN
    print(f"0 violations: {_summary(problem, plan)}")
    return OK


def run_explain(options: argparse.Namespace) -> int:
    """Print why a job is unplanned, or why it stands where it does."""
    problem, plan, job = _read_question(options)
    _print(explanation(problem, plan, job))
    return OK


def run_candidates(options: argparse.Namespace) -> int:
    """Print the cheapest ways to do a job in a plan."""
    problem, plan, job = _read_question(options)
    _print(candidate_table(problem, plan, job, options.limit))
    return OK


def run_validate(options: argparse.Namespace) -> int:
    """Say what a problem holds, or print every fault of it."""
    problem = _read_problem(options.problem)
    print(
        f"{problem.id} is valid: {len(problem.jobs)} jobs, {len(problem.shifts)} shifts of "
        f"{len(problem.technicians)} technicians, {len(problem.warehouses)} warehouses, "
        f"{len(problem.locations)} locations, {problem.days} days."
    )
    return OK


def run_warm(_options: argparse.Namespace) -> int:
    """Compile the kernels of the engine, unless that has been done."""
    if is_warm():
        print("The kernels are compiled already.")
        return OK
    print(f"Compiling the engine's kernels into {cache_folder()}: once per version, about two minutes.", flush=True)
    import_module("solver.search.warming").warm()  # not before: it imports the compiler
    return OK


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    root = argparse.ArgumentParser("python -m solver", description="Plan field service days and judge plans.")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    defaults = SolveParams()

    one = commands.add_parser("solve", help="make a plan")
    one.add_argument("problem", type=Path, metavar="PROBLEM.json")
    one.add_argument("-o", "--output", type=Path, metavar="PLAN.json", help="where to; standard output if left out")
    one.add_argument("--time-limit", type=int, default=defaults.time_limit_s, metavar="SECONDS")
    one.add_argument("--stall-limit", type=int, metavar="S", help="end after so many seconds without a better plan")
    one.add_argument("--iterations", type=int, metavar="N", help="engine steps, for runs that must repeat exactly")
    one.add_argument("--seed", type=int, default=defaults.seed)
    one.add_argument("--workers", type=int, default=defaults.workers, help="processors the engine may use")
    one.add_argument("--engine", default=defaults.engine, help=f"one of {', '.join(engines.names())}")
    one.add_argument("--start", type=Path, metavar="PLAN.json", help="a plan to improve on")
    one.set_defaults(run=run_solve)

    one = commands.add_parser("check", help="print every violation of a plan; exit code 1 if there is one")
    _add_documents(one)
    one.set_defaults(run=run_check)

    one = commands.add_parser("explain", help="say why a job is unplanned, or why it stands where it does")
    _add_documents(one)
    one.add_argument("job", metavar="JOB")
    one.set_defaults(run=run_explain)

    one = commands.add_parser("candidates", help="list the cheapest ways to do a job in a plan")
    _add_documents(one)
    one.add_argument("job", metavar="JOB")
    one.add_argument("--limit", type=_positive, default=10, metavar="N")
    one.set_defaults(run=run_candidates)

    one = commands.add_parser("validate", help="print every fault of a problem; exit code 2 if there is one")
    one.add_argument("problem", type=Path, metavar="PROBLEM.json")
    one.set_defaults(run=run_validate)

    one = commands.add_parser("warm", help="compile the engine's kernels ahead of the first solve")
    one.set_defaults(run=run_warm)
    return root


def _add_documents(command: argparse.ArgumentParser) -> None:
    command.add_argument("problem", type=Path, metavar="PROBLEM.json")
    command.add_argument("plan", type=Path, metavar="PLAN.json")


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"is {text!r}; give a whole number of 1 or more")
    return int(text)


def _read_question(options: argparse.Namespace) -> tuple[Problem, Plan, str]:
    problem = _read_problem(options.problem)
    job = _known(options.job, list(problem.job_by_id), "UNKNOWN_JOB", "job")
    plan = _read_plan_for(problem, options.plan)
    found = violations(problem, plan)
    if found:
        _complain(f"{options.plan} has {len(found)} violations ('check' prints them); what follows takes it as it is.")
    return problem, plan, job


def _read_problem(path: Path) -> Problem:
    with _faults_of(path):
        return problem_from_document(_read(path))


def _read_plan(path: Path) -> Plan:
    with _faults_of(path):
        return plan_from_document(_read(path))


def _read_plan_for(problem: Problem, path: Path) -> Plan:
    """A plan that goes with the problem; whether it keeps the other rules does not matter here."""
    plan = _read_plan(path)
    foreign = [one for one in violations(problem, plan) if one.rule == "references"]
    if foreign:
        raise BadInput(f"{path}: FOREIGN_PLAN: {one}" for one in foreign)
    return plan


@contextmanager
def _faults_of(path: Path) -> Iterator[None]:
    try:
        yield
    except InvalidProblem as error:
        raise BadInput(f"{path}: {fault}" for fault in error.faults) from error


def _read(path: Path) -> object:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadInput([f"{path}: UNREADABLE_FILE: {error.strerror}"]) from error
    return loads(text)


def _known(name: str, known: Sequence[str], code: str, what: str) -> str:
    if name in known:
        return name
    close = sorted(difflib.get_close_matches(name, known, n=len(known)), key=lambda one: _unlikeness(name, one))
    hint = f" Did you mean {' or '.join(close[:3])}?" if close else ""
    raise BadInput([f"{code}: There is no {what} {name!r}.{hint}"])


def _unlikeness(name: str, other: str) -> tuple[float, int, str]:
    """By the letters shared; numbered names share many, and of those the one that begins alike is meant."""
    ratio = difflib.SequenceMatcher(None, name, other).ratio()
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False)))
    return -ratio, -alike, other


def _refuse_unwritable(path: Path | None) -> None:
    """Find out before the solve, not after it, that its plan has nowhere to go."""
    target = None if path is None else path.resolve()
    if target is not None and (target.is_dir() or not os.access(target if target.exists() else target.parent, os.W_OK)):
        raise BadInput([f"{path}: UNWRITABLE_FILE: nothing can be written there"])


def _write(path: Path | None, text: str) -> None:
    if path is None:
        sys.stdout.buffer.write(text.encode())  # JSON is UTF-8 whatever the terminal is
        return
    try:
        if path.exists() and not path.is_file():  # a pipe or a device
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path.resolve(), text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadInput([f"{path}: UNWRITABLE_FILE: {error.strerror}"]) from error


def _replace(path: Path, text: str) -> None:
    """Write beside the file, then rename: whoever reads it meanwhile sees the old plan or the new one, whole.

    A link must be resolved before, or it would be replaced itself.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:
        draft.write(text)
    umask = os.umask(0)
    os.umask(umask)
    Path(draft.name).chmod(0o666 & ~umask)
    Path(draft.name).replace(path)


@contextmanager
def _interruption() -> Iterator[list[int]]:
    """The first Ctrl-C asks the solve to end with what it has; the second ends everything. Empty until then."""
    received: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)


def _summary(problem: Problem, plan: Plan) -> str:
    planned = len({job for route in plan.routes for job in route.jobs})
    cost = money(score(problem, plan).total_cents)
    return f"{planned} jobs planned on {len(plan.routes)} shifts, {len(plan.unplanned)} unplanned, cost {cost}"


def _refuse(lines: Iterable[str]) -> int:
    for line in lines:
        _complain(line)
    return BAD_INPUT


def _complain(line: str) -> None:
    print(line, file=sys.stderr)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
