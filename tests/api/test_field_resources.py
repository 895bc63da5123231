"""What every resource of the field has to keep, one by one: scope, strictness, versions, keys."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from fieldsvc.bootstrap import Application
from fieldsvc.domain.catalogue import Channel, Nature
from fieldsvc.domain.urgency import Urgency
from fieldsvc.models import (
    Consumption,
    CustomerLink,
    Decline,
    Diagnosis,
    Event,
    ServiceReport,
    Task,
    Ticket,
)
from fieldsvc.services import tasks, tickets
from tests.fieldsvc.cast import Cast
from tests.fieldsvc.stage import REPORT, WAYS, Stage

# What the two databases do differently is tested below HTTP.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

API = "/api/v1"
SHA256 = hashlib.sha256(REPORT).hexdigest()


@dataclass(frozen=True)
class ActionCase:
    """One POST: where, with what body, by whom, and the steps that have to be taken before."""

    path: str
    body: Callable[[Cast], dict[str, Any]] = lambda _: {}
    way: tuple[str, ...] = ()
    login: str = "technician1"
    forbidden: tuple[str, ...] = ("agent", "warehouse", "admin")
    hidden: tuple[str, ...] = ("technician2", "outsider", "foreign_technician")


_ON_SITE = WAYS["on_site"]
_WORKING = WAYS["working"]
_DESK = {"login": "agent", "forbidden": ("technician1", "warehouse"), "hidden": ("outsider",)}
_INBOX = {"login": "agent", "forbidden": ("technician1",), "hidden": ("outsider", "warehouse")}
_OFFICE = {
    "login": "dispatcher",
    "forbidden": ("technician1", "agent", "warehouse", "admin"),
    "hidden": ("outsider",),
}
_SIGN = {"forbidden": ("agent", "dispatcher", "warehouse", "admin", "outsider"), "hidden": ("technician2",)}

VISIT = "/visits/{visit}"
ACTIONS = {
    "triage": ActionCase(
        "/tickets/{new_ticket}/triage",
        lambda cast: {"nature": "power", "urgency": "low", "job_type_id": str(cast.job_type)},
        **_DESK,
    ),
    "link": ActionCase("/tickets/{ticket}/link", **_DESK),
    "acceptance": ActionCase(f"{VISIT}/acceptance"),
    "declination": ActionCase(f"{VISIT}/declination", lambda _: {"reason": "too_far"}),
    "departure": ActionCase(f"{VISIT}/departure", way=WAYS["accepted"]),
    "check-in": ActionCase(f"{VISIT}/check-in", way=WAYS["en_route"]),
    "work": ActionCase(f"{VISIT}/work", way=_ON_SITE),
    "pause": ActionCase(f"{VISIT}/pause", way=_WORKING),
    "diagnosis": ActionCase(
        f"{VISIT}/diagnosis", lambda _: {"symptom": "leak", "cause": "seal", "action": "tighten"}, way=_ON_SITE
    ),
    "solution": ActionCase(f"{VISIT}/solution", lambda _: {"solution": "tightened"}, way=_ON_SITE),
    "verification": ActionCase(f"{VISIT}/verification", lambda _: {"passed": True}, way=_ON_SITE),
    "consumptions": ActionCase(f"{VISIT}/consumptions", lambda cast: {"part_id": str(cast.part)}, way=_ON_SITE),
    "report": ActionCase(f"{VISIT}/report", lambda _: {"content": "all is well"}, way=_ON_SITE, **_SIGN),
    "sign-off": ActionCase(
        f"{VISIT}/sign-off",
        lambda _: {"outcome": "absent", "report_sha256": SHA256},
        way=(*_ON_SITE, "present"),
        **_SIGN,
    ),
    "completion": ActionCase(f"{VISIT}/completion", lambda _: {"states_no_parts": True}, way=WAYS["completed"][:-1]),
    "dispute": ActionCase(
        f"{VISIT}/dispute",
        lambda _: {"is_upheld": True, "reason": "seen"},
        way=(*WAYS["completed"], "dispute"),
        login="agent",
        forbidden=("technician1", "warehouse", "admin"),
        hidden=("outsider",),
    ),
    "turning-back": ActionCase(f"{VISIT}/turning-back", lambda _: {"reason": "sick"}, way=WAYS["en_route"]),
    "postponement": ActionCase(f"{VISIT}/postponement", lambda _: {"reason": "customer"}, **_OFFICE),
    "cancellation": ActionCase(f"{VISIT}/cancellation", lambda _: {"reason": "duplicate"}, **_OFFICE),
    "visits": ActionCase("/tickets/{triaged_ticket}/visits", lambda cast: {"job_type_id": str(cast.job_type)}, **_DESK),
    "tasks": ActionCase("/tickets/{ticket}/tasks", lambda _: {"note": "call the customer"}, **_DESK),
    "task-completion": ActionCase("/inbox/{task}/completion", lambda _: {"outcome": "called"}, **_INBOX),
    "ticket-cancellation": ActionCase(
        "/tickets/{ticket}/cancellation", lambda _: {"reason": "solved_otherwise"}, **_DESK
    ),
    "incompletion": ActionCase(f"{VISIT}/incompletion", lambda _: {"reason": "no_access"}, way=_ON_SITE),
}
# Kinds of rows, of which none or one may be added by an action that is repeated.
COUNTED = (Consumption, CustomerLink, Decline, Diagnosis, ServiceReport, Task, Ticket)


@pytest.fixture
def stage(application: Application, cast: Cast) -> Stage:
    return Stage(application.database, cast)


@pytest.fixture(params=ACTIONS)
def case(request: pytest.FixtureRequest) -> ActionCase:
    return ACTIONS[request.param]


def address(stage: Stage, case: ActionCase) -> str:
    """Return where the action is, with everything done that comes before it."""
    stage.walk(*case.way)
    names = {"visit": stage.cast.visit, "ticket": stage.cast.ticket, "new_ticket": "", "triaged_ticket": "", "task": ""}
    if "new_ticket" in case.path:
        names["new_ticket"] = new_ticket(stage)
    if "task}" in case.path:
        names["task"] = new_task(stage)
    if "triaged_ticket" in case.path:
        names["triaged_ticket"] = triaged_ticket(stage)
    return API + case.path.format(**names)


def new_ticket(stage: Stage) -> str:
    report = tickets.Report(Channel.PHONE, stage.cast.customer, "no light", "at all", site_id=stage.cast.site)
    return str(stage.act(stage.cast.agent, lambda uow: tickets.report_ticket(uow, report)).id)


def new_task(stage: Stage) -> str:
    asked = tasks.TaskRequest("call the customer")
    return str(stage.act(stage.cast.agent, lambda uow: tasks.request_task(uow, stage.cast.ticket, asked)).id)


def triaged_ticket(stage: Stage) -> str:
    ticket_id, cast = UUID(new_ticket(stage)), stage.cast
    triage = tickets.Triage(Nature.POWER, Urgency.LOW, cast.job_type)
    stage.act(cast.agent, lambda uow: tickets.triage_ticket(uow, ticket_id, triage))
    return str(ticket_id)


def send(client: Any, path: str, body: Any, **headers: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": uuid4().hex} | headers)


def counts(stage: Stage) -> list[int]:
    with stage.database.read_only() as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in (*COUNTED, Event)]


def test_an_action_is_hidden_or_forbidden_to_others(stage: Stage, client_for, case: ActionCase) -> None:
    path, body = address(stage, case), case.body(stage.cast)
    before = counts(stage)
    for logins, status in ((case.forbidden, 403), (case.hidden, 404)):
        for login in logins:
            answer = send(client_for(login), path, body)
            assert answer.status_code == status, (login, answer.json)
    assert counts(stage)[:-1] == before[:-1]


def test_an_unknown_field_is_named(stage: Stage, client_for, case: ActionCase) -> None:
    path, body = address(stage, case), case.body(stage.cast)
    answer = send(client_for(case.login), path, {**body, "surprise": 1})
    assert answer.status_code == 422
    assert [(fault["code"], fault["pointer"]) for fault in answer.json["errors"]] == [("unknown_field", "/surprise")]


@pytest.mark.parametrize("case", [case for name, case in ACTIONS.items() if name != "link"])  # which changes nothing
def test_a_stale_version_is_refused_and_the_right_one_taken(stage: Stage, client_for, case: ActionCase) -> None:
    path, body = address(stage, case), case.body(stage.cast)
    client = client_for(case.login)
    owner = path.rsplit("/", 1)[0]
    etag = client.get(owner).headers["ETag"]
    stale = f'"{int(etag.strip(chr(34)).partition(".")[0]) + 1}"'
    assert send(client, path, body, **{"If-Match": stale}).status_code == 412
    done = send(client, path, body, **{"If-Match": etag})
    assert done.status_code in (200, 201)
    assert done.headers["ETag"] not in (etag, "")


@pytest.mark.parametrize("case", [case for name, case in ACTIONS.items() if name != "link"])  # which ignores keys
def test_a_repeated_key_has_one_effect_and_one_answer(stage: Stage, client_for, case: ActionCase) -> None:
    path, body = address(stage, case), case.body(stage.cast)
    client, key = client_for(case.login), {"Idempotency-Key": "k1"}
    first = send(client, path, body, **key)
    assert first.status_code in (200, 201), first.json
    after = counts(stage)
    for _ in range(3):
        again = send(client, path, body, **key)
        assert (again.status_code, again.json, again.headers.get("ETag")) == (
            first.status_code,
            first.json,
            first.headers.get("ETag"),
        )
        assert again.headers["Idempotency-Replayed"] == "true"
    assert counts(stage) == after


@pytest.mark.parametrize("name", ["consumptions", "sign-off"])
def test_what_costs_needs_a_key(stage: Stage, client_for, name: str) -> None:
    case = ACTIONS[name]
    path = address(stage, case)
    answer = client_for(case.login).post(path, json=case.body(stage.cast))
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "missing_idempotency_key")


def report_body(cast: Cast) -> dict[str, Any]:
    return {"channel": "web", "customer_id": str(cast.customer), "subject": "cold", "description": "very"}


def test_a_report_repeated_under_its_key_is_one_ticket(stage: Stage, client_for) -> None:
    agent, body, before = client_for("agent"), report_body(stage.cast), counts(stage)
    answers = [send(agent, f"{API}/tickets", body, **{"Idempotency-Key": "k"}) for _ in range(3)]
    assert {answer.json["id"] for answer in answers} == {answers[0].json["id"]}
    after = counts(stage)
    assert after[COUNTED.index(Ticket)] == before[COUNTED.index(Ticket)] + 1
    assert agent.post(f"{API}/tickets", json=body).status_code == 422
    other = send(agent, f"{API}/tickets", {**body, "subject": "warm"}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")


def test_a_report_is_strict_and_for_the_desk(stage: Stage, client_for) -> None:
    body = report_body(stage.cast)
    answer = send(client_for("agent"), f"{API}/tickets", {**body, "state": "closed", "channel": "smoke"})
    assert {fault["pointer"] for fault in answer.json["errors"]} == {"/state", "/channel"}
    for login in ("technician1", "warehouse"):
        assert send(client_for(login), f"{API}/tickets", body).status_code == 403
    foreign = {**body, "customer_id": str(stage.cast.foreign_customer)}
    answer = send(client_for("agent"), f"{API}/tickets", foreign)
    assert [fault["code"] for fault in answer.json["errors"]] == ["unknown_customer"]


READS = {
    "visit": ("/visits/{visit}", ("technician2", "outsider"), ("warehouse",)),
    "report": ("/visits/{visit}/report", ("technician2", "outsider"), ("warehouse",)),
    "ticket": ("/tickets/{ticket}", ("technician2", "outsider"), ("warehouse",)),
    "technician": ("/technicians/{technician}", ("technician2", "outsider"), ("warehouse",)),
    "shifts": ("/technicians/{technician}/shifts", ("technician2", "outsider"), ("warehouse",)),
}


@pytest.mark.parametrize("name", READS)
def test_a_thing_of_others_does_not_exist(stage: Stage, client_for, name: str) -> None:
    template, hidden, forbidden = READS[name]
    stage.walk(*_ON_SITE, "present")
    technician = stage.cast.technician1.technician_id
    path = API + template.format(visit=stage.cast.visit, ticket=stage.cast.ticket, technician=technician)
    assert client_for("technician1").get(path).status_code == 200
    for login in hidden:
        answer = client_for(login).get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "not_found"), login
    for login in forbidden:
        assert client_for(login).get(path).status_code == 403, login
    nobodys = API + template.format(visit=uuid4(), ticket=uuid4(), technician=uuid4())
    assert client_for("technician1").get(nobodys).status_code == 404


@pytest.mark.parametrize("path", ["/visits/{visit}", "/tickets/{ticket}", "/technicians/{technician}"])
def test_a_thing_has_its_version_as_etag(stage: Stage, client_for, path: str) -> None:
    technician = stage.cast.technician1.technician_id
    client = client_for("technician1")
    address = API + path.format(visit=stage.cast.visit, ticket=stage.cast.ticket, technician=technician)
    answer = client.get(address)
    assert answer.headers["ETag"].startswith(f'"{answer.json["version"]}.')
    assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


LISTS = {
    "/tickets": ("agent", 3),
    "/visits": ("dispatcher", 3),
    "/technicians": ("dispatcher", 2),
    "/stock": ("dispatcher", 4),
}


@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_pages_and_refuses_unknown_filters(client_for, path: str) -> None:
    login, expected = LISTS[path]
    client = client_for(login)
    seen, address = [], f"{API}{path}?limit=1"
    while address:
        page = client.get(address)
        assert page.status_code == 200, page.json
        seen += [item["id"] for item in page.json["items"]]
        link = page.headers.get("Link")
        address = link[1 : link.index(">")] if link else None
    assert len(set(seen)) == len(seen) == expected
    refused = client.get(f"{API}{path}?surprise=1")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/query/surprise")


def test_routes_and_plans_are_of_those_who_ask(stage: Stage, client_for) -> None:
    day = stage.cast.day
    theirs = client_for("technician2").get(f"{API}/my/route?date={day}").json
    assert [stop["visit"]["number"] for stop in theirs["visits"]] == ["V3"]
    assert client_for("dispatcher").get(f"{API}/my/route?date={day}").status_code == 403
    assert client_for("technician1").get(f"{API}/plan?date={day}").status_code == 403
    plan = client_for("outsider").get(f"{API}/plan?date={day}").json
    assert [route["technician"] for route in plan["routes"]] == ["Carla Dias"]
    assert client_for("technician1").get(f"{API}/my/route?technician={uuid4()}").status_code == 422
    assert client_for("technician1").get(f"{API}/my/route?date=tomorrow").status_code == 422
    assert client_for("technician1").get(f"{API}/my/route").json["day"] == str(day)


def test_where_people_live_is_not_sent(stage: Stage, client_for) -> None:
    technician = client_for("dispatcher").get(f"{API}/technicians/{stage.cast.technician1.technician_id}")
    assert "-30.05" not in technician.text
    assert not [name for name in technician.json if name.startswith("home")]


@pytest.mark.parametrize("path", ["/plan?date={day}", "/visits", "/tickets", "/technicians"])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(stage: Stage, client_for, path: str) -> None:
    def queries(login: str) -> int:
        client, statements = client_for(login), []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            statements.append(statement)

        sqlalchemy_event.listen(stage.database.engine, "before_cursor_execute", note)
        assert client.get(API + path.format(day=stage.cast.day)).status_code == 200
        sqlalchemy_event.remove(stage.database.engine, "before_cursor_execute", note)
        return len(statements)

    assert queries("supervisor") == queries("dispatcher") > 0  # the supervisor sees the other team's too


def test_a_report_is_text_or_base64_but_not_both(stage: Stage, client_for) -> None:
    stage.walk(*_ON_SITE)
    path, client = f"{API}/visits/{stage.cast.visit}/report", client_for("technician1")
    for body, pointer in (
        ({}, "/content"),
        ({"content": "x", "content_base64": "eA=="}, "/content"),
        ({"content_base64": "no base64"}, "/content_base64"),
    ):
        answer = send(client, path, body)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    stored = send(client, path, {"content_base64": "AP8="}).json
    assert stored["report"]["sha256"] == hashlib.sha256(b"\x00\xff").hexdigest()


@pytest.mark.parametrize(("outcome", "field"), [("signed", "signer_name"), ("refused", "reason"), ("waived", "reason")])
def test_an_answer_says_what_it_needs(stage: Stage, client_for, outcome: str, field: str) -> None:
    stage.walk(*_ON_SITE, "present")
    body = {"outcome": outcome, "report_sha256": SHA256}
    answer = send(client_for("technician1"), f"{API}/visits/{stage.cast.visit}/sign-off", body)
    assert [fault["pointer"] for fault in answer.json["errors"]] == [f"/{field}"]


def test_a_completion_that_lacks_everything_says_so_at_once(stage: Stage, client_for) -> None:
    stage.walk(*_WORKING)
    answer = send(client_for("technician1"), f"{API}/visits/{stage.cast.visit}/completion", {})
    assert (answer.status_code, answer.json["code"]) == (422, "record_incomplete")
    assert {fault["pointer"] for fault in answer.json["errors"]} == {
        "/diagnosis",
        "/verification",
        "/parts",
        "/sign_off",
    }


def test_a_dispatcher_acts_on_behalf_and_says_so(stage: Stage, client_for) -> None:
    client, path = client_for("dispatcher"), f"{API}/visits/{stage.cast.visit}/acceptance"
    refused = send(client, path, {})
    assert (refused.status_code, refused.json["code"]) == (409, "transition_not_for_role")
    assert send(client, path, {"on_behalf": True}).json["state"] == "accepted"


def test_what_has_not_happened_yet_is_refused(stage: Stage, client_for) -> None:
    path = f"{API}/visits/{stage.cast.visit}/acceptance"
    answer = send(client_for("technician1"), path, {"occurred_at": "2150-01-01T00:00:00Z"})
    assert [fault["pointer"] for fault in answer.json["errors"]] == ["/occurred_at"]


def test_following_a_link_changes_nothing(stage: Stage, client_for, anonymous) -> None:
    token = send(client_for("agent"), f"{API}/tickets/{stage.cast.ticket}/link", {}).json["token"]
    stage.walk(*_ON_SITE, "present")
    before = counts(stage)
    for path in (f"/track/{token}", f"/track/{token}/sign-off"):
        for _ in range(3):
            assert anonymous.get(API + path).status_code == 200
    assert counts(stage) == before
    text = anonymous.get(f"{API}/track/{token}").text
    for secret in ("王伟", "Souza", "Rua da Praia", "+5551999990000", "-30.03", str(stage.cast.customer)):
        assert secret not in text
    answer = anonymous.post(f"{API}/track/{token}/sign-off", json={"report_sha256": SHA256, "surprise": 1})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/surprise")
    assert anonymous.post(f"{API}/track/x{token}/sign-off", json={"report_sha256": SHA256}).status_code == 404
