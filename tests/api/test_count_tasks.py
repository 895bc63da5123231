"""A count that is asked for, over HTTP: who finds the task, and the one call from it to the count."""

from typing import Any

import pytest

from fieldsvc.bootstrap import Application
from fieldsvc.services import part_uses, visit_records
from tests.fieldsvc.cast import Cast
from tests.fieldsvc.stage import Stage

# What the two databases do differently is tested below HTTP.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

INBOX = "/api/v1/inbox"


def post(client: Any, path: str, body: dict[str, Any], key: str) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


def test_from_the_inbox_to_the_count(application: Application, cast: Cast, client_for: Any) -> None:
    stage = Stage(application.database, cast)
    stage.bring_to("working")
    for use in (part_uses.Use(cast.part, 3), part_uses.Use(cast.serial_part, serial="S-8")):
        stage.act(cast.technician1, lambda uow, use=use: visit_records.record_consumption(uow, cast.visit, use))
    keeper = client_for("warehouse")
    plain, serial = keeper.get(INBOX).json["items"]
    assert (plain["kind"], plain["part_id"], plain["location_id"]) == ("count_wanted", str(cast.part), str(cast.van1))
    (used,) = plain["unknown_uses"]
    assert (plain["unknown_quantity"], used["quantity"], used["visit_id"]) == (1, 1, str(cast.visit))
    assert [one["serial"] for one in serial["unknown_uses"]] == ["S-8"]
    assert client_for("dispatcher").get(f"{INBOX}/{plain['id']}").json == plain
    assert client_for("outsider").get(f"{INBOX}/{plain['id']}").status_code == 404
    assert client_for("technician1").get(f"{INBOX}/{plain['id']}").status_code == 403
    address = f"{INBOX}/{plain['id']}/count"
    opened, again = (post(keeper, address, {}, "open") for _ in range(2))
    assert (opened.status_code, again.data) == (201, opened.data)
    assert (opened.json["location_id"], opened.json["lines"][0]["expected_quantity"]) == (str(cast.van1), None)
    assert post(client_for("technician1"), address, {}, "own").json["id"] == opened.json["id"]
    assert post(client_for("technician2"), address, {}, "other").status_code == 404
    counted = {"counted": [{"part_id": str(cast.part), "quantity": 0}]}
    done = post(keeper, f"/api/v1/counts/{opened.json['id']}/submission", counted, "submit")
    assert done.json["state"] == "posted"
    assert [one["id"] for one in keeper.get(INBOX).json["items"]] == [serial["id"]]
    late = post(keeper, address, {}, "late")
    assert (late.status_code, late.json["code"]) == (409, "count_not_wanted")
    said = post(keeper, f"{INBOX}/{serial['id']}/completion", {"outcome": "bought on the way"}, "finish")
    assert (said.status_code, said.json["state"]) == (200, "done")
