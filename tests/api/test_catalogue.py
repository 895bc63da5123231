"""The value lists over HTTP: read by all, changed by admins by version."""

from typing import Any

from tests.fieldsvc.cast import Cast

CATALOGUE = "/api/v1/catalogue"
DRIP = {"list_name": "symptom", "category": "boiler", "code": "drips", "name_en": "It drips", "name_zh": "滴水"}


def listed(client: Any, **query: str) -> list[dict[str, Any]]:
    answer = client.get(CATALOGUE, query_string={"limit": 200, **query})
    assert answer.status_code == 200, answer.json
    return list(answer.json["items"])


def test_codes_are_read_added_renamed_and_retired(cast: Cast, client_for: Any) -> None:
    admin, technician = client_for("admin"), client_for("technician1")
    urgencies = [one["code"] for one in listed(technician, list_name="urgency")]
    assert urgencies == ["low", "normal", "high", "emergency"]
    made = admin.post(CATALOGUE, json=DRIP)
    assert made.status_code == 201, made.json
    path, tag = f"{CATALOGUE}/{made.json['id']}", made.headers["ETag"]
    assert "drips" in {one["code"] for one in listed(technician, list_name="symptom", category="boiler")}
    assert admin.patch(path, json={"is_active": False}).status_code == 428
    retired = admin.patch(path, json={"is_active": False}, headers={"If-Match": tag})
    assert (retired.status_code, retired.json["is_active"]) == (200, False)
    assert admin.patch(path, json={"name_en": "Drops"}, headers={"If-Match": tag}).status_code == 412
    for wrong in ({"code": "x"}, {"name_en": ""}, {"is_active": "no"}):
        assert admin.patch(path, json=wrong, headers={"If-Match": retired.headers["ETag"]}).status_code == 422
    assert admin.post(CATALOGUE, json=DRIP | {"list_name": "urgency"}).json["errors"][0]["code"] == "closed_list"
    general = admin.post(CATALOGUE, json=DRIP | {"category": "", "code": "drops"})
    assert (general.status_code, general.json["category"]) == (201, "")
    assert client_for("supervisor").post(CATALOGUE, json=DRIP).status_code == 403


def test_a_technician_is_told_of_a_code_that_nobody_offers(cast: Cast, client_for: Any) -> None:
    technician = client_for("technician1")
    for step in ("acceptance", "departure", "check-in"):
        assert technician.post(f"/api/v1/visits/{cast.visit}/{step}", json={}).status_code == 200
    said = {"symptom": "sings", "cause": "wear", "action": "inspect"}
    answer = technician.post(f"/api/v1/visits/{cast.visit}/diagnosis", json=said)
    assert answer.status_code == 201
    assert [one["code"] for one in answer.json["notices"]] == ["unknown_code"]
