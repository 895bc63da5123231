"""`fieldsvc demo`: load the day, plan it before the reader's eyes, publish it, then serve it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from fieldsvc.adapters.travel import write_travel
from fieldsvc.bootstrap import Application, build
from fieldsvc.config import load_settings
from fieldsvc.demo.loader import ACCOUNTS, PASSWORD, ZONE, LoadedDay, load_day
from fieldsvc.demo.printing import print_proposal
from fieldsvc.demo.source import DemoDay, read_day
from fieldsvc.dispatching.solving import Progress as SolveProgress
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.roles import Role
from fieldsvc.models.access import User
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.stock import Part
from fieldsvc.persistence.migrate import upgrade
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.runs import RunRequest, get_run, request_run
from fieldsvc.worker import WorkerPorts, work_once

WIDE = 150
"""Columns when nobody knows how wide the reader's paper is."""


def run_demo(directory: Path, *, port: int, time_limit_s: int, serves: bool) -> int:
    """Do all of it; the exit code."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    began = time.monotonic()
    application = _prepare(directory, port)
    try:
        source = read_day()
        loaded = _load(application, source)
        console.print(
            f"Loaded {loaded.visits} visits and {loaded.technicians} technicians of team Porto Alegre "
            f"for {loaded.day.isoformat()} into {application.settings.database_url}."
        )
        run = _plan(application, loaded, time_limit_s, console)
        _print_plan(application, run, console, time.monotonic() - began)
    finally:
        application.database.dispose()
    _print_accounts(console, port, loaded.day)
    return _serve(directory, port, console) if serves else 0


def _prepare(directory: Path, port: int) -> Application:
    """An empty, migrated database: the demo begins anew each time."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("demo.db", "demo.db-wal", "demo.db-shm", "travel.npz"):
        (directory / name).unlink(missing_ok=True)
    application = build(load_settings(_environment(directory, port), directory))
    upgrade(application.database.engine)
    application.database.dispose()
    source = read_day()
    write_travel(directory / "travel.npz", source.points, source.seconds, source.metres)
    return build(load_settings(_environment(directory, port), directory))


def _environment(directory: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "FIELDSVC_ENV": "demo",
        "FIELDSVC_DATABASE_URL": f"sqlite:///{directory / 'demo.db'}",
        "FIELDSVC_PORT": str(port),
    }


def _load(application: Application, source: DemoDay) -> LoadedDay:
    day = _next_day(application)
    with application.database.unit_of_work(Context(source="demo")) as uow:
        loaded = load_day(uow, application.passwords, source, day)
        uow.commit()
    return loaded


def _next_day(application: Application) -> date:
    return application.clock.now().astimezone(ZoneInfo(ZONE)).date() + timedelta(days=1)


def _plan(application: Application, loaded: LoadedDay, time_limit_s: int, console: Console) -> OptimizationRun:
    database = application.database
    with database.read_only() as session:
        user = session.scalars(select(User).where(User.login == "dispatcher")).one()
    dispatcher = Actor(Role.DISPATCHER, user_id=user.id, team_ids=(loaded.team_id,))
    with database.unit_of_work(Context(dispatcher, source="demo")) as uow:
        request = RunRequest(loaded.team_id, loaded.day, time_limit_s=time_limit_s)
        run, _ = request_run(uow, request, max_solve_s=application.settings.max_solve_s)
        uow.commit()
    settings = application.settings
    with _Shown(console, time_limit_s) as shown:
        ports = WorkerPorts(database, application.travel, settings.run_lease_s, settings.worker_poll_s, shown.tell)
        work_once(ports, "demo")
    with database.unit_of_work(Context(dispatcher, source="demo")) as uow:
        applied = apply_run(uow, run.id, ApplyOptions(dispatches=True))
        uow.commit()
    with database.read_only() as session:
        return get_run(session, dispatcher, applied.id, with_result=True)


class _Shown:
    """A progress bar on a terminal; a line at the end where the output is kept."""

    def __init__(self, console: Console, time_limit_s: int) -> None:
        self._progress = Progress(
            TextColumn("planning"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[best]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("planning", total=time_limit_s, best="")
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "_Shown":
        self._progress.start()
        self._ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._ticker.join()
        self._progress.stop()

    def tell(self, found: SolveProgress) -> None:
        """Show the best plan so far."""
        best = f"cost {found.cost_cents / 100:,.2f}, {found.unplanned} unplanned"
        self._progress.update(self._task, best=best)

    def _tick(self) -> None:
        while not self._ended.wait(0.25):
            self._progress.advance(self._task, 0.25)


def _print_plan(application: Application, run: OptimizationRun, console: Console, elapsed_s: float) -> None:
    with application.database.read_only() as session:
        names = {part.number: part.name_en for part in session.scalars(select(Part))}
    assert run.result is not None, "an applied run has its result"
    print_proposal(console, run.result, names)
    applied = run.application or {}
    console.print(
        f"Run {run.number} is {run.state}: {applied.get('visits_dispatched', 0)} visits dispatched to the phones, "
        f"{len(applied.get('skipped', []))} days skipped. {elapsed_s:.0f} s from the start to this plan."
    )
    for skipped in applied.get("skipped", []):
        console.print(f"  skipped {skipped['technician']}: {skipped['because']}")


def _print_accounts(console: Console, port: int, day: date) -> None:
    base = f"http://127.0.0.1:{port}"
    logins = ", ".join((*(login for login, _ in ACCOUNTS), "technician1", "technician2", "outsider"))
    console.print(f"\nSign-in names: {logins}. The password of all is {PASSWORD}.")
    console.print(f"API: {base}/api/v1   docs: {base}/docs   health: {base}/readyz\n")
    lines = (
        "# what to try next, while the server runs:",
        f"BASE={base}/api/v1",
        "sign_in() { curl -s $BASE/auth/tokens -H 'Content-Type: application/json' "
        f'-d \'{{"login":"\'$1\'","password":"{PASSWORD}"}}\' | '
        "python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])'; }",
        f'curl -s "$BASE/my/route?date={day.isoformat()}" -H "Authorization: Bearer $(sign_in technician1)"',
        f'curl -s "$BASE/plan?date={day.isoformat()}" -H "Authorization: Bearer $(sign_in dispatcher)"',
        'curl -s "$BASE/visits?state=unscheduled" -H "Authorization: Bearer $(sign_in dispatcher)"',
    )
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _serve(directory: Path, port: int, console: Console) -> int:
    """Start API and worker, wait for Ctrl-C or for either to end, and end both."""
    environment = _environment(directory, port)
    commands = (
        [sys.executable, "-m", "api.serve", "--port", str(port)],
        [sys.executable, "-m", "fieldsvc", "worker"],
    )
    running = [subprocess.Popen(command, env=environment, start_new_session=True) for command in commands]  # noqa: S603
    console.print("Serving; Ctrl-C stops.")
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _setter(stopping))
    try:
        while not stopping.wait(0.5):
            if any(process.poll() is not None for process in running):
                console.print("A server process ended by itself; stopping the other one.")
                return 1
        return 0
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=15)
        console.print("Stopped.")


def _setter(stopping: threading.Event) -> Callable[[int, object], None]:
    def end(_number: int, _frame: object) -> None:
        stopping.set()

    return end
