"""One live line about a running solve, for a terminal."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from solver.engines.base import Incumbent
from solver.units import Seconds, money


class Progress:
    """What is known about the solve so far; rendered anew several times a second."""

    def __init__(self, time_limit_s: Seconds) -> None:
        self._limit_s = time_limit_s
        self._began = time.monotonic()
        self._best: Incumbent | None = None

    def note(self, incumbent: Incumbent) -> None:
        """Remember the newest incumbent."""
        self._best = incumbent

    def shown_on(self, stream: TextIO) -> AbstractContextManager[object]:
        """Show the line while the context lasts, if the stream is a terminal; else nothing at all."""
        if not stream.isatty():
            return nullcontext()
        return Live(get_renderable=self.line, console=Console(file=stream), refresh_per_second=4, transient=True)

    def line(self) -> Text:
        """The line as it stands now."""
        spent = f"{time.monotonic() - self._began:.0f} of {self._limit_s} s"
        if self._best is None:
            return Text(f"{spent}: no plan yet")
        unplanned = len(self._best.plan.unplanned)
        found = f"found after {self._best.found_after_s:.1f} s"
        return Text(f"{spent}: cost {money(self._best.cost_cents)}, {unplanned} unplanned, {found}")
