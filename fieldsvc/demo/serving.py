"""Serves the demo: API and worker as processes that end together, on Ctrl-C or when either of them ends."""

import contextlib
import fcntl
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from fieldsvc.stopping import Stopping

HOST = "127.0.0.1"
"""The demo's passwords are public, so nobody else may reach it."""
READY_WITHIN_S = 60.0
_ENDS_WITHIN_S = 20.0


class DemoRefused(Exception):
    """The demo can't begin; the text says why and what to do."""


class _Unusable(Exception):
    """A process of the demo does not do its work."""

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        super().__init__(what)


class _EndedEarly(Exception):
    """Somebody wants the demo to stop before it serves."""


def check_port(port: int) -> None:
    """Refuse a port that another process listens at, before anything is done that would be in vain."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a demo that ended just now is no obstacle
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoRefused(
                f"Port {port} can't be used ({error.strerror}). Choose another: `make demo PORT=9000` or "
                "`fieldsvc demo --port 9000`."
            ) from error


@contextlib.contextmanager
def only_demo_of(directory: Path) -> Iterator[None]:
    """Keep a second demo from taking away the database of one that runs in the same directory."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoRefused(
                f"Another demo uses {directory.absolute()}. Stop it first, or run this one in another directory."
            ) from error
        yield


def serve_until_stopped(
    environment: Mapping[str, str],
    directory: Path,
    port: int,
    tell: Callable[[str], None],
    when_ready: Callable[[], None],
) -> int:
    """Start API and worker, call `when_ready` once both can be used, and stop them in the end; the exit code."""
    commands = {
        "api": [sys.executable, "-m", "api.serve", "--host", HOST, "--port", str(port)],
        "worker": [sys.executable, "-m", "fieldsvc", "worker"],
    }
    stopping = Stopping()
    before = {number: signal.signal(number, _setter(stopping)) for number in _ENDING}
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (directory / f"{name}.log").open("w") as log:
                # A session of its own: Ctrl-C in the terminal is for us, who then end both in turn.
                running[name] = subprocess.Popen(  # noqa: S603 -- our own modules
                    command, env=dict(environment), stdout=log, stderr=log, start_new_session=True
                )
        _wait_until_ready(f"http://{HOST}:{port}/readyz", running, stopping)
        when_ready()
        while not stopping.wait(0.25):
            _check_running(running)
        return 0
    except _EndedEarly:
        return 0
    except _Unusable as error:
        log_file = directory / f"{error.name}.log"
        tell(f"The {error.name} process {error}; its last words in {log_file}:\n{_tail(log_file)}")
        return 1
    finally:
        _end(running.values())
        for number, handler in before.items():
            signal.signal(number, handler)
        tell("Stopped.")


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _setter(stopping: Stopping) -> Callable[[int, object], None]:
    def end(_number: int, _frame: object) -> None:
        stopping.set()

    return end


def _wait_until_ready(address: str, running: Mapping[str, subprocess.Popen[bytes]], stopping: Stopping) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        if stopping.wait(0.1):
            raise _EndedEarly
        _check_running(running)
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 -- our own address
                return
        except (urllib.error.URLError, OSError):
            continue  # not listening yet
    raise _Unusable("api", f"did not answer within {READY_WITHIN_S:.0f} s")


def _check_running(running: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise _Unusable(name, "ended by itself")


def _end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    everyone = list(processes)
    for process in everyone:
        process.terminate()
    for process in everyone:
        try:
            process.wait(timeout=_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])
