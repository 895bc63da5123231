"""A problem on its way to another process of this machine, its large matrices lent instead of copied.

They are written once into memory that has no name anywhere, so nothing is left behind however either process ends; the
other process maps it and reads it.
"""

import mmap
import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import reduction
from typing import Any, BinaryIO, cast

from solver.problem import Problem

_WORTH_LENDING = 1 << 20
"""Bytes of an array; smaller ones travel with the rest."""


class Borrowed:
    """A Loan as it arrives."""

    def __init__(self, pickled: bytes, shared: Any, sizes: tuple[int, ...]) -> None:
        self.pickled, self.shared, self.sizes = pickled, shared, sizes


class Loan:
    """What stands for the problem in the arguments of a process about to be started; `problem_of` takes it up there."""

    def __init__(self, pickled: bytes, file: BinaryIO, sizes: tuple[int, ...]) -> None:
        self._pickled, self._file, self._sizes = pickled, file, sizes

    @property
    def lent_bytes(self) -> int:
        """Of the matrices that are not copied."""
        return sum(self._sizes)

    def __reduce__(self) -> tuple[Any, ...]:
        shared: Any = reduction.DupFd(self._file.fileno()) if self._sizes else None
        return Borrowed, (self._pickled, shared, self._sizes)


@contextmanager
def lent(problem: Problem) -> Iterator[Loan]:
    """A problem for a process that is started within."""
    with _nameless_file() as file:
        sizes: list[int] = []

        def travels_along(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes < _WORTH_LENDING:
                return True
            file.write(raw)
            sizes.append(raw.nbytes)
            return False

        pickled = pickle.dumps(problem, protocol=5, buffer_callback=travels_along)
        file.flush()
        yield Loan(pickled, file, tuple(sizes))


def problem_of(loan: Borrowed) -> Problem:
    """In the other process: the problem, its matrices read-only."""
    buffers = []
    if loan.sizes:
        descriptor = loan.shared.detach()
        shared = memoryview(mmap.mmap(descriptor, sum(loan.sizes), access=mmap.ACCESS_READ))
        os.close(descriptor)
        first = 0
        for size in loan.sizes:
            buffers.append(shared[first : first + size])
            first += size
    return cast(Problem, pickle.loads(loan.pickled, buffers=buffers))  # noqa: S301 - from the process that began this


def _nameless_file() -> BinaryIO:
    """Memory where the system has such files, else a file of the temporary folder."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("solver-problem"), "w+b")
    return cast(BinaryIO, tempfile.TemporaryFile("w+b"))
