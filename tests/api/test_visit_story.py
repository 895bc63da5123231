"""A report on its way to a closed ticket, as everybody sees it over HTTP."""

from itertools import count
from typing import Any

API = "/api/v1"
_keys = count()


def post(client: Any, path: str, body: dict[str, Any] | None = None, expect: int = 200) -> dict[str, Any]:
    response = client.post(API + path, json=body or {}, headers={"Idempotency-Key": f"story-{next(_keys)}"})
    assert response.status_code == expect, response.json
    return response.json


def get(client: Any, path: str, expect: int = 200) -> dict[str, Any]:
    response = client.get(API + path)
    assert response.status_code == expect, response.json
    return response.json


def test_from_the_report_to_a_visit_to_plan(client_for, cast) -> None:
    agent = client_for("agent")
    report = {
        "channel": "phone",
        "customer_id": str(cast.customer),
        "site_id": str(cast.site),
        "asset_id": str(cast.asset),
        "subject": "no hot water",
        "description": "since yesterday",
    }
    ticket = post(agent, "/tickets", report, expect=201)
    assert (ticket["state"], ticket["customer"]["name"]) == ("new", "王伟")
    triage = {"nature": "hardware", "urgency": "high", "job_type_id": str(cast.job_type)}
    ticket = post(agent, f"/tickets/{ticket['id']}/triage", triage)
    assert (ticket["state"], ticket["urgency"]) == ("triaged", "high")
    (drafted,) = ticket["visits"]
    visit = get(agent, f"/visits/{drafted['id']}")
    assert (visit["state"], visit["priority"], visit["service_s"]) == ("unscheduled", 2, 3600)
    assert visit["skills"] == [{"skill": "plumbing", "level": 2}]
    assert visit["parts"] == [{"part_id": str(cast.part), "quantity": 2}]
    plan = get(client_for("dispatcher"), f"/plan?date={cast.day}")
    assert drafted["id"] in [waiting["id"] for waiting in plan["unscheduled"]]


def test_from_the_route_to_the_signature(client_for, cast) -> None:
    technician = client_for("technician1")
    route = get(technician, f"/my/route?date={cast.day}")
    (stop,) = route["visits"]
    assert stop["visit"]["site"]["address"] == "Rua da Praia 1"
    assert [(part["number"], part["quantity"], part["needs_pick_up"]) for part in stop["parts"]] == [
        ("P-1", 2, False),
        ("P-2", 1, True),
    ]
    assert [pickup["location"] for pickup in route["pickups"]] == ["warehouse"]
    assert len(route["day_frame"]["breaks"]) == 1
    visit = f"/visits/{stop['visit']['id']}"
    assert get(technician, visit)["customer"]["phone"] == "+5551999990000"
    post(technician, f"{visit}/acceptance")
    post(technician, f"{visit}/departure")
    arrived = post(technician, f"{visit}/check-in", {"position": {"latitude": -30.03, "longitude": -51.22}})
    assert [notice["code"] for notice in arrived["notices"]] == ["outside_geofence"]
    post(technician, f"{visit}/work")
    post(technician, f"{visit}/diagnosis", {"symptom": "leak", "cause": "seal", "action": "replace_part"}, expect=201)
    post(technician, f"{visit}/solution", {"solution": "new seal"})
    post(technician, f"{visit}/consumptions", {"part_id": str(cast.part), "quantity": 2}, expect=201)
    post(technician, f"{visit}/verification", {"passed": True})
    shown = post(technician, f"{visit}/report", {"content": "all is well 好"}, expect=201)
    sha256 = shown["report"]["sha256"]
    answer = {"outcome": "signed", "report_sha256": sha256, "signer_name": "王伟", "strokes": [[[1, 1, 0], [2, 2, 9]]]}
    signed = post(technician, f"{visit}/sign-off", answer)
    assert signed["sign_off"]["state"] == "signed"
    assert post(technician, f"{visit}/completion")["state"] == "completed"
    ticket = get(client_for("agent"), f"/tickets/{cast.ticket}")
    assert ticket["state"] == "closed"
    van = get(technician, f"/stock?part_id={cast.part}&location_id={cast.van1}")["items"]
    assert [balance["on_hand"] for balance in van] == [0]
    report = get(technician, f"{visit}/report")
    assert (report["content_base64"], report["sha256"]) == ("YWxsIGlzIHdlbGwg5aW9", sha256)


def test_the_customer_follows_and_confirms_by_link(client_for, anonymous, cast) -> None:
    link = post(client_for("agent"), f"/tickets/{cast.ticket}/link", expect=201)
    track = f"/track/{link['token']}"
    progress = get(anonymous, track)
    assert (progress["visit_state"], progress["technician"], progress["sign_off_state"]) == ("dispatched", "Ana", None)
    assert "Souza" not in str(progress)
    get(anonymous, f"{track}/sign-off", expect=404)
    technician, visit = client_for("technician1"), f"/visits/{cast.visit}"
    for step in ("acceptance", "departure", "check-in", "work"):
        post(technician, f"{visit}/{step}")
    post(technician, f"{visit}/diagnosis", {"symptom": "leak", "cause": "seal", "action": "tighten"}, expect=201)
    post(technician, f"{visit}/verification", {"passed": True})
    post(technician, f"{visit}/report", {"content": "done", "send_by_link": True}, expect=201)
    post(technician, f"{visit}/completion", {"states_no_parts": True})
    assert get(anonymous, track)["ticket_state"] == "resolved"
    report = get(anonymous, f"{track}/sign-off")
    post(anonymous, f"{track}/sign-off", {"report_sha256": "0" * 64}, expect=409)
    confirmed = post(anonymous, f"{track}/sign-off", {"report_sha256": report["sha256"]})
    assert (confirmed["sign_off_state"], confirmed["ticket_state"]) == ("confirmed_remote", "closed")
    post(anonymous, f"{track}/sign-off", {"report_sha256": report["sha256"]}, expect=409)
    assert get(anonymous, track)["ticket_state"] == "closed"
    get(anonymous, "/track/made-up", expect=404)
