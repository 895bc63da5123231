"""A peer in processes of its own: one with a thread per core, or one per core, each with a seed of its own."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from bench.rivals import Entry
from bench.rivals.base import Orders, Task
from solver.problem import Problem
from solver.units import Seconds

_GRACE_S = 2
"""How long beyond its limit a peer may run that has reported something, as long as our own engines."""
_PATIENCE_S = 30
"""The same for one that has reported nothing: better late than without any plan."""
_POLL_S = 0.05


@dataclass(slots=True)
class Answer:
    """What one process said last, after how many seconds it ended, and what went wrong, in a sentence."""

    orders: Orders = field(default_factory=dict)
    seconds: float = 0.0
    note: str = ""


@dataclass(slots=True)
class _Lane:
    process: SpawnProcess
    pipe: "Connection[Any, Any]"
    answer: Answer = field(default_factory=Answer)
    has_ended: bool = False

    def hear(self) -> None:
        """Take one message; a pipe that closes before the seconds came is a process that died."""
        try:
            said = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            self._end(f"its process ended with {self.process.exitcode} before it was done")
            return
        if isinstance(said, Mapping):
            self.answer.orders = said
        elif isinstance(said, float):
            self.answer.seconds, self.has_ended = said, True

    def kill(self, after_s: float) -> None:
        """End it where it stands; what it reported stays."""
        self.process.kill()
        self.answer.seconds = after_s
        self._end(f"ended from outside after {after_s:.0f} s")

    def _end(self, note: str) -> None:
        self.answer.note, self.has_ended = note, True


def run(entry: Entry, problem: Problem, time_limit_s: Seconds, seed: int, workers: int) -> list[Answer]:
    """Run a peer on `workers` cores; its clock starts once all its imports are done.

    A peer without threads runs once per core, with seeds that no other seed's run has; one with threads runs once.
    """
    count, threads = (1, workers) if entry.has_threads else (workers, 1)
    lanes = []
    try:
        for rank in range(count):
            lanes.append(_start(entry, problem, time_limit_s, seed * workers + rank, threads))
        for lane in lanes:
            lane.hear()  # that it is ready
        began = time.monotonic()
        for lane in lanes:
            if not lane.has_ended:
                lane.pipe.send("go")
        _listen(lanes, began, time_limit_s)
    finally:
        for lane in lanes:
            lane.process.kill()
            lane.process.join()
            lane.pipe.close()
    return [lane.answer for lane in lanes]


def _start(entry: Entry, problem: Problem, time_limit_s: Seconds, seed: int, threads: int) -> _Lane:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, entry, problem, time_limit_s, seed, threads), daemon=True)
    process.start()
    theirs.close()
    return _Lane(process, ours)


def _listen(lanes: list[_Lane], began: float, time_limit_s: Seconds) -> None:
    while running := [lane for lane in lanes if not lane.has_ended]:
        ready = set(wait([lane.pipe for lane in running], _POLL_S))
        for lane in running:
            after_s = time.monotonic() - began
            if lane.pipe in ready:
                lane.hear()
            elif after_s > time_limit_s + (_GRACE_S if lane.answer.orders else _PATIENCE_S):
                lane.kill(after_s)


def serve(
    pipe: "Connection[Any, Any]", entry: Entry, problem: Problem, time_limit_s: Seconds, seed: int, threads: int
) -> None:
    """What the process does: import, say so, wait for all others, solve; an error ends it, with its trace on stderr."""
    solve = import_module(entry.module).solve
    pipe.send("ready")
    pipe.recv()
    began = time.monotonic()
    solve(Task(problem, began + time_limit_s, seed, threads, entry.variant), pipe.send)
    pipe.send(time.monotonic() - began)
