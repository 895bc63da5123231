"""The wish that a process ends, told by a signal."""

from contextlib import suppress
from queue import Empty, SimpleQueue


class Stopping:
    """Set once, from a signal handler too, and waited for by the thread that the handler interrupts.

    A `threading.Event` is no place for that: a handler that comes while its waiter holds the lock for a moment waits
    for it for ever, and so does the process. `SimpleQueue.put` is made to be called from within itself.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._woken: SimpleQueue[None] = SimpleQueue()

    def set(self) -> None:
        """Ask the process to end."""
        self._is_set = True
        self._woken.put(None)

    def is_set(self) -> bool:
        """Tell whether the process has been asked to end."""
        return self._is_set

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process is asked to end, or for so long; tell whether it has been asked."""
        if not self._is_set:
            with suppress(Empty):
                self._woken.get(timeout=timeout_s)
        return self._is_set
