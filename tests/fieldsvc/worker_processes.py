"""Real worker processes on a test's database, and ways to hurt them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from cryptography.fernet import Fernet

from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.domain.clock import SystemClock
from fieldsvc.domain.run_states import RunState
from fieldsvc.models import OptimizationRun
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database
from fieldsvc.services.runs import RunRequest, request_run
from tests.fieldsvc.day_world import DayWorld

PATIENCE_S = 40
SHORT_LEASE_S = 2
LEASE_S = 20
ROOT = Path(__file__).resolve().parents[2]
FINAL = frozenset(RunState) - {RunState.QUEUED, RunState.SOLVING}


def until(is_so: Callable[[], Any], what: str) -> Any:
    """Wait for something to be so and return it; there is no other way to wait for another process."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = is_so()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {PATIENCE_S} s in vain for {what}")


class Company:
    """A day with work on it in a database, and the workers that were hired for it."""

    def __init__(self, url: str, directory: Path) -> None:
        key, secret = Fernet.generate_key().decode(), "a secret of thirty-two characters"
        self.database = Database.at(url, Sealer([key], secret), SystemClock(), TimeOrderedIds(), lock_wait_s=30.0)
        self.environment = os.environ | {
            "FIELDSVC_ENV": "production",
            "FIELDSVC_DATABASE_URL": url,
            "FIELDSVC_SECRET_KEY": secret,
            "FIELDSVC_ENCRYPTION_KEYS": key,
            "FIELDSVC_WORKER_POLL_S": "0.1",
            "FIELDSVC_ANCHOR_FILE": str(directory / "anchors.jsonl"),
        }
        self.directory = directory
        self.hired: list[psutil.Process] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self.world = DayWorld(self.database, SystemClock().now().date() + timedelta(days=7))
        for name in ("Ana", "Bia", "Caio"):
            self.world.technician(name)
        for number in range(12):
            self.world.visit(f"V{number}", place=(-30.01 - number * 0.003, -51.2 - number * 0.002))
        self.database.clock = SystemClock()

    def hire(self, lease_s: int = LEASE_S) -> psutil.Process:
        """Start a worker. Only one that is to be lost gets a short lease: this machine may be slow as well."""
        environment = self.environment | {"FIELDSVC_RUN_LEASE_S": str(lease_s)}
        with (self.directory / f"worker-{len(self.hired)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "fieldsvc", "worker"], env=environment, cwd=ROOT, stdout=log, stderr=log
            )
        self._processes.append(process)
        self.hired.append(psutil.Process(process.pid))
        return self.hired[-1]

    def ask(self, time_limit_s: int = 2, seed: int = 1) -> UUID:
        """Queue a run of the day."""
        request = RunRequest(self.world.team, self.world.day, time_limit_s=time_limit_s, seed=seed)
        run, _ = self.world.write(lambda uow: request_run(uow, request, max_solve_s=60), self.world.dispatcher)
        run_id: UUID = run.id
        return run_id

    def run(self, run_id: UUID) -> OptimizationRun:
        found: OptimizationRun = self.world.row(OptimizationRun, run_id)
        return found

    def end_of(self, run_id: UUID) -> OptimizationRun:
        """Wait until a run is over."""
        return until(lambda: found if (found := self.run(run_id)).state in FINAL else None, "the end of the run")

    def solver_of(self, worker: psutil.Process) -> psutil.Process:
        """Wait until a worker's solver has found a plan, and return the process: a child of the fork server."""
        return until(lambda: self._searching(worker), "a solver at work")

    def _searching(self, worker: psutil.Process) -> psutil.Process | None:
        helpers = worker.children()
        solvers = [one for one in worker.children(recursive=True) if one not in helpers]
        with self.database.read_only() as session:
            runs = session.query(OptimizationRun).filter_by(state=RunState.SOLVING).all()
        found = any("cost_cents" in (run.progress or {}) for run in runs)
        return solvers[0] if solvers and found else None

    def dismiss(self) -> None:
        """End every process that is left."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        self.database.dispose()
