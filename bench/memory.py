"""Peak memory of this process and all its children, as summed proportional set size."""

import threading
from types import TracebackType

import psutil

_PERIOD_S = 0.2


class PeakMemory:
    """Samples in a thread while the context lasts. Shared pages count once, split between those who share them.

    `peak_mb`: the highest sum seen, in MB of 10**6 bytes. A spike between two samples is missed.
    """

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_ended, name="peak-memory", daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _sample_until_ended(self) -> None:
        own = psutil.Process()
        while True:
            processes = [own, *own.children(recursive=True)]
            self.peak_mb = max(self.peak_mb, sum(map(_proportional_bytes, processes)) / 1e6)
            if self._ended.wait(_PERIOD_S):
                return


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
        return 0  # it ended between being listed and being read
