"""The report is kept byte for byte, and answered once."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from fieldsvc.domain.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TransitionRefused
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.models import CustomerLink, ServiceReport, SignOff, Ticket, Visit
from fieldsvc.services import sign_offs, tracking, visits
from fieldsvc.services.visit_views import get_report
from tests.fieldsvc.stage import REPORT, SIGNATURE, WAYS, Stage

SHA256 = hashlib.sha256(REPORT).hexdigest()

ANSWERS = {
    "sign": lambda uow, visit: sign_offs.sign_report(uow, visit, SHA256, SIGNATURE),
    "refuse": lambda uow, visit: sign_offs.refuse_report(uow, visit, SHA256, "not what was agreed"),
    "absent": lambda uow, visit: sign_offs.note_absence(uow, visit, SHA256),
}
STATES = {"sign": SignOffState.SIGNED, "refuse": SignOffState.REFUSED, "absent": SignOffState.ABSENT}


@pytest.fixture
def presented(stage: Stage) -> Stage:
    """Bring the visit to where its report is on the table."""
    stage.walk("accept", "depart", "check_in", "work", "diagnose", "solve", "verify", "present")
    return stage


def current(stage: Stage) -> SignOff:
    with stage.database.read_only() as session:
        found = sign_offs.sign_off_of(session, stage.cast.visit)
        assert found is not None
        return found


def answer(stage: Stage, name: str, login: str = "technician1") -> None:
    stage.act(stage.cast.actors[login], lambda uow: ANSWERS[name](uow, stage.cast.visit))


def test_the_bytes_are_kept_as_they_came(presented: Stage) -> None:
    with presented.database.read_only() as session:
        report = get_report(session, presented.cast.technician1, presented.cast.visit)
        assert (report.content, report.sha256, report.report_version) == (REPORT, SHA256, 1)
        raw = session.connection().exec_driver_sql("SELECT content FROM service_reports").scalar_one()
    assert b"done" not in bytes(raw)


def test_a_report_is_presented_on_site_only(stage: Stage) -> None:
    stage.bring_to("en_route")
    with pytest.raises(Conflict, match="presented on site"):
        stage.walk("present")


def test_the_same_report_again_is_the_same_presentation(presented: Stage) -> None:
    before, visit = current(presented), presented.row(Visit, presented.cast.visit).version
    presented.walk("present")
    again = current(presented)
    assert (again.id, again.version) == (before.id, before.version)
    presented.customer_actor()  # there is a link now
    by_link = sign_offs.Presentation(REPORT, "application/json", is_sent_by_link=True)
    presented.act(presented.cast.technician1, lambda uow: sign_offs.present_report(uow, presented.cast.visit, by_link))
    assert (current(presented).id, current(presented).is_sent_by_link) == (before.id, True)
    assert presented.row(Visit, presented.cast.visit).version > visit
    assert [one.kind for one in presented.events(before.id)] == ["report_presented", "report_sent_by_link"]
    as_text = sign_offs.Presentation(REPORT, "text/plain")
    presented.act(presented.cast.technician1, lambda uow: sign_offs.present_report(uow, presented.cast.visit, as_text))
    assert current(presented).id != before.id


def test_an_empty_report_is_refused(stage: Stage) -> None:
    stage.bring_to("working")
    empty = sign_offs.Presentation(b"", "text/plain")
    with pytest.raises(Invalid):
        stage.act(stage.cast.technician1, lambda uow: sign_offs.present_report(uow, stage.cast.visit, empty))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_moves_the_sign_off_with_one_event(presented: Stage, name: str) -> None:
    before = presented.row(Visit, presented.cast.visit).version
    answer(presented, name)
    sign_off = current(presented)
    assert sign_off.state is STATES[name]
    last = presented.events(sign_off.id)[-1]
    assert (last.from_state, last.to_state) == ("presented", STATES[name])
    assert presented.row(Visit, presented.cast.visit).version == before + 1


def test_a_signature_is_kept_and_kept_private(presented: Stage) -> None:
    answer(presented, "sign")
    sign_off = current(presented)
    assert (sign_off.signer_name, sign_off.method, sign_off.strokes) == ("Dora", "drawn", "[[[1,2,0],[3,4,16]]]")
    assert sign_off.signed_at is not None
    with presented.database.read_only() as session:
        raw = session.connection().exec_driver_sql("SELECT signer_name, strokes FROM sign_offs").one()
    assert "Dora" not in raw[0]
    assert "[[" not in raw[1]


@pytest.mark.parametrize("name", ANSWERS)
def test_no_answer_is_given_twice_or_to_another_report(presented: Stage, name: str) -> None:
    other = "f" * 64
    with pytest.raises(Conflict, match="Another version"):
        presented.act(presented.cast.technician1, lambda uow: sign_offs.note_absence(uow, presented.cast.visit, other))
    answer(presented, name)
    for again in ANSWERS:
        with pytest.raises(TransitionRefused):
            answer(presented, again)


@pytest.mark.parametrize(
    ("login", "refusal"),
    [
        ("agent", Forbidden),
        ("dispatcher", Forbidden),
        ("warehouse", Forbidden),
        ("admin", Forbidden),
        ("technician2", NotFound),
        ("outsider", Forbidden),
        ("supervisor", TransitionRefused),
    ],
)
def test_nobody_else_answers_for_the_customer(presented: Stage, login: str, refusal: type[DomainError]) -> None:
    for name in ANSWERS:
        with pytest.raises(refusal):
            answer(presented, name, login)
    assert current(presented).state is SignOffState.PRESENTED


def test_only_a_supervisor_waives(presented: Stage) -> None:
    def waive(uow):
        return sign_offs.waive_sign_off(uow, presented.cast.visit, SHA256, "goodwill")

    with pytest.raises(TransitionRefused):
        presented.act(presented.cast.technician1, waive)
    presented.act(presented.cast.supervisor, waive)
    assert current(presented).state is SignOffState.WAIVED


def test_of_two_answers_at_once_one_counts(presented: Stage) -> None:
    start = threading.Barrier(2)

    def give(name: str) -> bool:
        start.wait()
        try:
            answer(presented, name)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(give, ["sign", "refuse"])) == 1


def test_a_version_after_the_signature_is_marked_and_does_not_count(presented: Stage) -> None:
    answer(presented, "sign")
    later = sign_offs.Presentation(b"changed afterwards", "text/plain")
    presented.act(presented.cast.technician1, lambda uow: sign_offs.present_report(uow, presented.cast.visit, later))
    with presented.database.read_only() as session:
        versions = session.scalars(select(ServiceReport).order_by(ServiceReport.report_version)).all()
    assert [(one.report_version, one.is_after_signature) for one in versions] == [(1, False), (2, True)]
    assert (current(presented).state, current(presented).report_sha256) == (SignOffState.SIGNED, SHA256)


def test_a_report_by_link_needs_a_link(stage: Stage) -> None:
    stage.bring_to("working")
    by_link = sign_offs.Presentation(REPORT, "text/plain", is_sent_by_link=True)
    with pytest.raises(Conflict, match="no link"):
        stage.act(stage.cast.technician1, lambda uow: sign_offs.present_report(uow, stage.cast.visit, by_link))


def test_who_was_absent_may_still_confirm_and_that_closes_the_ticket(presented: Stage) -> None:
    customer = presented.customer_actor()
    answer(presented, "absent")
    presented.act(
        presented.cast.technician1,
        lambda uow: visits.complete_visit(uow, presented.cast.visit, states_no_parts=True),
    )
    assert presented.row(Ticket, presented.cast.ticket).state is TicketState.RESOLVED
    presented.act(customer, lambda uow: tracking.confirm_report(uow, SHA256, "王伟"))
    assert current(presented).state is SignOffState.CONFIRMED_REMOTE
    assert presented.row(Ticket, presented.cast.ticket).state is TicketState.CLOSED


def test_a_link_confirms_once_also_when_used_twice_at_once(presented: Stage) -> None:
    customer = presented.customer_actor()
    start = threading.Barrier(2)

    def confirm(_: int) -> bool:
        start.wait()
        try:
            presented.act(customer, lambda uow: tracking.confirm_report(uow, SHA256, None))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(confirm, range(2))) == 1


def test_a_link_opens_its_own_ticket_only(stage: Stage) -> None:
    customer = stage.customer_actor()
    stage.walk(*WAYS["working"], "present", visit_id=stage.cast.other_visit, actor=stage.cast.technician2)
    with pytest.raises(Conflict, match="no report"):
        stage.act(customer, lambda uow: tracking.confirm_report(uow, SHA256, None))


def test_the_token_is_not_kept_and_ends_in_time(stage: Stage) -> None:
    made = stage.act(stage.cast.agent, lambda uow: tracking.create_link(uow, stage.cast.ticket, 60))
    assert len(made.token) >= 43
    link = stage.row(CustomerLink, made.link.id)
    assert made.token not in (link.token_hash, str(link.id))
    with stage.database.read_only() as session:
        assert tracking.customer_by_link(session, made.token, link.created_at).link_id == link.id
        with pytest.raises(NotFound):
            tracking.customer_by_link(session, made.token, link.expires_at)
        with pytest.raises(NotFound):
            tracking.customer_by_link(session, made.token + "x", link.created_at)


def test_links_are_made_by_the_own_desk(stage: Stage) -> None:
    for login, refusal in (("technician1", Forbidden), ("warehouse", Forbidden), ("outsider", NotFound)):
        with pytest.raises(refusal):
            stage.act(stage.cast.actors[login], lambda uow: tracking.create_link(uow, stage.cast.ticket, 60))
