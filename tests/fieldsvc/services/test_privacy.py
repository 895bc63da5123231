"""What is kept about a customer is handed over or erased, when two people say so, and the evidence holds."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.adapters.travel import read_travel
from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.dispatching.published import published_plan
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import take_snapshot
from fieldsvc.domain.actor import SYSTEM, Actor
from fieldsvc.domain.catalogue import CancelReason, Channel
from fieldsvc.domain.errors import Conflict, Erased, Forbidden, Invalid, NotFound, StaleVersion, TransitionRefused
from fieldsvc.domain.pages import PageRequest
from fieldsvc.domain.privacy_states import PrivacyKind, PrivacyState
from fieldsvc.domain.roles import STAFF, Role
from fieldsvc.models import Base, Customer, OptimizationRun, PrivacyRequest, ServiceReport, SignOff, Site, Ticket
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services import exports, privacy, sign_offs, tickets, tracking
from fieldsvc.services.doctor import examine
from fieldsvc.services.evidence import verify_evidence
from fieldsvc.services.run_claims import claim_run, propose
from fieldsvc.services.runs import RunRequest, get_run, request_run
from fieldsvc.services.ticket_cancellations import cancel_ticket
from fieldsvc.services.visit_returns import Cancellation
from fieldsvc.services.visit_views import get_report
from solver.engines.child import Status
from solver.insertion import first_come_plan
from solver.score import score
from solver.solve import Result
from tests.fieldsvc.cast_builder import Builder
from tests.fieldsvc.stage import REPORT, Stage

NOT_WANTED = Cancellation(CancelReason.CUSTOMER, timedelta(0))


@pytest.fixture
def other_admin(stage: Stage) -> Actor:
    """Give a second administrator: what one asks for, another approves."""
    with stage.database.unit_of_work() as uow:
        build = Builder.__new__(Builder)
        build.uow, build.day, build.password_hash, build.actors = uow, stage.cast.day, "!", {}
        build.user("admin2", Role.ADMIN, stage.cast.team)
        uow.commit()
    return build.actors["admin2"]


def ask(stage: Stage, kind: PrivacyKind, customer: UUID | None = None, actor: Actor | None = None) -> PrivacyRequest:
    wish = privacy.PrivacyWish(customer or stage.cast.customer, kind, "the customer wrote")
    return stage.act(actor or stage.cast.admin, lambda uow: privacy.request_privacy(uow, wish))


def approve(stage: Stage, request: PrivacyRequest, actor: Actor, version: int | None = None) -> PrivacyRequest:
    request = stage.act(actor, lambda uow: privacy.approve_privacy(uow, request.id, version))
    stage.database.scrub()
    return request


def end_everything(stage: Stage) -> None:
    """Complete the visit, and close or cancel every ticket of the customer."""
    stage.bring_to("completed")
    with stage.database.read_only() as session:
        of_customer = select(Ticket.id).where(Ticket.customer_id == stage.cast.customer)
        others = session.scalars(of_customer.where(Ticket.id != stage.cast.ticket)).all()
    for ticket_id in others:
        stage.act(stage.cast.dispatcher, lambda uow, it=ticket_id: cancel_ticket(uow, it, NOT_WANTED))


def export(stage: Stage, request: PrivacyRequest, later: timedelta = timedelta(0)) -> dict[str, object]:
    with stage.database.read_only() as session:
        return exports.export_customer(session, stage.cast.admin, request.id, stage.database.clock.now() + later)


def test_an_export_holds_everything_and_nobody_elses(stage: Stage, other_admin: Actor) -> None:
    end_everything(stage)
    request = ask(stage, PrivacyKind.EXPORT)
    with pytest.raises(Conflict, match="only an approved one"):
        export(stage, request)
    approve(stage, request, other_admin)
    document = export(stage, request)
    tables = document["tables"]
    assert isinstance(tables, dict)
    (customer,) = tables["customers"]
    assert (customer["name"], customer["email"]) == ("王伟", "c@example.org")
    assert tables["service_reports"][0]["content"] == REPORT.decode()
    assert tables["sign_offs"][0]["signer_name"] == "Dora"
    assert tables["diagnoses"][0]["note"] == "worn out"
    assert "phone_index" not in customer
    assert str(stage.cast.foreign_customer) not in str(document)
    assert "report_signed" in {event["kind"] for event in tables["events"]}
    with pytest.raises(Conflict, match="7 days"):
        export(stage, request, timedelta(days=8))


def test_who_asks_does_not_approve(stage: Stage, other_admin: Actor) -> None:
    request = ask(stage, PrivacyKind.EXPORT)
    with pytest.raises(Conflict, match="Another person"):
        approve(stage, request, stage.cast.admin)
    assert approve(stage, request, other_admin).decided_by == other_admin.user_id
    with pytest.raises(TransitionRefused, match="The privacy request is approved"):
        approve(stage, request, other_admin)
    with pytest.raises(TransitionRefused, match="is approved"):
        stage.act(stage.cast.admin, lambda uow: privacy.withdraw_privacy(uow, request.id))


@pytest.mark.parametrize("role", sorted(STAFF - {Role.ADMIN}))
def test_it_is_for_administrators_alone(stage: Stage, role: Role) -> None:
    request = ask(stage, PrivacyKind.EXPORT)
    actor = replace(stage.cast.supervisor, role=role)
    for refused in (
        lambda: ask(stage, PrivacyKind.EXPORT, actor=actor),
        lambda: approve(stage, request, actor),
        lambda: stage.act(actor, lambda uow: privacy.withdraw_privacy(uow, request.id)),
    ):
        with pytest.raises(Forbidden):
            refused()
    with stage.database.read_only() as session, pytest.raises(Forbidden):
        privacy.list_privacy_requests(session, actor, PageRequest(limit=5))


def test_the_same_is_asked_for_once_at_a_time(stage: Stage) -> None:
    first = ask(stage, PrivacyKind.EXPORT)
    with pytest.raises(Conflict, match="asked for already"):
        ask(stage, PrivacyKind.EXPORT)
    ask(stage, PrivacyKind.ERASURE)
    stage.act(stage.cast.admin, lambda uow: privacy.withdraw_privacy(uow, first.id, first.version))
    second = ask(stage, PrivacyKind.EXPORT)
    with stage.database.read_only() as session:
        page = privacy.list_privacy_requests(
            session, stage.cast.admin, PageRequest(limit=5), state=PrivacyState.REQUESTED
        )
        assert page.items[0].id == second.id
        assert len(page.items) == 2
        with pytest.raises(NotFound):
            privacy.get_privacy_request(session, stage.cast.admin, uuid4())
    with pytest.raises(Invalid):
        ask(stage, PrivacyKind.EXPORT, uuid4())


def test_an_erasure_waits_for_what_is_open(stage: Stage, other_admin: Actor) -> None:
    request = ask(stage, PrivacyKind.ERASURE)
    with pytest.raises(Conflict, match="Close or cancel first: T") as refused:
        approve(stage, request, other_admin)
    assert refused.value.code == "customer_has_open_tickets"
    end_everything(stage)
    stage.walk("dispute")
    with pytest.raises(Conflict, match="objections") as refused:
        approve(stage, request, other_admin)
    assert refused.value.code == "customer_has_open_disputes"
    with pytest.raises(StaleVersion):
        approve(stage, request, other_admin, version=7)


def test_after_an_erasure_nothing_is_readable_and_the_evidence_holds(
    stage: Stage, other_admin: Actor, tmp_path: Path
) -> None:
    customer = stage.customer_actor()
    end_everything(stage)
    fetched = ask(stage, PrivacyKind.EXPORT)
    approve(stage, fetched, other_admin)
    approve(stage, ask(stage, PrivacyKind.ERASURE), other_admin)
    with stage.database.read_only() as session:
        gone = session.get_one(Customer, stage.cast.customer)
        assert (gone.name, gone.phone, gone.email, gone.phone_index) == ("", "", "", None)
        assert gone.erased_at is not None
        site = session.get_one(Site, stage.cast.site)
        assert (site.address, site.latitude, site.longitude) == ("", -30.0, -51.0)
        assert set(session.scalars(select(ServiceReport.content))) == {b""}
        assert set(session.scalars(select(SignOff.signer_name))) == {""}
        assert session.get_one(Customer, stage.cast.foreign_customer).name == "Dora Reis"
        with pytest.raises(Erased):
            get_report(session, stage.cast.agent, stage.cast.visit)
        with pytest.raises(NotFound):
            tracking.customer_by_link(session, "whatever", stage.database.clock.now())
        assert examine(session, stage.database.clock.now()) == []
        assert verify_evidence(session, AnchorFile(tmp_path / "a.jsonl", "a secret key, long enough")).faults == []
    with pytest.raises(Erased):
        export(stage, fetched)
    for kind in PrivacyKind:
        with pytest.raises(Conflict, match="was erased"):
            ask(stage, kind)
    report = tickets.Report(Channel.PHONE, stage.cast.customer, "again", "")
    with pytest.raises(Invalid) as refused:
        stage.act(stage.cast.agent, lambda uow: tickets.report_ticket(uow, report))
    assert refused.value.faults[0].code == "customer_erased"
    assert customer.link_id is not None


def test_a_link_that_was_looked_up_before_the_erasure_does_nothing_after_it(stage: Stage, other_admin: Actor) -> None:
    customer = stage.customer_actor()
    end_everything(stage)
    approve(stage, ask(stage, PrivacyKind.ERASURE), other_admin)
    shown, month = hashlib.sha256(REPORT).hexdigest(), timedelta(days=30)
    late: list[Callable[[UnitOfWork], object]] = [
        lambda uow: tracking.dispute_report(uow, shown, "it drips again", month),
        lambda uow: tracking.rate_visit(uow, 1, "bad"),
        lambda uow: tracking.confirm_report(uow, shown, None),
        lambda uow: tracking.cancel_by_link(uow, month),
        lambda uow: tracking.postpone_by_link(uow, []),
    ]
    for one in late:
        with pytest.raises(NotFound, match="does not open"):
            stage.act(customer, one)
    with pytest.raises(Erased):
        stage.act(stage.cast.agent, lambda uow: tracking.create_link(uow, stage.cast.ticket, 60))


def test_a_run_that_was_at_work_while_its_customer_was_erased_proposes_nothing(
    stage: Stage, other_admin: Actor
) -> None:
    wanted = RunRequest(stage.cast.team, stage.cast.day, time_limit_s=1)
    stage.act(stage.cast.dispatcher, lambda uow: request_run(uow, wanted, max_solve_s=9))
    claim = stage.act(SYSTEM, lambda uow: claim_run(uow, "worker", 60))
    assert claim is not None
    proposal = read_day(stage)
    end_everything(stage)
    approve(stage, ask(stage, PrivacyKind.ERASURE), other_admin)
    assert stage.act(SYSTEM, lambda uow: propose(uow, claim, proposal)) is False
    run = stage.row(OptimizationRun, claim.run_id)
    assert (run.state, (run.error or {})["code"], run.snapshot_hash) == ("failed", "customer_erased", None)


def test_a_run_tells_of_whoever_was_visited_that_day(stage: Stage, other_admin: Actor) -> None:
    """The way of a technician goes on from the site of the visit that ended last: it is no visit of the run."""
    end_everything(stage)
    wanted = RunRequest(stage.cast.team, stage.cast.day, time_limit_s=1)
    stage.act(stage.cast.dispatcher, lambda uow: request_run(uow, wanted, max_solve_s=9))
    claim = stage.act(SYSTEM, lambda uow: claim_run(uow, "worker", 60))
    assert claim is not None
    proposal = read_day(stage)
    assert stage.cast.visit not in proposal.snapshot.visits.values()
    assert stage.act(SYSTEM, lambda uow: propose(uow, claim, proposal))
    approve(stage, ask(stage, PrivacyKind.ERASURE), other_admin)
    with stage.database.read_only() as session:
        assert session.scalars(select(OptimizationRun.snapshot)).one() == b""
        with pytest.raises(Erased):
            get_run(session, stage.cast.dispatcher, claim.run_id, with_result=True)


def read_day(stage: Stage) -> Proposal:
    """Return what a worker would propose for the cast's day, without a search."""
    with stage.database.read_only() as session:
        scope = Scope(stage.cast.team, stage.cast.day, None)
        snapshot = take_snapshot(session, scope, read_travel(""), stage.database.clock.now())
        published = published_plan(session, snapshot)
    plan = first_come_plan(snapshot.problem)
    result = Result(Status.COMPLETE, plan, score(snapshot.problem, plan), None, 0.1, 1, "test", ((0.1, 1),))
    return Proposal(snapshot, plan, proposal_of(snapshot, result, published))


def test_of_two_who_approve_at_once_one_erases(stage: Stage, other_admin: Actor) -> None:
    end_everything(stage)
    request = ask(stage, PrivacyKind.ERASURE)
    together = threading.Barrier(4)

    def try_it(_: int) -> str:
        together.wait()
        try:
            approve(stage, request, other_admin)
        except Conflict as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(try_it, range(4)))
    assert outcomes.count("done") == 1, outcomes
    erased = [event for event in stage.events(stage.cast.customer) if event.kind == "personal_data_erased"]
    assert len(erased) == 1


def test_a_ticket_and_an_erasure_at_once_exclude_each_other(stage: Stage, other_admin: Actor) -> None:
    end_everything(stage)
    request = ask(stage, PrivacyKind.ERASURE)
    together = threading.Barrier(2)
    report = tickets.Report(Channel.PHONE, stage.cast.customer, "a new report", "it drips")

    def erase() -> bool:
        together.wait()
        try:
            approve(stage, request, other_admin)
        except Conflict:
            return False
        return True

    def take_down() -> UUID | None:
        together.wait()
        try:
            return stage.act(stage.cast.agent, lambda uow: tickets.report_ticket(uow, report)).id
        except Invalid:
            return None

    with ThreadPoolExecutor(2) as pool:
        erasing, taking = pool.submit(erase), pool.submit(take_down)
        is_erased, ticket_id = erasing.result(), taking.result()
    assert is_erased == (ticket_id is None)
    if ticket_id is not None:
        assert stage.row(Ticket, ticket_id).subject == "a new report"


def test_what_a_late_phone_says_of_an_erased_customer_is_taken_and_unreadable(stage: Stage, other_admin: Actor) -> None:
    end_everything(stage)
    approve(stage, ask(stage, PrivacyKind.ERASURE), other_admin)
    with stage.database.unit_of_work() as uow:
        sign_off = sign_offs.sign_off_of(uow.session, stage.cast.visit)
        assert sign_off is not None
        sign_off.objection = "the neighbours heard it"
        uow.commit()
    assert stage.row(SignOff, sign_off.id).objection == ""


def test_every_table_about_a_customer_is_in_an_export(stage: Stage, other_admin: Actor) -> None:
    request = ask(stage, PrivacyKind.EXPORT)
    approve(stage, request, other_admin)
    tables = export(stage, request)["tables"]
    assert isinstance(tables, dict)
    hang_below = {
        table.name
        for table in Base.metadata.sorted_tables
        if {"customer_id"} & {column.name for column in table.columns}
    }
    assert hang_below - {"privacy_requests", "run_customers"} <= tables.keys()
