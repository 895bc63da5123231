"""A task for many seeds in processes that may die: what kills one costs that seed and nothing else."""

import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")
_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Crash:
    """How the process ended that had this seed in hand."""

    seed: int
    sentence: str


@dataclass(slots=True)
class _Hand(Generic[Answer]):
    """A process, and what it is at."""

    process: SpawnProcess
    pipe: "Connection[Any, Any]"
    seed: int | None = None
    since: float = 0.0

    def give(self, seed: int) -> None:
        """Let it begin with a seed."""
        self.seed, self.since = seed, time.monotonic()
        self.pipe.send(seed)

    def hear(self, seed: int) -> Answer | Crash:
        """Its answer; if it has none, it is dead or dying."""
        try:
            answer: Answer = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            return Crash(seed, f"its process {_ending(self.process.exitcode)}")
        self.seed = None
        return answer

    def end(self) -> None:
        """Kill it where it stands."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def answers(
    task: Callable[[int], Answer], seeds: Iterable[int], workers: int, patience_s: float
) -> Iterator[Answer | Crash]:
    """What the task says to each seed, in the order of coming; a crash where it died or took longer than that.

    The task must be importable, its answers picklable. An exception in it counts as a crash; its trace goes to stderr.
    """
    waiting = deque(seeds)
    hands: list[_Hand[Answer]] = [_start(task) for _ in range(min(workers, len(waiting)))]
    try:
        for hand in hands:
            hand.give(waiting.popleft())
        while busy := [hand for hand in hands if hand.seed is not None]:
            ready = wait([hand.pipe for hand in busy], _POLL_S)
            for hand in busy:
                assert hand.seed is not None
                if hand.pipe in ready:
                    answer = hand.hear(hand.seed)
                elif time.monotonic() - hand.since > patience_s:
                    answer = Crash(hand.seed, f"nothing was heard of it for {patience_s:.0f} s")
                else:
                    continue
                yield answer
                if isinstance(answer, Crash):
                    hand.end()
                    hands.remove(hand)
                    if waiting:
                        hands.append(_start(task))
                        hands[-1].give(waiting.popleft())
                elif waiting:
                    hand.give(waiting.popleft())
    finally:
        for hand in hands:
            hand.end()


def _start(task: Callable[[int], Answer]) -> _Hand[Answer]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, task), daemon=True)
    process.start()
    theirs.close()
    return _Hand(process, ours)


def serve(pipe: "Connection[Any, Any]", task: Callable[[int], Answer]) -> None:
    """What the process does: answer until nobody asks, or listens any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, who kills its children
    with suppress(EOFError, BrokenPipeError):
        while True:
            pipe.send(task(pipe.recv()))


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
