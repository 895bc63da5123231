"""`fieldsvc demo`: load the day, plan it before the reader's eyes, publish it, then serve it."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from fieldsvc.adapters.travel import write_travel
from fieldsvc.bootstrap import Application, build
from fieldsvc.config import DEMO_ANCHORS, DEMO_BLOBS, load_settings
from fieldsvc.demo.loader import ACCOUNTS, PASSWORD, ZONE, LoadedDay, load_day
from fieldsvc.demo.printing import print_proposal
from fieldsvc.demo.serving import HOST, check_port, only_demo_of, serve_until_stopped
from fieldsvc.demo.source import DemoDay, read_day
from fieldsvc.dispatching.solving import Progress as SolveProgress
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.roles import Role
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.models.access import User
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.stock import Part
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.migrate import upgrade
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.applications import ApplyOptions, apply_run
from fieldsvc.services.runs import RunRequest, get_run, request_run
from fieldsvc.worker import WorkerPorts, work_once

WIDE = 150
"""Columns when nobody knows how wide the reader's paper is."""


def run_demo(directory: Path, *, port: int, time_limit_s: int, serves: bool) -> int:
    """Do all of it; the exit code. What would stop it in the end is looked at before anything is begun."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    began = time.monotonic()
    source = read_day()
    if serves:
        check_port(port)
    with only_demo_of(directory):
        application = _prepare(directory, port, source)
        try:
            loaded = _load(application, source)
            _say(
                console,
                f"Loaded {loaded.visits} visits and {loaded.technicians} technicians of team Porto Alegre "
                f"for {loaded.day.isoformat()} into {application.settings.database_url}.",
            )
            run = _plan(application, loaded, time_limit_s, console)
            _print_plan(application, run, console, time.monotonic() - began)
            lines = _next_lines(application, run, port)
        finally:
            application.database.dispose()
        if serves:
            return serve_until_stopped(
                _environment(directory, port),
                directory,
                port,
                lambda sentence: _say(console, sentence),
                lambda: _print_accounts(console, directory, port, lines),
            )
    _say(console, f"\n`make demo PORT={port}` plans it anew, serves it, and says what to try with `curl`.")
    return 0


def _say(console: Console, text: str) -> None:
    """Print text as it is, with lines that can be copied whole."""
    console.print(text, soft_wrap=True, markup=False, highlight=False)


def _prepare(directory: Path, port: int, source: DemoDay) -> Application:
    """An empty, migrated database: the demo begins anew each time."""
    for name in ("demo.db", "demo.db-wal", "demo.db-shm", DEMO_ANCHORS):
        (directory / name).unlink(missing_ok=True)
    shutil.rmtree(directory / DEMO_BLOBS, ignore_errors=True)
    write_travel(directory / "travel.npz", source.points, source.seconds, source.metres)
    application = build(load_settings(_environment(directory, port), directory))
    upgrade(application.database.engine)
    return application


def _environment(directory: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "FIELDSVC_ENV": "demo",
        "FIELDSVC_DATABASE_URL": f"sqlite:///{directory / 'demo.db'}",
        "FIELDSVC_ANCHOR_FILE": str(directory / DEMO_ANCHORS),
        "FIELDSVC_BLOB_DIRECTORY": str(directory / DEMO_BLOBS),
        "FIELDSVC_HOST": HOST,
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
        ports = WorkerPorts(
            database,
            application.travel,
            settings.run_lease_s,
            settings.worker_poll_s,
            settings.processors,
            tell=shown.tell,
        )
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
    assert run.result is not None, "an applied run has its result"
    with application.database.read_only() as session:
        names = {part.number: part.name_en for part in session.scalars(select(Part))}
        left = session.scalars(select(Visit).where(Visit.state == VisitState.UNSCHEDULED).order_by(Visit.number))
        unplanned = {one["number"] for one in run.result["unplanned"]}
        elsewhen = [visit.number for visit in left if visit.number not in unplanned]
    print_proposal(console, run.result, names)
    applied = run.application or {}
    for number in elsewhen:
        _say(console, f"{number} is promised to the customer for another day and waits for that day's run.")
    _say(
        console,
        f"Run {run.number} is {run.state}: {applied.get('visits_dispatched', 0)} visits dispatched to the phones, "
        f"{len(applied.get('skipped', []))} days skipped. {elapsed_s:.0f} s from the start to this plan.",
    )
    for skipped in applied.get("skipped", []):
        _say(console, f"  skipped {skipped['technician']}: {skipped['because']}")


def _next_lines(application: Application, run: OptimizationRun, port: int) -> list[str]:
    """What a shell understands as it is printed: sign in, look around, do something."""
    assert run.result is not None, "an applied run has its result"
    with application.database.read_only() as session:
        technician = session.scalars(select(User.technician_id).where(User.login == "technician1")).one()
    own = [route["stops"] for route in run.result["routes"] if route["technician_id"] == str(technician)]
    first = next((stop["id"] for stops in own for stop in stops if stop["kind"] == "job"), None)
    unplanned = next((one["visit_id"] for one in run.result["unplanned"]), None)
    day = run.day.isoformat()
    lines = [
        f"BASE=http://{HOST}:{port}/api/v1",
        "sign_in() { curl -s $BASE/auth/tokens -H 'Content-Type: application/json' "
        f'-d \'{{"login":"\'$1\'","password":"{PASSWORD}"}}\' | '
        'sed \'s/.*"access_token": *"\\([^"]*\\)".*/\\1/\'; }',
        _curl(f"/my/route?date={day}", "technician1"),
    ]
    if first is not None:
        lines.append(
            f"{_curl(f'/visits/{first}/acceptance', 'technician1')} -H 'Content-Type: application/json' -d '{{}}'"
        )
    lines.append(_curl(f"/plan?date={day}", "dispatcher"))
    if unplanned is not None:
        lines.append(_curl(f"/visits/{unplanned}/explanation?day={day}", "dispatcher"))
    lines.append(_curl(f"/optimization-runs/{run.id}/proposal", "dispatcher"))
    return lines


def _curl(path: str, login: str) -> str:
    return f'curl -s "$BASE{path}" -H "Authorization: Bearer $(sign_in {login})"'


def _print_accounts(console: Console, directory: Path, port: int, lines: Sequence[str]) -> None:
    base = f"http://{HOST}:{port}"
    logins = ", ".join((*(login for login, _ in ACCOUNTS), "technician1", "technician2", "outsider"))
    _say(console, f"\nSign-in names: {logins}. The password of all is {PASSWORD}.")
    _say(console, f"API: {base}/api/v1   docs: {base}/docs   health: {base}/readyz   logs: {directory}/*.log\n")
    _say(console, "# what to try next, in another terminal:")
    for line in lines:
        _say(console, line)
    _say(console, "\nServing; Ctrl-C stops.")
