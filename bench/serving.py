"""A company on a PostgreSQL of its own, served by gunicorn as in production."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet

from bench.phones.databases import databases
from bench.phones.world import ZONE, found_company
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.bootstrap import build
from fieldsvc.config import load_settings

PASSWORD = "bench password"
THREADS = 8
_STARTS_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is served, and the day of its visits."""

    address: str
    day: str


@contextmanager
def served_company(*, technicians: int, visits_each: int, dispatchers: int, processes: int) -> Iterator[Served]:
    """Give a server with a company whose visits are all dispatched, each for a customer of its own."""
    with databases("postgresql") as made, tempfile.TemporaryDirectory(prefix="served-") as folder:
        environ = {
            "FIELDSVC_DATABASE_URL": made.fresh(),
            "FIELDSVC_SECRET_KEY": "a secret key for benchmarks, long enough",
            "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        }
        passwords = Passwords(memory_kib=8, rounds=1)  # signing in is not what is measured
        application = build(load_settings(environ, Path(folder)), passwords=passwords)
        found_company(
            application.database,
            passwords.hash(PASSWORD),
            technicians=technicians,
            visits_each=visits_each,
            dispatchers=dispatchers,
            is_customer_shared=False,
        )
        with application.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
        application.database.dispose()
        day = (datetime.now(UTC) - timedelta(hours=1)).astimezone(ZoneInfo(ZONE)).date()
        with _gunicorn(environ, Path(folder), processes) as address:
            yield Served(address, day.isoformat())


@contextmanager
def _gunicorn(environ: dict[str, str], folder: Path, processes: int) -> Iterator[str]:
    port = _free_port()
    options = ["--worker-class", "gthread", "--workers", str(processes), "--threads", str(THREADS)]
    command = [sys.executable, "-m", "gunicorn", *options, "--bind", f"127.0.0.1:{port}", "api.wsgi:application"]
    root = Path(__file__).resolve().parents[1]
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=folder, env=os.environ | environ | {"PYTHONPATH": str(root)}, stdout=output, stderr=output
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(address, server, log)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _wait_until_ready(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/livez", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server does not answer:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
