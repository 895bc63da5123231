"""A canary: what a customer is called, where he lives and what he said, looked for everywhere after the erasure."""

import zlib
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from structlog.testing import capture_logs

from fieldsvc.bootstrap import Application
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.models import Base, Customer, SealingKey, Site, Ticket
from fieldsvc.services.doctor import examine
from fieldsvc.services.evidence import verify_evidence
from tests.api.conftest import PASSWORD_HASH, Client
from tests.api.matrix_world import World, build_world, propose_day
from tests.fieldsvc.cast import PASSWORD
from tests.fieldsvc.stage import Stage

CANARY, PHONE, ADDRESS, LATITUDE = "Zanzibar-Kanarienvogel", "+5551888777666", "Kanarienvogelweg 42", -30.123456789
TRACES = (CANARY, PHONE, ADDRESS, str(LATITUDE))


@pytest.fixture
def world(application: Application) -> World:
    """Give a world whose customer is the canary, with a run that has planned his visit."""
    world = build_world(application, PASSWORD_HASH)
    with application.database.unit_of_work() as uow:
        customer = uow.get(Customer, world.cast.customer)
        customer.name, customer.phone, customer.phone_index = CANARY, PHONE, "i" * 64
        site = uow.get(Site, world.cast.site)
        site.name, site.address, site.latitude = CANARY, ADDRESS, LATITUDE
        uow.commit()
    propose_day(application, Stage(application.database, world.cast), world.cast.day)
    return world


def signed_in(app: Flask, login: str) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    answer = client.post("/api/v1/auth/tokens", json={"login": login, "password": PASSWORD})
    client.access_token = answer.json["access_token"]
    return client


def post(client: Client, path: str, body: dict[str, Any], status: int | None = None) -> Any:
    """Post under the address as key, so that the same call again asks for the stored answer."""
    answer = client.post(f"/api/v1{path}", json=body, headers={"Idempotency-Key": path})
    assert answer.status_code == status or (status is None and answer.status_code < 300), (path, answer.json)
    return answer.json


def leave_traces(app: Flask, world: World) -> str:
    """Let everybody write down the canary wherever something can be written; return the new ticket's id."""
    agent, technician, anonymous = signed_in(app, "agent"), signed_in(app, "technician1"), app.test_client()
    visit, ticket = f"/visits/{world.cast.visit}", f"/tickets/{world.cast.ticket}"
    report = {"channel": "phone", "customer_id": str(world.cast.customer), "subject": CANARY, "description": CANARY}
    new_ticket: str = post(agent, "/tickets", report)["id"]
    post(agent, f"{ticket}/tasks", {"note": CANARY})
    offered = post(agent, f"{ticket}/approvals", {"lines": [{"text": CANARY, "unit_price_cents": 1}]})
    agreed = {"is_approved": True, "method": "typed", "offer_sha256": offered["offer_sha256"], "signer_name": CANARY}
    post(technician, f"/approvals/{offered['id']}/decision", {**agreed, "reason": CANARY})
    for step, body in (
        ("/work", {}),
        ("/checklist", {"answers": [{"point": "gloves", "result": "not_applicable", "note": CANARY}]}),
        (
            "/diagnosis",
            {
                "symptom": "no_water",
                "cause": "pump_worn",
                "action": "replace_part",
                "note": CANARY,
                "data_captured": CANARY,
            },
        ),
        ("/solution", {"solution": CANARY}),
        ("/verification", {"passed": False, "reason": CANARY}),
        ("/report", {"content": f"repaired for {CANARY}"}),
    ):
        answer = post(technician, f"{visit}{step}", body)
    sha256 = answer["sign_off"]["report_sha256"]
    signed = {"outcome": "signed", "report_sha256": sha256, "signer_name": CANARY, "signer_role": "owner"}
    post(technician, f"{visit}/sign-off", {**signed, "method": "typed"})
    post(technician, f"{visit}/completion", {"states_no_parts": False})
    post(signed_in(app, "supervisor"), f"{visit}/inspection", {"passed": False, "note": CANARY})
    post(agent, f"/approvals/{world.approval}/withdrawal", {})
    post(anonymous, f"/track/{world.link}/rating", {"stars": 2, "comment": CANARY})
    post(anonymous, f"/track/{world.link}/dispute", {"report_sha256": sha256, "objection": CANARY})
    post(agent, f"{visit}/dispute", {"is_upheld": False, "reason": CANARY})
    _solve_from_the_desk(app, world)
    return new_ticket


def _solve_from_the_desk(app: Flask, world: World) -> None:
    """Let the customer have a second fault, which is solved without a visit and argued about."""
    agent, anonymous = signed_in(app, "agent"), app.test_client()
    report = {"channel": "phone", "customer_id": str(world.cast.customer), "subject": CANARY, "description": CANARY}
    made = agent.post("/api/v1/tickets", json=report, headers={"Idempotency-Key": "second"}).json
    ticket = f"/tickets/{made['id']}"
    triage = {"nature": "hardware", "urgency": "normal", "job_type_id": str(world.cast.job_type)}
    post(agent, f"{ticket}/triage", triage | {"site_id": str(world.cast.site)})
    codes = {"symptom": "x", "cause": "x", "action": "x", "resolution": "advised", "verification_passed": False}
    token = agent.post(f"/api/v1{ticket}/link", json={}).json["token"]
    solved = post(agent, f"{ticket}/resolution", codes | {"solution": CANARY, "verification_reason": CANARY})
    named = {"report_sha256": solved["report_sha256"]}
    post(anonymous, f"/track/{token}/sign-off", named | {"signer_name": CANARY})
    post(anonymous, f"/track/{token}/dispute", named | {"objection": CANARY})
    post(agent, f"{ticket}/dispute", {"is_upheld": False, "reason": CANARY})


def readable(application: Application) -> str:
    """Return everything the system itself can still read, from every table, sealed or not."""
    said = []
    with application.database.read_only() as session:
        for mapper in Base.registry.mappers:
            columns = [getattr(mapper.class_, one.key) for one in mapper.column_attrs]
            said += [repr([_unpacked(value) for value in row]) for row in session.execute(select(*columns))]
    return "\n".join(said)


def _unpacked(value: object) -> object:
    try:
        return zlib.decompress(value).decode() if isinstance(value, bytes) else value
    except zlib.error:
        return value


def stored(application: Application) -> bytes:
    """Return the database's files, the write-ahead log among them; of PostgreSQL every row as it lies there."""
    url = application.database.engine.url
    if url.get_backend_name() == "sqlite":
        assert url.database is not None
        return b"".join(path.read_bytes() for path in Path(url.database).parent.glob("*") if path.is_file())
    with application.database.engine.connect() as connection:
        rows = [row for name in Base.metadata.tables for row in connection.execute(text(f"TABLE {name}"))]
    return repr([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in rows]).encode()


def found(content: str) -> list[str]:
    return [trace for trace in TRACES if trace in content]


def test_after_an_erasure_the_canary_is_nowhere(application: Application, app: Flask, world: World) -> None:
    with capture_logs() as logs:
        ticket = leave_traces(app, world)
        assert found(readable(application)) == list(TRACES)  # or the search below would prove nothing
        assert found(stored(application).decode("latin-1")) in ([], [str(LATITUDE)])
        with application.database.read_only() as session:
            keys = list(session.scalars(select(SealingKey.wrapped).where(SealingKey.owner_id == world.cast.customer)))
        technician, paper = signed_in(app, "technician1"), f"/api/v1/visits/{world.cast.visit}/report.pdf"
        sha256 = technician.get(paper).headers["ETag"].strip('"')
        end_tickets(application, app, world, ticket)
        admin, other = signed_in(app, "admin"), signed_in(app, "foreign_admin")
        wish = {"customer_id": str(world.cast.customer), "kind": "erasure", "reason": "asked for by letter"}
        request = post(admin, "/privacy-requests", wish)
        approval = f"/privacy-requests/{request['id']}/approval"
        done = post(other, approval, {})
    assert done["state"] == "approved"
    assert [line for line in readable(application).splitlines() if found(line)] == []
    assert found(stored(application).decode("latin-1")) == []
    (key,) = keys
    assert key is not None
    assert key.encode() not in stored(application)
    assert found(repr(logs)) == []
    assert post(other, approval, {}) == done  # its own answer tells of nobody
    problem = post(signed_in(app, "agent"), f"/tickets/{world.cast.ticket}/tasks", {"note": CANARY}, status=410)
    assert problem["code"] == "erased"
    assert technician.get(paper).json["code"] == "erased"
    assert app.test_client().get(f"/api/v1/verify/{sha256}").json["is_issued"] is True  # what was genuine stays so
    with application.database.read_only() as session:
        assert examine(session, application.clock.now()) == []
        assert verify_evidence(session, application.anchors).faults == []


def end_tickets(application: Application, app: Flask, world: World, new_ticket: str) -> None:
    """Cancel what is open of the customer; the ticket of the visit has closed by itself."""
    agent = signed_in(app, "agent")
    with application.database.read_only() as session:
        of_customer = select(Ticket.id).where(Ticket.customer_id == world.cast.customer)
        open_ones = session.scalars(of_customer.where(Ticket.state != TicketState.CLOSED)).all()
    assert new_ticket in map(str, open_ones)
    for ticket_id in open_ones:
        post(agent, f"/tickets/{ticket_id}/cancellation", {"reason": "customer"})
