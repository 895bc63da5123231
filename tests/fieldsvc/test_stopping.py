"""A signal may come at any moment of waiting for it."""

import itertools
import signal
import sys
from types import FrameType
from typing import Any

from fieldsvc.stopping import Stopping

FOREVER_S = 60


def test_a_signal_at_any_moment_ends_the_wait() -> None:
    """At each line that is gone through while waiting, in the standard library as well, the handler comes once."""
    before = signal.getsignal(signal.SIGUSR1)
    try:
        for moment in itertools.count():
            stopping, lines = Stopping(), itertools.count()
            signal.signal(signal.SIGUSR1, lambda *_, told=stopping: told.set())

            def trace(frame: FrameType, event: str, _: Any, at: int = moment, lines: Any = lines) -> Any:
                if event == "line" and next(lines) == at:
                    signal.raise_signal(signal.SIGUSR1)
                return trace

            sys.settrace(trace)
            try:
                is_told = stopping.wait(0.001)
            finally:
                sys.settrace(None)
            if next(lines) <= moment:  # nothing happened at this moment: there are no more
                break
            assert is_told or stopping.is_set()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert moment >= 3


def test_what_is_asked_before_is_not_waited_for() -> None:
    stopping = Stopping()
    assert (stopping.is_set(), stopping.wait(0)) == (False, False)
    stopping.set()
    stopping.set()
    assert [stopping.wait(FOREVER_S) for _ in range(3)] == [True] * 3
