"""What the matrix of routes and roles asks with: people of two teams, one of each thing, and requests for any route.

A new route is asked without a word here. Only a kind of path parameter or of required field that no route had before
needs a value, and the matrix says which.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from api.auth import Public, Requires, declaration_of
from api.current import view_for
from api.openapi_document import document_of
from fieldsvc.bootstrap import Application
from fieldsvc.dispatching.proposal import Proposal, proposal_of
from fieldsvc.dispatching.published import published_plan
from fieldsvc.dispatching.scope import Scope
from fieldsvc.dispatching.snapshot import take_snapshot
from fieldsvc.domain.privacy_states import PrivacyKind
from fieldsvc.domain.procedures import Point, PointKind, Step
from fieldsvc.domain.roles import Role
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.models import Customer, RemoteSolution, Site, Technician, Ticket, Visit
from fieldsvc.services import calendars, privacy, procedures, tasks, tracking
from fieldsvc.services.command import Command
from fieldsvc.services.photos import store_blob
from fieldsvc.services.remote_solutions import BOUND
from fieldsvc.services.run_claims import claim_run, propose
from fieldsvc.services.runs import RunRequest, request_run
from solver.engines.child import Status
from solver.insertion import first_come_plan
from solver.score import score
from solver.solve import Result
from tests.api import matrix_things
from tests.fieldsvc.cast import PASSWORD, Cast, build_cast
from tests.fieldsvc.cast_builder import Builder
from tests.fieldsvc.pictures import picture
from tests.fieldsvc.stage import REPORT, WAYS, Stage

LOGINS = {
    Role.TECHNICIAN: "technician1",
    Role.AGENT: "agent",
    Role.DISPATCHER: "dispatcher",
    Role.WAREHOUSE: "warehouse",
    Role.SUPERVISOR: "supervisor",
    Role.ADMIN: "admin",
}
OUTSIDERS = {
    Role.TECHNICIAN: "foreign_technician",
    Role.AGENT: "foreign_agent",
    Role.DISPATCHER: "outsider",
    Role.WAREHOUSE: "foreign_warehouse",
    Role.SUPERVISOR: "foreign_supervisor",
    Role.ADMIN: "foreign_admin",
}
PICTURE = picture("PNG")
COUNTED = b"location,part,quantity\nwarehouse,P-1,2\n"
# Fields that tell more than their type; the rest is made up from the OpenAPI document.
_BODIES: dict[str, dict[str, Any]] = {
    "/api/v1/tickets/<uuid:ticket_id>/approvals": {"lines": [{"text": "a new pump", "unit_price_cents": 9900}]},
    "/api/v1/visits/<uuid:visit_id>/checklist": {"answers": [{"point": "gloves"}]},
    "/api/v1/visits/<uuid:visit_id>/report": {"content": "all is well"},
    "/api/v1/visits/<uuid:visit_id>/sign-off": {"outcome": "absent"},
}
_QUERIES: dict[str, dict[str, str]] = {"/api/v1/scans": {"code": "P-1"}, "/api/v1/imports": {"what": "counts"}}
_OF_A_WAREHOUSE = ("/pick-lists", "/van-levels", "/dead-stock")
# Pages take forms, which the OpenAPI document does not know.
_FORMS = {
    "customer_pages.act": {"stars": "5"},
    "customer_pages.answer_offer": {"is_approved": "no", "offer_sha256": "0" * 64},
}


@dataclass
class World:
    """Names of what there is. sessions, tokens, phones: by login. link: the token of a customer of the own team.

    count_task: the one task that a warehouse sees too.
    """

    cast: Cast
    run: UUID
    task: UUID
    procedure: UUID
    privacy_request: UUID
    api_key: UUID
    loan: UUID
    absence: UUID
    value: UUID
    move: UUID
    reservation: UUID
    transfer: UUID
    supplier: UUID
    order: UUID
    rma: UUID
    count: UUID
    count_task: UUID
    proposal: UUID
    drawing: UUID
    lot: UUID
    approval: UUID
    offer_sha256: str
    calendar: str
    link: str
    sessions: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    teams: dict[str, frozenset[str]] = field(default_factory=dict)

    def values(self, owner: str) -> Mapping[str, object]:
        """Return what path parameters and fields are filled with, so that the thing is the owner's."""
        return {
            "visit_id": self.cast.visit,
            "ticket_id": self.cast.ticket,
            "technician_id": self.cast.technician1.technician_id,
            "run_id": self.run,
            "task_id": self.count_task if owner == LOGINS[Role.WAREHOUSE] else self.task,
            "count_task_id": self.count_task,
            "procedure_id": self.procedure,
            "privacy_request_id": self.privacy_request,
            "user_id": self.cast.technician2.user_id,
            "to_user_id": self.cast.technician1.user_id,
            "api_key_id": self.api_key,
            "loan_id": self.loan,
            "first_day": self.cast.day + timedelta(days=9),
            "last_day": self.cast.day + timedelta(days=9),
            "expires_at": (datetime.now(UTC) + timedelta(days=9)).isoformat(),
            "old_password": PASSWORD,
            "new_password": "glacier-teapot-41",
            "absence_id": self.absence,
            "value_id": self.value,
            "move_id": self.move,
            "reservation_id": self.reservation,
            "transfer_id": self.transfer,
            "supplier_id": self.supplier,
            "order_id": self.order,
            "rma_id": self.rma,
            "count_id": self.count,
            "proposal_id": self.proposal,
            "drawing_id": self.drawing,
            "lot_id": self.lot,
            "expires_on": self.cast.day + timedelta(days=9),
            "lead_time_days": 5,
            "from_location_id": self.cast.warehouse,
            "to_location_id": self.cast.van1,
            "hold_until": f"{self.cast.day + timedelta(days=9)}T12:00:00Z",
            "location_id": self.cast.warehouse,
            "quantity": 1,
            "bin": "A-1",
            "list_name": "symptom",
            "code": "no-water",
            "starts_at": f"{self.cast.day + timedelta(days=9)}T08:00:00Z",
            "ends_at": f"{self.cast.day + timedelta(days=9)}T17:00:00Z",
            "approval_id": self.approval,
            "offer_sha256": self.offer_sha256,
            "is_approved": False,
            "session_id": self.sessions[owner],
            "device_id": self.phones.get(owner, self.phones[LOGINS[Role.TECHNICIAN]]),
            "sent_at": datetime.now(UTC).isoformat(),
            "token": self.link,
            "calendar_token": self.calendar,
            "name": "docs.js",
            "what": "rating",
            "team_id": self.cast.team,
            "customer_id": self.cast.customer,
            "part_id": self.cast.part,
            "substitute_id": self.cast.far_part,
            "job_type_id": self.cast.job_type,
            "sha256": hashlib.sha256(PICTURE).hexdigest(),
            "report_sha256": hashlib.sha256(REPORT).hexdigest(),
            "on_behalf": owner not in (LOGINS[Role.TECHNICIAN], OUTSIDERS[Role.TECHNICIAN]),
            "day": self.cast.day,
            "technician_ids": [str(self.cast.technician1.technician_id)],
            "start": f"{self.cast.day.isoformat()}T15:00:00Z",
            "login": "nobody",
            "password": "guessed",
            "id_token": "a.b.c",
            "refresh_token": "made up",
        }


@dataclass(frozen=True)
class Route:
    """One method of one address, with what it declares and the body it asks for."""

    rule: Rule
    method: str
    declared: Requires | Public
    body_schema: Mapping[str, Any] | None
    takes_picture: bool = False
    takes_file: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    @property
    def names_a_thing(self) -> bool:
        return bool(self.rule.arguments)

    def request(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Return the arguments of a test client's `open` for a request that is right in every field."""
        unknown = sorted(self.rule.arguments - values.keys())
        assert not unknown, f"{self}: the matrix does not know how to fill {unknown}; say so in World.values"
        path = self.rule.rule
        for argument in self.rule.arguments:
            path = re.sub(rf"<([^<>]*:)?{argument}>", str(values[argument]), path)
        headers = {"Idempotency-Key": uuid4().hex}
        if self.method in ("PUT", "PATCH", "DELETE"):
            headers["If-Match"] = '"1"'
        asked: dict[str, Any] = {"path": path, "method": self.method, "headers": headers}
        if self.rule.rule in _QUERIES:
            asked["query_string"] = _QUERIES[self.rule.rule]
        if self.rule.rule.endswith(_OF_A_WAREHOUSE) and self.method == "GET":
            asked["query_string"] = {"location_id": str(values["location_id"])}
        if self.rule.rule.endswith("/pick-lists"):
            asked["query_string"]["date"] = str(values["day"])
        if self.takes_picture:
            asked |= {"data": PICTURE, "content_type": "image/png"}
        if self.takes_file:
            asked |= {"data": COUNTED, "content_type": "text/csv"}
        if self.rule.endpoint in _FORMS and self.method == "POST":
            asked["data"] = _FORMS[self.rule.endpoint]
        if self.body_schema is not None:
            asked["json"] = self._body(values) | _BODIES.get(self.rule.rule, {})
        return asked

    def _body(self, values: Mapping[str, object]) -> dict[str, Any]:
        assert self.body_schema is not None
        properties = self.body_schema.get("properties", {})
        said = [*self.body_schema.get("required", ()), *({"on_behalf"} & properties.keys())]
        return {name: self._field(name, properties[name], values) for name in said}

    def _field(self, name: str, schema: Mapping[str, Any], values: Mapping[str, object]) -> object:
        if name in values:
            value = values[name]
            return value if isinstance(value, bool | int | list) else str(value)
        if "enum" in schema:
            return schema["enum"][0]
        made: dict[tuple[Any, Any], object] = {
            ("string", "date"): str(values["day"]),
            ("string", None): "x",
            ("boolean", None): True,
            ("integer", None): schema.get("minimum", 1),
            ("array", None): [],
        }
        kind = (schema.get("type"), schema.get("format"))
        assert kind in made, f"{self}: the matrix does not know how to fill the field {name}; say so in World.values"
        return made[kind]


def routes_of(app: Flask) -> Iterator[Route]:
    """Every route the app serves."""
    document = document_of(app)
    schemas, paths = document["components"]["schemas"], document["paths"]
    for rule in app.url_map.iter_rules():
        operations = paths.get(_documented(rule), {})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            declared = declaration_of(view_for(app.view_functions[rule.endpoint], method))
            assert declared is not None, f"{method} {rule} declares no permission"
            body = operations.get(method.lower(), {}).get("requestBody", {}).get("content", {})
            reference = body.get("application/json", {}).get("schema", {}).get("$ref", "")
            body_schema = schemas[reference.rsplit("/", 1)[-1]] if reference else None
            yield Route(rule, method, declared, body_schema, "image/png" in body, "text/csv" in body)


def _documented(rule: Rule) -> str:
    parts = [f"{{{part[1:-1].split(':')[-1]}}}" if part.startswith("<") else part for part in rule.rule.split("/")]
    return "/".join(parts)


def build_world(application: Application, password_hash: str) -> World:
    """Store the cast with a second team that has every role too; the cast's visit is on site, its report presented."""
    database = application.database
    cast = build_cast(database, password_hash=password_hash)
    with database.unit_of_work() as uow:
        build = Builder.__new__(Builder)  # the cast has a supplier already
        build.uow, build.day, build.password_hash, build.actors = uow, cast.day, password_hash, {}
        for role in (Role.AGENT, Role.WAREHOUSE, Role.SUPERVISOR, Role.ADMIN):
            build.user(OUTSIDERS[role], role, cast.foreign_team)
        uow.commit()
    stage = Stage(database, cast)
    stage.walk(*WAYS["on_site"], "present")
    shown = hashlib.sha256(PICTURE).hexdigest()
    store_blob(database, application.blobs, Command(cast.technician1, "test"), cast.visit, shown, PICTURE)
    link = stage.act(cast.agent, lambda uow: tracking.create_link(uow, cast.ticket, 3600)).token
    asked = tasks.TaskRequest("call the customer")
    task = stage.act(cast.agent, lambda uow: tasks.request_task(uow, cast.ticket, asked)).id
    wish = privacy.PrivacyWish(cast.customer, PrivacyKind.EXPORT, "the customer asks for it")
    _solved_once(stage)
    procedure = _send_out_with_procedure(stage)
    empty_day = cast.day + timedelta(days=30)
    asked_for = stage.act(cast.admin, lambda uow: privacy.request_privacy(uow, wish)).id
    supplier = matrix_things.supplier(stage)
    return World(
        cast,
        propose_day(application, stage, empty_day),
        task,
        procedure,
        asked_for,
        *matrix_things.key_and_loan(stage),
        matrix_things.leave_asked_for(stage),
        matrix_things.leak(stage),
        matrix_things.delivery(stage),
        matrix_things.promise(stage),
        matrix_things.load_for_a_van(stage),
        supplier,
        matrix_things.order(stage, supplier),
        matrix_things.return_asked_for(stage),
        matrix_things.count(stage),
        matrix_things.count_wanted(stage),
        matrix_things.proposal(stage),
        matrix_things.drawing(stage),
        matrix_things.lot(stage),
        *matrix_things.offered(stage),
        stage.act(cast.technician1, lambda uow: calendars.create_calendar(uow, "")).token,
        link,
        teams=_things_of_teams(application, cast),
    )


def _solved_once(stage: Stage) -> None:
    """Let the cast's ticket have been solved from the desk once, before its visit."""
    long_ago = datetime.now(UTC) - timedelta(days=2)
    with stage.database.unit_of_work() as uow:
        remote = RemoteSolution(
            id=uow.new_id(),
            ticket_id=stage.cast.ticket,
            state=SignOffState.EXPIRED,
            resolution="advised",
            symptom="x",
            cause="x",
            action="x",
            solution="x",
            verification_passed=True,
            content=b"x",
            report_sha256=hashlib.sha256(b"x").hexdigest(),
            state_since=long_ago,
            recorded_at=long_ago,
        )
        uow.session.add(remote)
        data = {name: getattr(remote, name) for name in BOUND}
        uow.record(remote, "report_sent", SignOffState.PENDING, SignOffState.PRESENTED, data=data)
        uow.record(remote, "report_accepted_tacitly", SignOffState.PRESENTED, SignOffState.EXPIRED)
        uow.commit()


def _send_out_with_procedure(stage: Stage) -> UUID:
    """Let the cast's visit have been dispatched with a procedure."""
    gloves = Point("gloves", Step.EQUIPMENT, PointKind.CONFIRMATION, True, "Gloves", "手套")
    made = stage.act(
        stage.cast.admin, lambda uow: procedures.publish_procedure(uow, stage.cast.job_type, [gloves])
    ).procedure
    assert made is not None
    with stage.database.unit_of_work() as uow:
        uow.get(Visit, stage.cast.visit, lock=True).procedure_id = made.id
        uow.commit()
    return made.id


def propose_day(application: Application, stage: Stage, day: date) -> UUID:
    """Bring a run to its proposal: whose it is matters, not how good the plan is."""
    database, cast = application.database, stage.cast
    stage.act(cast.dispatcher, lambda uow: request_run(uow, RunRequest(cast.team, day, time_limit_s=1), max_solve_s=9))
    with database.unit_of_work() as uow:
        claim = claim_run(uow, "matrix", 60)
        uow.commit()
    assert claim is not None
    with database.read_only() as session:
        snapshot = take_snapshot(session, Scope(cast.team, day, None), application.travel, application.clock.now())
        published = published_plan(session, snapshot)
    found = first_come_plan(snapshot.problem)
    result = Result(Status.COMPLETE, found, score(snapshot.problem, found), None, 0.1, 1, "test", ((0.1, 1),))
    with database.unit_of_work() as uow:
        assert propose(uow, claim, Proposal(snapshot, found, proposal_of(snapshot, result, published)))
        uow.commit()
    return claim.run_id


def _things_of_teams(application: Application, cast: Cast) -> dict[str, frozenset[str]]:
    """Ids of what each team owns, to be looked for in the other team's answers."""
    with application.database.read_only() as session:

        def ids(team: UUID) -> frozenset[str]:
            columns = ((model.id, model.team_id) for model in (Customer, Site, Technician, Ticket, Visit))
            return frozenset(str(one) for own, of in columns for one in session.scalars(select(own).where(of == team)))

        return {"own": ids(cast.team), "foreign": ids(cast.foreign_team)}
