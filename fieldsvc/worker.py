"""The worker: claims queued runs one after another, solves each in a child process, and stores what it found."""

import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.adapters.blobs import BlobStore
from fieldsvc.adapters.travel import TravelTimes
from fieldsvc.dispatching.proposal import Proposal
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.solving import Effort, Progress, SolveFailed, prepare_engine, solve_scope
from fieldsvc.domain.errors import DomainError
from fieldsvc.logs import trace_of
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.unit_of_work import Context, UnitOfWork
from fieldsvc.services.evidence import write_anchor
from fieldsvc.services.missing_parts import tell_of_missing_parts, visits_to_look_at
from fieldsvc.services.overdue import expire_part, overdue_parts
from fieldsvc.services.remote_solutions import expire_remote, overdue_remotes
from fieldsvc.services.retention import forget
from fieldsvc.services.run_claims import Claim, claim_run, fail_run, propose, renew_lease, sweep_runs
from fieldsvc.services.sending import dispatch_due, due_visits
from fieldsvc.services.sign_offs import expire_sign_off, overdue_reports
from fieldsvc.services.weekly_reviews import houses_to_review, review_house
from fieldsvc.stopping import Stopping

_log = structlog.get_logger(__name__)
_SWEEP_S = 60
_FORGET_S = 3600


@dataclass(frozen=True, slots=True)
class WorkerPorts:
    """What a worker needs. solve_workers: processors for each search. tell: called with the progress of a run.

    tacit_acceptance_s: after which an unanswered report counts as accepted. dispatch_hour: from which on the next
    working day's visits are sent out. anchors: where the evidence is anchored.
    blobs: where attachments lie. answers_kept: for how long the same key gets the same answer.
    """

    database: Database
    travel: TravelTimes
    lease_s: int
    poll_s: float
    solve_workers: int = 1
    tacit_acceptance_s: int = 7 * 86_400
    dispatch_hour: int = 18
    anchors: AnchorFile | None = None
    anchor_s: int = 600
    blobs: BlobStore | None = None
    answers_kept: timedelta = timedelta(days=60)
    tell: Callable[[Progress], None] = lambda _progress: None


def work(ports: WorkerPorts, stopping: Stopping) -> None:
    """Claim and solve until told to stop. A database that does not answer is asked again."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    if prepare_engine():
        _log.info("engine compiled")
    _log.info("worker started", owner=owner)
    next_sweep = next_anchor = next_forgetting = 0.0
    while not stopping.is_set():
        if time.monotonic() >= next_sweep:
            next_sweep = time.monotonic() + _SWEEP_S
            sweep_field(ports)
            send_due(ports)
            end_holds(ports)
            tell_of_parts(ports)
            review_warehouses(ports)
        if time.monotonic() >= next_anchor:
            next_anchor = time.monotonic() + ports.anchor_s
            anchor_evidence(ports)
        if time.monotonic() >= next_forgetting:
            next_forgetting = time.monotonic() + _FORGET_S
            forget_what_is_old(ports)
        try:
            worked = work_once(ports, owner, stopping)
        except (DomainError, OperationalError) as error:
            _log.warning("worker has to wait", error=type(error).__name__)
            worked = False
        if not worked:
            stopping.wait(ports.poll_s)
    _log.info("worker stopped", owner=owner)


def sweep_field(ports: WorkerPorts) -> int:
    """Accept what customers have not answered in time. Returns how many reports."""
    deadline = ports.database.clock.now() - timedelta(seconds=ports.tacit_acceptance_s)
    what = "reports accepted tacitly"
    visits = _sweep(
        ports,
        what,
        lambda session: overdue_reports(session, deadline),
        lambda uow, one: expire_sign_off(uow, one, deadline),
    )
    remotes = _sweep(
        ports,
        what,
        lambda session: overdue_remotes(session, deadline),
        lambda uow, one: expire_remote(uow, one, deadline),
    )
    return visits + remotes


def send_due(ports: WorkerPorts) -> int:
    """Send out the visits whose hour has come. Returns how many."""
    return _sweep(
        ports,
        "visits sent out",
        lambda session: due_visits(session, ports.database.clock.now(), ports.dispatch_hour),
        lambda uow, one: dispatch_due(uow, one, ports.dispatch_hour),
    )


def end_holds(ports: WorkerPorts) -> int:
    """End what is held of parts for longer than was said, and take expired lots out of use. Returns how many parts."""
    return _sweep(ports, "holds ended", lambda session: overdue_parts(session, ports.database.clock.now()), expire_part)


def tell_of_parts(ports: WorkerPorts) -> int:
    """Tell the desk of planned visits whose parts are missing, and end what it was told once they are there."""
    return _sweep(ports, "visits with missing parts told of", visits_to_look_at, tell_of_missing_parts)


def review_warehouses(ports: WorkerPorts) -> int:
    """Propose once a week what each warehouse should order. Returns how many were looked at."""
    return _sweep(
        ports,
        "warehouses reviewed",
        lambda session: houses_to_review(session, ports.database.clock.now()),
        review_house,
    )


def _sweep(
    ports: WorkerPorts,
    what: str,
    due: Callable[[OrmSession], Sequence[UUID]],
    settle: Callable[[UnitOfWork, UUID], bool],
) -> int:
    """Settle what is due, each in a transaction of its own; one that fails stops no other."""
    done = 0
    try:
        with ports.database.read_only() as session:
            found = due(session)
        for one in found:
            done += _settled(ports, one, settle)
    except OperationalError as error:
        _log.warning("sweep has to wait", of=what, error=type(error).__name__)
    if done:
        _log.info(what, count=done)
    return done


def forget_what_is_old(ports: WorkerPorts) -> bool:
    """Forget what is not kept for ever, and tell whether that could be done."""
    if ports.blobs is None:
        return False
    try:
        forgotten = forget(ports.database, ports.blobs, ports.answers_kept)
    except Exception as error:  # noqa: BLE001 -- what can't be forgotten now keeps no run from its turn
        _log.error("what is old could not be forgotten", **trace_of(error))
        return False
    if forgotten.total:
        _log.info("forgotten what is old", **asdict(forgotten))
    return True


def anchor_evidence(ports: WorkerPorts) -> bool:
    """Anchor what was added to the evidence, and tell whether it was; a disk that refuses stops nothing else."""
    if ports.anchors is None:
        return False
    try:
        anchor = write_anchor(ports.database, ports.anchors)
    except Exception as error:  # noqa: BLE001 -- an anchor that can't be written keeps no run from its turn
        _log.error("evidence could not be anchored", **trace_of(error))
        return False
    if anchor is not None:
        _log.info("evidence anchored", seq=anchor.seq)
    return anchor is not None


def _settled(ports: WorkerPorts, thing_id: UUID, settle: Callable[[UnitOfWork, UUID], bool]) -> bool:
    try:
        with ports.database.unit_of_work(Context(source="worker")) as uow:
            is_settled = settle(uow, thing_id)
            uow.commit()
    except Exception as error:  # noqa: BLE001 -- one thing that can't be settled keeps neither the others nor any run from its turn
        _log.error("what was due could not be done", of=str(thing_id), **trace_of(error))
        return False
    return is_settled


def work_once(ports: WorkerPorts, owner: str, stopping: Stopping | None = None) -> bool:
    """Sweep lost runs, then claim and solve one; False where there was none."""
    with ports.database.unit_of_work(Context(source="worker")) as uow:
        if sweep_runs(uow):
            uow.commit()
    with ports.database.unit_of_work(Context(source="worker")) as uow:
        claim = claim_run(uow, owner, ports.lease_s)
        if claim is None:
            return False
        uow.commit()
    log = _log.bind(run_id=str(claim.run_id), fencing_token=claim.fencing_token)
    log.info("run claimed")
    _solve(ports, claim, stopping or Stopping(), log)
    return True


def _solve(ports: WorkerPorts, claim: Claim, stopping: Stopping, log: structlog.stdlib.BoundLogger) -> None:
    request = claim.request
    scope = Scope(request.team_id, request.day, None if request.technicians is None else frozenset(request.technicians))
    effort = Effort(request.engine, request.time_limit_s, request.seed, ports.solve_workers)
    with _Heartbeat(ports, claim) as heartbeat:

        def tell(progress: Progress) -> None:
            heartbeat.progress = progress
            ports.tell(progress)

        def should_stop() -> bool:
            return heartbeat.is_lost or stopping.is_set()

        try:
            proposal = solve_scope(ports.database, scope, ports.travel, effort, tell, should_stop)
        except SolveFailed as error:
            log.warning("solve failed", code=error.code)
            _give_up(ports, claim, error)
            return
        except Exception as error:  # noqa: BLE001 -- a fault of ours fails this run, not the worker and every run after it
            log.error("run failed unexpectedly", **trace_of(error))
            _give_up(ports, claim, SolveFailed("The run failed for a reason nobody foresaw.", code="internal_error"))
            return
    _finish(ports, claim, proposal, log)


def _finish(ports: WorkerPorts, claim: Claim, proposal: Proposal, log: structlog.stdlib.BoundLogger) -> None:
    with ports.database.unit_of_work(Context(source="worker")) as uow:
        is_stored = propose(uow, claim, proposal)
        uow.commit()
    log.info("run proposed" if is_stored else "result came too late", unplanned=len(proposal.plan.unplanned))


def _give_up(ports: WorkerPorts, claim: Claim, error: SolveFailed) -> None:
    with ports.database.unit_of_work(Context(source="worker")) as uow:
        fail_run(uow, claim, error.code, error.detail)
        uow.commit()


class _Heartbeat:
    """Renews the lease beside the solve, with its progress; notices when the run is no longer ours."""

    def __init__(self, ports: WorkerPorts, claim: Claim) -> None:
        self.progress: Progress | None = None
        self.is_lost = False
        self._ports, self._claim = ports, claim
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> "_Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        """Beat at once and then several times a lease; a beat that fails is made up for by the next."""
        clock = self._ports.database.clock
        began = clock.now()
        wait_s = 0.0
        while not self._ended.wait(wait_s):
            wait_s = min(1.0, self._ports.lease_s / 4)
            found = self.progress
            progress = {
                "phase": "solving",
                "elapsed_s": round((clock.now() - began).total_seconds()),
                "time_limit_s": self._claim.request.time_limit_s,
                **({"cost_cents": found.cost_cents, "unplanned": found.unplanned} if found is not None else {}),
            }
            try:
                with self._ports.database.unit_of_work(Context(source="worker")) as uow:
                    if not renew_lease(uow, self._claim, self._ports.lease_s, progress):
                        self.is_lost = True
                        return
                    uow.commit()
            except OperationalError:
                _log.warning("heartbeat missed", run_id=str(self._claim.run_id))
