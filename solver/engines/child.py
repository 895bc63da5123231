"""A solve in a process of its own, which can be killed at any moment without losing what it found.

The child sends every incumbent as a JSON frame through a pipe, so the parent trusts no object that the child made.
The parent kills at the time limit plus `GRACE_S`. The child does not outlive its parent: the kernel signals it when
the parent's end of the pipe closes, which works while OR-Tools holds the interpreter lock; where a kernel can't, an
alarm ends it shortly after its limit.
"""

import fcntl
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from solver import codec
from solver.engines import load
from solver.engines.base import Incumbent, Stop
from solver.engines.lending import Borrowed, lent, problem_of
from solver.errors import Fault, InvalidProblem
from solver.params import SolveParams
from solver.plan import Plan
from solver.problem import Problem
from solver.units import Seconds

GRACE_S: Seconds = 2
"""How long beyond its limit, or beyond being told to stop, a child may live."""
_ALARM_S: Seconds = 5
"""When a child without a parent ends at the latest, counted from its limit."""
_TAIL_S, _TAIL_SHARE = 1.0, 0.05
"""An engine that ended this close to its limit, in seconds and of the limit, was ended by it."""
_POLL_S = 0.05
_MAX_FRAME = 256 * 2**20
_PRELOAD = ["solver.engines.preloaded"]


class Status(StrEnum):
    """How a child, and with it a solve, came to its end."""

    COMPLETE = "complete"
    TIME_LIMIT = "time_limit"
    STOPPED = "stopped"
    CHILD_KILLED = "child_killed"
    CHILD_FAILED = "child_failed"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended, with a sentence where that was not on its own terms."""

    status: Status
    message: str = ""


def run(
    path: str,
    problem: Problem,
    params: SolveParams,
    start: Plan | None,
    on_plan: Callable[[Plan], None],
    should_stop: Stop,
    *,
    spent_s: float = 0.0,
) -> Ending:
    """Run an engine in a child process and hand over every plan it reports.

    Parameters
    ----------
    path : "module:Class" of the engine, importable in the child.
    problem, params, start : what the engine gets. The problem must be valid: bad shapes crash OR-Tools.
    on_plan : called in this thread with each plan as it arrives. Nothing about it has been judged yet.
    spent_s : of the time limit, gone before this call. The engine does without it, as far as half of its limit.
    should_stop : asked some twenty times a second; once true, the child has `GRACE_S` to end.

    Returns
    -------
    How the child ended. No process is left behind, whatever happens here.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    ours, theirs = context.Pipe()
    try:
        with lent(problem) as loan, _ctrl_c_kept_away():
            process = context.Process(
                target=serve, args=(theirs, path, loan, params, start, spent_s), name="solver-engine"
            )
            process.start()
    except (OSError, EOFError) as error:  # no memory, no file descriptors, or a fork server that died
        ours.close()
        return Ending(Status.CHILD_FAILED, f"The engine's process could not be started: {error!r}.")
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    watchdog = threading.Timer(params.time_limit_s + GRACE_S, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        return _listen(process, ours, on_plan, should_stop)
    finally:
        watchdog.cancel()
        watchdog.join()
        process.kill()
        process.join()
        process.close()
        ours.close()


@contextmanager
def _ctrl_c_kept_away() -> Iterator[None]:
    """Let what is started here not see Ctrl-C: it could not answer it before its imports are done."""
    resource_tracker.ensure_running()  # started within, it would end the keeping away
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _listen(process: ForkServerProcess, ours: Connection, on_plan: Callable[[Plan], None], should_stop: Stop) -> Ending:
    kill_at: float | None = None
    while True:
        if kill_at is None and should_stop():
            _tell_to_stop(ours)
            kill_at = time.monotonic() + GRACE_S
        if kill_at is not None and time.monotonic() >= kill_at:
            process.kill()
        if not ours.poll(_POLL_S):
            continue
        try:
            frame = ours.recv_bytes(_MAX_FRAME)
        except (EOFError, OSError):
            return _ending_without_word(process, told=kill_at is not None)
        try:
            ending = _read(frame, on_plan)
        except InvalidProblem as error:
            return Ending(Status.CHILD_FAILED, f"The engine sent what is no plan: {error}")
        if ending is not None:
            return Ending(Status.STOPPED) if kill_at is not None else ending


def _tell_to_stop(ours: Connection) -> None:
    try:
        ours.send_bytes(b"stop")
    except OSError:
        return  # it has ended meanwhile, and reading will say how


def _ending_without_word(process: ForkServerProcess, *, told: bool) -> Ending:
    process.join(GRACE_S)
    code = process.exitcode
    if told:
        return Ending(Status.STOPPED)
    if code == -signal.SIGKILL:
        return Ending(Status.CHILD_KILLED, "The engine was killed.")
    if code is None:
        return Ending(Status.CHILD_FAILED, "The engine closed its pipe and went on.")
    if code < 0:
        return Ending(Status.CHILD_FAILED, f"The engine was ended by {signal.Signals(-code).name}.")
    return Ending(Status.CHILD_FAILED, f"The engine ended with exit code {code}; standard error says why.")


def _read(frame: bytes, on_plan: Callable[[Plan], None]) -> Ending | None:
    document = codec.loads(frame)
    if isinstance(document, dict) and "plan" in document:
        on_plan(codec.plan_from_document(document["plan"]))
        return None
    if isinstance(document, dict) and document.get("end") in (Status.COMPLETE, Status.TIME_LIMIT):
        return Ending(Status(document["end"]))
    raise InvalidProblem((Fault("UNREADABLE_FRAME", "", "The frame holds neither a plan nor an end."),))


def serve(
    connection: Connection, path: str, loan: Borrowed, params: SolveParams, start: Plan | None, spent_s: float
) -> None:
    """What the child does: run the engine, send its incumbents, say that it has ended."""
    _end_with_parent(params.time_limit_s + _ALARM_S)
    limit_s = params.time_limit_s
    params = replace(params, time_limit_s=max(limit_s - round(spent_s), limit_s // 2, 1))
    os.dup2(2, 1)  # libraries that print must not write into the parent's output
    began = time.monotonic()

    def report(incumbent: Incumbent) -> None:
        _send(connection, {"plan": codec.plan_to_document(incumbent.plan)})

    load(path).solve(problem_of(loan), params, start, report, lambda: connection.poll(0))
    used = time.monotonic() - began
    status = Status.TIME_LIMIT if used >= params.time_limit_s * (1 - _TAIL_SHARE) - _TAIL_S else Status.COMPLETE
    _send(connection, {"end": status.value})


def _send(connection: Connection, document: codec.Document) -> None:
    connection.send_bytes(codec.dumps(document).encode())


def _end_with_parent(alarm_s: Seconds) -> None:
    """Have the kernel end this process when its parent has gone; a thread could not run beside OR-Tools."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to judge
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, alarm_s)
    parent = parent_process()
    if parent is None:
        return
    lifeline = parent.sentinel
    signal.signal(signal.SIGIO, signal.SIG_DFL)  # its default is to end the process
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([lifeline], [], [], 0)[0]:
        raise SystemExit("the parent has gone")
