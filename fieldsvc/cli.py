"""Operator commands: `fieldsvc serve | worker | demo | migrate | restored | audit | doctor | keys | user`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from getpass import getpass
from pathlib import Path
from uuid import UUID

from cryptography.fernet import InvalidToken
from sqlalchemy import select

from fieldsvc.bootstrap import Application, build
from fieldsvc.config import SettingsError, load_settings
from fieldsvc.demo.run import run_demo
from fieldsvc.demo.serving import DemoRefused
from fieldsvc.demo.source import DemoFilesMissing
from fieldsvc.domain.errors import DomainError
from fieldsvc.domain.roles import STAFF, Role
from fieldsvc.logs import configure_logs
from fieldsvc.models.technicians import Team
from fieldsvc.persistence.migrate import is_current, upgrade
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.doctor import examine
from fieldsvc.services.epochs import begin_epoch
from fieldsvc.services.evidence import Verdict, verify_evidence, write_anchor
from fieldsvc.services.keys import rotate_keys
from fieldsvc.services.photos import blob_faults
from fieldsvc.services.users import create_user, find_user, set_password
from fieldsvc.stopping import Stopping
from fieldsvc.worker import WorkerPorts, work

DIRECTORY = Path("var")
_NO_KEY = "FIELDSVC_ENCRYPTION_KEYS don't open what this database holds; add the key that wrapped it."


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 = done, 1 = something is wrong, 2 = not understood."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.command == "demo":
            configure_logs(is_quiet=True)
            return run_demo(DIRECTORY, port=chosen.port, time_limit_s=chosen.time_limit, serves=not chosen.no_serve)
        if chosen.command == "serve":
            return _serve(chosen.extra)
        application = build(load_settings(os.environ, DIRECTORY))
        try:
            return int(_COMMANDS[chosen.command](application, chosen))
        finally:
            application.database.dispose()
    except (SettingsError, DemoFilesMissing) as error:
        return _complain(str(error), 2)
    except DemoRefused as error:
        return _complain(str(error), 1)
    except DomainError as error:
        faults = "".join(f"\n  - {fault.message}" for fault in error.faults)
        return _complain(f"{error.detail}{faults}", 1)
    except (OSError, InvalidToken) as error:
        return _complain(_NO_KEY if isinstance(error, InvalidToken) else f"A file can't be read or written: {error}", 1)
    except KeyboardInterrupt:
        return _complain("Stopped.", 130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fieldsvc", description="Operate a field-service system.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="load a real city day, plan it, print the plan, and serve it")
    demo.add_argument("--port", type=_whole(1, 65_535), default=8080, help="where to listen (default 8080)")
    demo.add_argument("--time-limit", type=_whole(1, 600), default=8, help="seconds to plan (default 8)")
    demo.add_argument("--no-serve", action="store_true", help="end after printing")
    serve = commands.add_parser("serve", help="serve the API with the embedded server (or: gunicorn api.wsgi)")
    serve.add_argument("extra", nargs=argparse.REMAINDER, help="passed on: --host, --port")
    commands.add_parser("worker", help="solve queued optimization runs until stopped")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    commands.add_parser("restored", help="say that the database was restored from a backup: phones tell again")
    audit = commands.add_parser("audit", help="look through the evidence, or anchor it")
    audit.add_argument("verb", choices=("verify", "anchor"))
    commands.add_parser("doctor", help="check every invariant the system knows on the database")
    keys = commands.add_parser("keys", help="look after the keys of customers' data")
    keys.add_argument("verb", choices=("rotate",))
    user = commands.add_parser("user", help="make users and set passwords")
    verbs = user.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="make a user; the password is asked for, or read from standard input")
    add.add_argument("login")
    add.add_argument("--role", choices=sorted(role.value for role in STAFF), required=True)
    add.add_argument("--team", required=True, help="the team's name")
    add.add_argument("--name", help="how the user is called (default: the login)")
    add.add_argument("--technician", type=UUID, help="the technician's id, for the role technician")
    password = verbs.add_parser("password", help="give a user another password; ends all sessions")
    password.add_argument("login")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}")

    return parse


def _serve(extra: list[str]) -> int:
    """Become the server: this package knows no HTTP, so the process is handed over."""
    os.execv(sys.executable, [sys.executable, "-m", "api.serve", *extra])  # noqa: S606 -- our own module


def _worker(application: Application, _: argparse.Namespace) -> int:
    configure_logs()
    stopping = Stopping()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    if not is_current(application.database.engine):
        return _complain("The database is not at the newest schema; run `fieldsvc migrate` first.", 1)
    settings = application.settings
    ports = WorkerPorts(
        application.database,
        application.travel,
        settings.run_lease_s,
        settings.worker_poll_s,
        settings.processors,
        settings.tacit_acceptance_s,
        settings.dispatch_hour,
        application.anchors,
        settings.anchor_s,
        application.blobs,
        timedelta(days=settings.keep_answers_days),
    )
    work(ports, stopping)
    return 0


def _migrate(application: Application, _: argparse.Namespace) -> int:
    upgrade(application.database.engine)
    print("The database is at the newest schema.")
    return 0


def _restored(application: Application, _: argparse.Namespace) -> int:
    with application.database.unit_of_work(Context(source="cli")) as uow:
        begin_epoch(uow)
        uow.commit()
    write_anchor(application.database, application.anchors, is_restore=True)
    print("A new epoch has begun: phones push again what this database does not know.")
    return 0


def _audit(application: Application, chosen: argparse.Namespace) -> int:
    file = application.anchors
    if chosen.verb == "anchor":
        anchor = write_anchor(application.database, file)
        print("Nothing has changed since the last anchor." if anchor is None else f"Anchored up to entry {anchor.seq}.")
        return 0
    with application.database.read_only() as session:
        verdict = verify_evidence(session, file)
    faults = [*verdict.faults, *blob_faults(application.database, application.blobs)]
    for fault in faults:
        print(fault)
    print(_anchored(verdict))
    if verdict.given_up:
        print(f"{verdict.given_up} anchors of entries that are gone were given up when a backup was put in place.")
    print(f"Anchors are signed with the key {file.public_key}")
    print(f"{len(faults)} faults." if faults else "No faults: the evidence holds.")
    return 1 if faults else 0


def _anchored(verdict: Verdict) -> str:
    if verdict.anchor is None:
        return f"{verdict.entries} entries, none of them anchored."
    since = verdict.anchor.at.isoformat(timespec="seconds")
    later = f"{verdict.unanchored} came later, unanchored"
    return f"{verdict.entries} entries, anchored up to {verdict.anchor.seq} at {since}; {later}."


def _doctor(application: Application, _: argparse.Namespace) -> int:
    with application.database.read_only() as session:
        findings = examine(session, application.clock.now())
    for finding in findings:
        print(f"{finding.invariant}: {finding.sentence}")
    print(f"{len(findings)} findings." if findings else "No findings: every invariant checked holds.")
    return 1 if findings else 0


def _keys(application: Application, _: argparse.Namespace) -> int:
    rotated = rotate_keys(application.database)
    print(f"{rotated} data keys are wrapped with the first encryption key now; the others can go.")
    return 0


def _user(application: Application, chosen: argparse.Namespace) -> int:
    password = sys.stdin.readline().rstrip("\n") if not sys.stdin.isatty() else getpass("password: ")
    with application.database.unit_of_work(Context(source="cli")) as uow:
        if chosen.verb == "password":
            set_password(uow, application.passwords, find_user(uow.session, chosen.login).id, password)
        else:
            team = uow.session.scalars(select(Team).where(Team.name == chosen.team)).one_or_none()
            if team is None:
                known = ", ".join(uow.session.scalars(select(Team.name).order_by(Team.name))) or "none yet"
                return _complain(f"There is no team {chosen.team!r}; there are: {known}.", 1)
            create_user(
                uow,
                application.passwords,
                login=chosen.login,
                display_name=chosen.name or chosen.login,
                password=password,
                role=Role(chosen.role),
                team_id=team.id,
                technician_id=chosen.technician,
            )
        uow.commit()
    print(f"Done: {chosen.login}.")
    return 0


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return code


_COMMANDS = {
    "worker": _worker,
    "migrate": _migrate,
    "restored": _restored,
    "audit": _audit,
    "doctor": _doctor,
    "keys": _keys,
    "user": _user,
}
