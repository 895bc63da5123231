"""A ticket is solved from the desk: told in a short report, confirmed, objected to or accepted with time."""

import base64
import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import text

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.bootstrap import Application
from fieldsvc.persistence.unit_of_work import Context
from fieldsvc.services.doctor import examine
from fieldsvc.services.evidence import verify_evidence
from fieldsvc.services.remote_solutions import expire_remote, overdue_remotes
from tests.api.conftest import Client, ClientFor
from tests.api.test_customer_pages import look, send
from tests.api.test_visit_story import API, get, post
from tests.fieldsvc.cast import Cast
from tests.fieldsvc.phone import Phone
from tests.fieldsvc.stage import Stage

SOLVED = {
    "symptom": "no_display",
    "cause": "settings",
    "action": "reconfigure",
    "solution": "亮度已调高 brightness was at zero",
    "resolution": "configured",
    "verification_passed": True,
}


@pytest.fixture
def ticket(client_for: ClientFor, cast: Cast) -> str:
    """Give the path of a ticket that is triaged, with a visit that was drafted."""
    agent = client_for("agent")
    report = {"channel": "phone", "customer_id": str(cast.customer), "subject": "dark", "description": "since noon"}
    made = post(agent, "/tickets", report, expect=201)
    triage = {"nature": "hardware", "urgency": "normal", "job_type_id": str(cast.job_type), "site_id": str(cast.site)}
    post(agent, f"/tickets/{made['id']}/triage", triage)
    return f"/tickets/{made['id']}"


@pytest.fixture
def track(client_for: ClientFor, ticket: str) -> str:
    return f"/track/{post(client_for('agent'), f'{ticket}/link', expect=201)['token']}"


def state_of(client: Client, ticket: str) -> str:
    return str(get(client, ticket)["state"])


def test_it_is_solved_told_and_confirmed(client_for: ClientFor, anonymous: Client, ticket: str, track: str) -> None:
    agent = client_for("agent")
    told = post(agent, f"{ticket}/resolution", SOLVED, expect=201)
    report = base64.b64decode(told["content_base64"]).decode()
    assert told["report_sha256"] == hashlib.sha256(report.encode()).hexdigest()
    for words in ("Problem: dark", "亮度已调高", "已设置 Configured", "通过 passed"):
        assert words in report
    assert state_of(agent, ticket) == "resolved"
    drafted = get(agent, f"/visits?ticket_id={ticket.rsplit('/', maxsplit=1)[-1]}")["items"]
    assert [visit["state"] for visit in drafted] == ["cancelled"]
    progress = get(anonymous, track)
    assert (progress["sign_off_state"], progress["options"]) == ("presented", ["confirm", "dispute"])
    read = get(anonymous, f"{track}/sign-off")
    assert base64.b64decode(read["content_base64"]).decode() == report
    post(anonymous, f"{track}/sign-off", {"report_sha256": "0" * 64}, expect=409)
    confirmed = post(anonymous, f"{track}/sign-off", {"report_sha256": read["sha256"], "signer_name": "王伟"})
    assert (confirmed["ticket_state"], confirmed["sign_off_state"]) == ("closed", "confirmed_remote")
    post(anonymous, f"{track}/sign-off", {"report_sha256": read["sha256"]}, expect=409)


def test_it_is_confirmed_on_the_page_which_prints_nothing(
    client_for: ClientFor, anonymous: Client, ticket: str, track: str
) -> None:
    post(client_for("agent"), f"{ticket}/resolution", SOLVED, expect=201)
    page = look(anonymous, track)
    assert "brightness was at zero" in page.text
    assert "The report as PDF" not in page.text
    done = send(anonymous, page, "confirmation", signer_name="王伟")
    assert done is not None
    assert "You have confirmed this report." in done.text


def test_who_objects_is_heard_and_may_be_right(
    client_for: ClientFor, anonymous: Client, ticket: str, track: str, application: Application
) -> None:
    agent = client_for("agent")
    sha256 = post(agent, f"{ticket}/resolution", SOLVED, expect=201)["report_sha256"]
    objected = post(anonymous, f"{track}/dispute", {"report_sha256": sha256, "objection": "still dark"})
    assert objected["sign_off_state"] == "disputed"
    (task,) = (one for one in get(agent, "/inbox")["items"] if one["kind"] == "report_disputed")
    assert task["visit_id"] is None
    post(client_for("technician1"), f"{ticket}/dispute", {"is_upheld": True, "reason": "x"}, expect=403)
    upheld = post(agent, f"{ticket}/dispute", {"is_upheld": True, "reason": "seen on video"})
    assert (upheld["state"], upheld["decision"]) == ("upheld", "seen on video")
    shown = get(agent, ticket)
    assert (shown["state"], shown["urgency"]) == ("triaged", "high")
    assert not [one for one in get(agent, "/inbox")["items"] if one["kind"] == "report_disputed"]
    again = post(agent, f"{ticket}/resolution", SOLVED | {"solution": "another cable"}, expect=201)
    assert get(anonymous, track)["report_sha256"] == again["report_sha256"]
    with application.database.read_only() as session:
        assert examine(session, application.clock.now()) == []


def test_who_is_at_the_site_all_the_same_opens_it_again(
    client_for: ClientFor, anonymous: Client, cast: Cast, application: Application
) -> None:
    """The desk has solved it and the visit is cancelled with it; the technician, out of reach, has been there."""
    agent, stage = client_for("agent"), Stage(application.database, cast)
    phone = Phone(stage, cast.technician1)
    track = f"/track/{post(agent, f'/tickets/{cast.ticket}/link', expect=201)['token']}"
    post(client_for("dispatcher"), f"/visits/{cast.visit}/postponement", {"reason": "technician"})
    sha256 = post(agent, f"/tickets/{cast.ticket}/resolution", SOLVED, expect=201)["report_sha256"]
    objected = post(anonymous, f"{track}/dispute", {"report_sha256": sha256, "objection": "still dark"})
    assert objected["ticket_state"] == "resolved"
    for step in ("check_in", "work", "diagnose", "verify", "present", "sign"):
        phone.note(step)
    assert set(phone.statuses()) == {"applied"}
    assert state_of(agent, f"/tickets/{cast.ticket}") == "in_progress"
    phone.note("complete")
    assert set(phone.statuses()) == {"applied"}
    assert state_of(agent, f"/tickets/{cast.ticket}") == "closed"
    decided = post(agent, f"/tickets/{cast.ticket}/dispute", {"is_upheld": False, "reason": "was seen to"})
    assert decided["state"] == "dismissed"
    with application.database.read_only() as session:
        assert examine(session, application.clock.now()) == []


def test_who_is_not_right_has_it_closed(client_for: ClientFor, anonymous: Client, ticket: str, track: str) -> None:
    agent = client_for("agent")
    sha256 = post(agent, f"{ticket}/resolution", SOLVED, expect=201)["report_sha256"]
    post(anonymous, f"{track}/dispute", {"report_sha256": sha256, "objection": "still dark"})
    post(agent, f"{ticket}/dispute", {"is_upheld": False, "reason": "it is bright"})
    assert state_of(agent, ticket) == "closed"
    post(agent, f"{ticket}/dispute", {"is_upheld": False, "reason": "it is bright"}, expect=409)


def test_with_time_it_counts_as_accepted_once(
    client_for: ClientFor, anonymous: Client, ticket: str, track: str, application: Application
) -> None:
    agent = client_for("agent")
    sha256 = post(agent, f"{ticket}/resolution", SOLVED, expect=201)["report_sha256"]
    later = application.clock.now() + timedelta(seconds=1)
    with application.database.read_only() as session:
        (remote,) = overdue_remotes(session, later)
        assert overdue_remotes(session, later - timedelta(days=1)) == []

    def expire() -> bool:
        with application.database.unit_of_work(Context(source="worker")) as uow:
            is_expired = expire_remote(uow, remote, later)
            uow.commit()
        return is_expired

    assert (expire(), expire()) == (True, False)
    assert state_of(agent, ticket) == "closed"
    objected = post(anonymous, f"{track}/dispute", {"report_sha256": sha256, "objection": "still dark"})
    assert objected["sign_off_state"] == "disputed"


def test_what_can_not_be_solved_from_the_desk(client_for: ClientFor, cast: Cast, ticket: str) -> None:
    agent = client_for("agent")
    post(agent, f"{ticket}/resolution", SOLVED, expect=409)  # the customer has no link to read it by
    post(agent, f"{ticket}/link", expect=201)
    failed = SOLVED | {"verification_passed": False}
    post(agent, f"{ticket}/resolution", failed, expect=422)
    post(agent, f"{ticket}/resolution", failed | {"verification_reason": "nobody at home"}, expect=201)
    post(agent, f"{ticket}/resolution", SOLVED, expect=409)  # it is resolved already
    post(agent, f"/tickets/{cast.ticket}/resolution", SOLVED, expect=409)  # somebody is planned
    post(client_for("admin"), f"/tickets/{cast.foreign_ticket}/resolution", SOLVED, expect=409)
    post(client_for("technician1"), f"/tickets/{cast.ticket}/resolution", SOLVED, expect=403)
    assert client_for("outsider").get(f"{API}{ticket}/resolution").status_code == 404


@pytest.mark.parametrize(
    "change",
    ["resolution = 'advised'", "report_sha256 = 'x'", "signer_name = NULL", "state = 'expired'", "content = 'x'"],
)
def test_who_changes_it_is_found(
    client_for: ClientFor, anonymous: Client, ticket: str, track: str, application: Application, tmp_path, change: str
) -> None:
    sha256 = post(client_for("agent"), f"{ticket}/resolution", SOLVED, expect=201)["report_sha256"]
    post(anonymous, f"{track}/sign-off", {"report_sha256": sha256, "signer_name": "王伟"})
    file = AnchorFile(tmp_path / "none.jsonl", "a secret key for tests, long enough")
    with application.database.read_only() as session:
        assert verify_evidence(session, file).faults == []
    with application.database.engine.begin() as connection:
        connection.execute(text(f"UPDATE remote_solutions SET {change}"))
    with application.database.read_only() as session:
        assert verify_evidence(session, file).faults != []
