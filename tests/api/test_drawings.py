"""From a number in a picture to a part, over HTTP."""

from typing import Any

from tests.fieldsvc.cast import Cast
from tests.fieldsvc.pictures import picture

DRAWINGS = "/api/v1/drawings"


def add(client: Any, key: str = "d-1", **more: Any) -> Any:
    said = {"model": "B-200", "name_en": "Burner", "name_zh": "燃烧器"} | more
    return client.post(DRAWINGS, json=said, headers={"Idempotency-Key": key})


def test_a_drawing_leads_from_numbers_to_parts(cast: Cast, client_for: Any) -> None:
    admin, technician = client_for("admin"), client_for("technician1")
    positions = [
        {"number": "2", "part_id": str(cast.far_part), "x": 700, "y": 120},
        {"number": "1", "part_id": str(cast.part), "x": 10, "y": 1000},
    ]
    made = add(admin, positions=positions)
    assert (made.status_code, [one["number"] for one in made.json["positions"]]) == (201, ["2", "1"])
    address = f"{DRAWINGS}/{made.json['id']}"
    assert technician.get(f"{address}/picture").status_code == 404
    content = picture("PNG")
    no_version = admin.put(f"{address}/picture", data=content, content_type="image/png")
    assert no_version.status_code == 428
    put = admin.put(f"{address}/picture", data=content, content_type="image/png", headers={"If-Match": '"1"'})
    assert (put.status_code, put.json["media_type"], put.json["version"]) == (200, "image/png", 2)
    shown = technician.get(f"{address}/picture")
    assert (shown.status_code, shown.mimetype) == (200, "image/png")
    assert technician.get(f"{address}/picture", headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    found = technician.get(f"{DRAWINGS}?part_id={cast.part}&model=B-200").json["items"]
    assert [one["number"] for one in found[0]["positions"]] == ["1", "2"]
    changed = admin.patch(address, json={"positions": positions[:1]}, headers={"If-Match": '"2"'})
    assert (changed.status_code, changed.json["version"], len(changed.json["positions"])) == (200, 3, 1)
    assert technician.patch(address, json={}, headers={"If-Match": '"3"'}).status_code == 403


def test_what_is_no_drawing_is_refused(cast: Cast, client_for: Any) -> None:
    admin = client_for("admin")
    twice = [{"number": "1", "part_id": str(cast.warehouse), "x": 1, "y": 1001}] * 2
    wrong = add(admin, positions=twice)
    assert {one["pointer"] for one in wrong.json["errors"]} == {"/positions/0/y", "/positions/1/y"}
    twice = [one | {"y": 1} for one in twice]
    wrong = add(admin, positions=twice)
    assert [one["code"] for one in wrong.json["errors"]] == ["unknown_part", "unknown_part", "duplicate"]
    address = f"{DRAWINGS}/{add(admin).json['id']}/picture"
    for content in (b"<svg onload='alert(1)'/>", picture("PNG")[:40], b""):
        answer = admin.put(address, data=content, content_type="image/png", headers={"If-Match": '"1"'})
        assert answer.status_code in (400, 422), answer.json
    assert admin.get(address).status_code == 404
