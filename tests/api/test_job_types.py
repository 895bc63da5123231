"""Job types and their procedures over HTTP: published by an administrator, read by everybody, gone through on site."""

from tests.api.conftest import Client, ClientFor
from tests.api.test_visit_story import API, get, post
from tests.fieldsvc.cast import Cast

POINTS = [
    {"code": "power_off", "step": "safety", "text_en": "Power is off", "text_zh": "已断电"},
    {
        "code": "pressure",
        "step": "verification",
        "kind": "reading",
        "is_mandatory": False,
        "text_en": "Pressure",
        "text_zh": "压力",
        "unit": "bar",
        "low": "1.2",
        "high": "2.0",
    },
]


def publish(client: Client, cast: Cast, points: list[dict[str, object]], key: str = "one", **headers: str):
    path = f"{API}/job-types/{cast.job_type}/procedures"
    return client.post(path, json={"points": points}, headers={"Idempotency-Key": key} | headers)


def test_a_procedure_is_published_and_read(client_for: ClientFor, cast: Cast) -> None:
    admin, technician = client_for("admin"), client_for("technician1")
    path = f"/job-types/{cast.job_type}"
    before = admin.get(API + path)
    assert before.json["procedure_id"] is None
    published = publish(admin, cast, POINTS, **{"If-Match": before.headers["ETag"]})
    assert published.status_code == 201, published.json
    again = publish(admin, cast, POINTS, **{"If-Match": before.headers["ETag"]})
    assert (again.json, again.headers["Idempotency-Replayed"]) == (published.json, "true")
    shown = get(technician, f"/procedures/{published.json['procedure_id']}")
    assert (shown["procedure_version"], [point["code"] for point in shown["points"]]) == (1, ["power_off", "pressure"])
    assert get(technician, "/job-types")["items"] == [published.json]
    stale = publish(admin, cast, [], "two", **{"If-Match": before.headers["ETag"]})
    assert stale.status_code == 412
    assert publish(client_for("supervisor"), cast, POINTS, "three").status_code == 403


def test_all_that_is_wrong_is_told_at_once(client_for: ClientFor, cast: Cast) -> None:
    admin = client_for("admin")
    wrong = [{**POINTS[1], "low": "1,2", "unit": "x" * 21}, {"code": "No!", "step": "lunch", "text_en": "x"}]
    refused = publish(admin, cast, wrong)
    assert refused.status_code == 422
    assert sorted(fault["pointer"] for fault in refused.json["errors"]) == [
        "/points/0/low",
        "/points/0/unit",
        "/points/1/code",
        "/points/1/step",
        "/points/1/text_zh",
    ]
    refused = publish(admin, cast, [POINTS[0], {**POINTS[0], "unit": "bar"}], "two")
    assert [(fault["code"], fault["pointer"]) for fault in refused.json["errors"]] == [
        ("duplicate_code", "/points/1/code"),
        ("only_of_readings", "/points/1/unit"),
    ]


def test_points_are_gone_through_and_a_reading_stays_as_it_was_typed(client_for: ClientFor, cast: Cast) -> None:
    procedure = publish(client_for("admin"), cast, POINTS).json["procedure_id"]
    technician, path = client_for("technician1"), f"/visits/{cast.visit}/checklist"
    said = {"procedure_id": procedure, "answers": [{"point": "pressure", "value": "2.10"}, {"point": "power_off"}]}
    told = post(technician, path, said)
    assert [(one["point"], one["result"], one["value"]) for one in told["checklist"]] == [
        ("power_off", "done", None),
        ("pressure", "done", "2.10"),
    ]
    (notice,) = told["notices"]
    assert (notice["code"], "2.10 bar; 1.2 to 2.0 bar are usual" in notice["message"]) == (
        "reading_outside_limits",
        True,
    )
    unreadable = {"procedure_id": procedure, "answers": [{"point": "pressure", "value": 1.9}]}
    post(technician, path, unreadable, expect=422)


def test_an_inspection_is_wanted_and_made(client_for: ClientFor, cast: Cast) -> None:
    admin, agent, path = client_for("admin"), client_for("agent"), f"{API}/job-types/{cast.job_type}"
    assert admin.patch(path, json={"needs_inspection": True}).status_code == 428
    changed = admin.patch(path, json={"needs_inspection": True}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["needs_inspection"]) == (200, True)
    stale = admin.patch(path, json={"needs_inspection": False}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    added = post(agent, f"/tickets/{cast.ticket}/visits", {"job_type_id": str(cast.job_type)}, expect=201)
    newest = max(visit["id"] for visit in added["visits"])
    assert get(agent, f"/visits/{newest}")["needs_inspection"] is True
    technician = client_for("technician1")
    for step in ("acceptance", "departure", "check-in", "work"):
        post(technician, f"/visits/{cast.visit}/{step}")
    how = {"symptom": "leak", "cause": "seal", "action": "tighten", "methods": ["visual"], "tools": ["torch"]}
    found = post(technician, f"/visits/{cast.visit}/diagnosis", how | {"data_captured": "0.2 l/min"}, expect=201)
    assert found["diagnoses"][0]["methods"] == ["visual"]
    post(agent, f"/visits/{cast.visit}/inspection", {"passed": True}, expect=409)  # not done yet
    post(technician, f"/visits/{cast.visit}/verification", {"passed": True})
    shown = post(technician, f"/visits/{cast.visit}/report", {"content": "done"}, expect=201)["report"]["sha256"]
    post(technician, f"/visits/{cast.visit}/sign-off", {"outcome": "absent", "report_sha256": shown})
    post(technician, f"/visits/{cast.visit}/completion", {"states_no_parts": True})
    post(technician, f"/visits/{cast.visit}/inspection", {"passed": True}, expect=409)  # his own work
    seen = post(agent, f"/visits/{cast.visit}/inspection", {"passed": False, "note": "still wet"}, expect=201)
    assert (seen["inspection"]["passed"], seen["inspection"]["note"]) == (False, "still wet")
