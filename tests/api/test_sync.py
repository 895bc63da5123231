"""Phones over HTTP: what is asked and answered is as the contract says, whoever asks."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Client
from tests.fieldsvc.pictures import picture

API = "/api/v1"
NOW = "2026-03-02T12:00:00Z"


@pytest.fixture
def phone(client_for) -> Client:
    return register(client_for("technician1"))


def register(client: Client, **said: object) -> Client:
    answer = client.post(f"{API}/devices", json={"name": "phone", "platform": "android", "app_version": "1"} | said)
    assert answer.status_code == 201, answer.json
    client.device_id = answer.json["id"]
    return client


def command(seq: int, kind: str, visit: object, **args: object) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    return {"id": str(uuid4()), "seq": seq, "type": kind, "entity_id": str(visit), "args": args, "occurred_at": now}


def push(client: Client, *commands: dict[str, Any], **said: object) -> Any:
    body = {
        "device_id": client.device_id,
        "schema_version": 1,
        "sent_at": datetime.now(UTC).isoformat(),
        "newest_seq": max((one.get("seq", 0) for one in commands), default=0),
        "commands": list(commands),
    }
    return client.post(f"{API}/sync/push", json=body | said)


def test_a_day_offline(phone: Client, client_for, cast) -> None:
    visit = cast.visit
    pulled = phone.get(f"{API}/sync/pull").json
    (shown,) = pulled["changes"]["visits"]["updated"]
    assert (shown["id"], shown["customer"]["name"], pulled["reset"]) == (str(visit), "王伟", True)
    assert {one["number"] for one in pulled["changes"]["parts"]["updated"]} == {"P-1", "P-2", "P-3"}
    answer = push(
        phone,
        command(1, "acceptance", visit),
        command(2, "departure", visit),
        command(3, "check_in", visit, position={"latitude": -30.03, "longitude": -51.23}),
        command(4, "diagnosis", visit, symptom="leak", cause="seal", action="replace_part"),
        command(5, "part_request", visit, part_id=str(cast.part), quantity=2, note="today"),
        command(6, "help_request", visit, note="the valve is stuck"),
        command(7, "help_request", visit, note="and the tap"),
    )
    assert answer.status_code == 200, answer.json
    assert [one["status"] for one in answer.json["results"]] == ["applied"] * 7
    assert answer.json["last_seq"] == 7
    later = phone.get(f"{API}/sync/pull?cursor={pulled['cursor']}").json
    (now,) = later["changes"]["visits"]["updated"]
    assert (now["state"], now["version"]) == ("on_site", answer.json["results"][-1]["visit_version"])
    tasks = client_for("dispatcher").get(f"{API}/inbox").json["items"]
    assert {(one["kind"], one["note"]) for one in tasks} == {
        ("part_requested", "2 × P-1: today"),
        ("help_requested", "the valve is stuck\nand the tap"),
    }


def test_a_fault_in_one_command_is_named_and_blocks_nothing(phone: Client, cast) -> None:
    answer = push(
        phone,
        command(1, "diagnosis", cast.visit, symptom="leak", cause=7),
        command(2, "dance", cast.visit),
        command(3, "check_in", cast.visit, on_behalf=True),
        command(4, "solution", cast.visit, solution="half \ud83d a character"),
        command(5, "check_in", cast.visit, **{"\ud83d": 1}),
        {"id": str(uuid4()), "seq": 6, "type": "WORK", "args": [], "base_version": 0, "occurred_at": NOW},
        command(7, "departure", cast.visit) | {"occurred_at": "1969-12-31T21:00:00-03:00"},
    )
    assert answer.status_code == 200, answer.json
    results = answer.json["results"]
    assert [one["status"] for one in results] == ["rejected"] * 6 + ["applied"]
    named = [sorted((one["code"], one["pointer"]) for one in result["problem"]["errors"]) for result in results[:6]]
    assert named == [
        [("missing_field", "/args/action"), ("wrong_type", "/args/cause")],
        [("unknown_command_type", "/type")],
        [("unknown_field", "/args/on_behalf")],
        [("unreadable_text", "/args/solution")],
        [("unknown_field", "/args/?")],
        [
            ("missing_field", "/entity_id"),
            ("out_of_range", "/base_version"),
            ("wrong_format", "/type"),
            ("wrong_type", "/args"),
        ],
    ]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"schema_version": 2}, "/schema_version"),
        ({"commands": [{"id": "x"}]}, "/commands/0/id"),
        ({"newest_seq": -1}, "/newest_seq"),
        ({"commands": [7]}, "/commands/0"),
        ({"sent_at": "now"}, "/sent_at"),
    ],
)
def test_what_is_no_push_is_refused_as_a_whole(phone: Client, said: dict[str, object], pointer: str) -> None:
    answer = push(phone, **said)
    assert answer.status_code == 422
    assert pointer in {fault["pointer"] for fault in answer.json["errors"]}


def test_an_idempotency_key_is_not_needed(phone: Client, cast) -> None:
    told = command(1, "departure", cast.visit)
    first, again = push(phone, told), push(phone, told)
    assert [one.json["results"][0]["is_duplicate"] for one in (first, again)] == [False, True]
    assert first.json["results"][0]["visit_version"] == again.json["results"][0]["visit_version"]


def test_forked_numbers(phone: Client, cast) -> None:
    assert push(phone, command(1, "departure", cast.visit)).status_code == 200
    for _ in range(2):
        answer = push(phone, command(1, "departure", cast.visit))
        assert (answer.status_code, answer.json["code"]) == (409, "device_forked")
    assert push(register(phone), command(1, "check_in", cast.visit)).json["last_seq"] == 1


def test_a_phone_goes_on_after_signing_in_again(phone: Client, client_for, cast) -> None:
    push(phone, command(1, "departure", cast.visit))
    again = client_for("technician1")
    assert again.get(f"{API}/sync/pull").json["code"] == "no_device"
    register(again, id=phone.device_id)
    assert again.device_id == phone.device_id
    assert push(again, command(2, "check_in", cast.visit)).json["last_seq"] == 2


def test_a_lost_phone_is_told_to_wipe_itself_whatever_it_asks(phone: Client, client_for) -> None:
    lost = client_for("supervisor").post(f"{API}/devices/{phone.device_id}/loss", json={})
    assert (lost.status_code, lost.json["state"]) == (200, "lost")
    for answer in (
        phone.get(f"{API}/sync/pull"),
        phone.get(f"{API}/my/route"),
        phone.post(f"{API}/auth/tokens/refresh", json={"refresh_token": phone.refresh_token}),
    ):
        assert (answer.status_code, answer.json["code"]) == (401, "wipe_ordered")


def test_a_phone_that_was_taken_back_may_only_tell_what_it_holds(phone: Client, cast) -> None:
    phone.post(f"{API}/devices/{phone.device_id}/revocation", json={})
    content = picture("PNG")
    attached = f"{API}/visits/{cast.visit}/blobs/{hashlib.sha256(content).hexdigest()}"
    assert phone.put(attached, data=content, content_type="image/png").status_code == 201
    for path in ("/my/route", f"/visits/{cast.visit}", "/sync/commands", "/me"):
        answer = phone.get(f"{API}{path}")
        assert (answer.status_code, answer.json["code"]) == (403, "device_revoked")
    again = phone.post(f"{API}/devices", json={"name": "x", "platform": "x", "app_version": "1"})
    assert (again.status_code, again.json["code"]) == (409, "device_not_active")


def test_a_phone_that_was_taken_back_gets_out_of_it_by_no_other_name(phone: Client, client_for, cast) -> None:
    other = register(client_for("technician1"))
    assert push(phone, command(1, "departure", cast.visit)).status_code == 200
    client_for("supervisor").post(f"{API}/devices/{phone.device_id}/revocation", json={})
    assert push(phone, command(1, "departure", cast.visit)).json["code"] == "device_forked"
    said = {"id": other.device_id, "name": "x", "platform": "x", "app_version": "1"}
    assert phone.post(f"{API}/devices", json=said).json["code"] == "device_not_active"
    first, phone.device_id = phone.device_id, other.device_id
    assert push(phone).json["code"] == "device_not_active"
    assert phone.get(f"{API}/my/route").json["code"] == "device_revoked"
    assert other.get(f"{API}/my/route").status_code == 200
    assert phone.get(f"{API}/sync/pull").json["is_revoked"] is True
    phone.device_id = first
    assert push(phone, newest_seq=1).json["is_wipe_ordered"] is True


def test_a_phone_that_signs_in_again_ends_its_old_session(phone: Client, client_for) -> None:
    again = client_for("technician1")
    register(again, id=phone.device_id)
    assert phone.get(f"{API}/me").json["code"] == "session_ended"
    client_for("admin").post(f"{API}/devices/{phone.device_id}/loss", json={})
    assert again.get(f"{API}/me").json["code"] == "wipe_ordered"
    thief = client_for("technician1")  # who knows the password as well
    answer = thief.post(
        f"{API}/devices", json={"id": phone.device_id, "name": "x", "platform": "x", "app_version": "1"}
    )
    assert (answer.status_code, answer.json["code"]) == (401, "wipe_ordered")


def test_a_clock_at_the_end_of_time_gets_through(phone: Client, cast) -> None:
    for seq, year in ((1, 2199), (2, 1970)):
        said = f"{year}-01-01T00:00:00-03:00"
        told = command(seq, "departure", cast.visit) | {"occurred_at": said}
        assert push(phone, told, sent_at=said).json["last_seq"] == seq


def test_a_phone_that_was_taken_back_ends_its_session(phone: Client, cast) -> None:
    phone.post(f"{API}/devices/{phone.device_id}/revocation", json={})
    assert phone.get(f"{API}/sync/pull").json["is_revoked"] is True
    assert push(phone, command(1, "departure", cast.visit)).json["is_wipe_ordered"] is True
    wiped = phone.post(f"{API}/devices/{phone.device_id}/wipe", json={})
    assert wiped.json["state"] == "wiped"
    assert phone.get(f"{API}/me").json["code"] == "session_ended"


def test_the_office_reads_both_sides(phone: Client, client_for, cast) -> None:
    client_for("dispatcher").post(f"{API}/visits/{cast.visit}/cancellation", json={"reason": "customer"})
    told = command(1, "acceptance", cast.visit) | {"base_version": 1}
    (result,) = push(phone, told).json["results"]
    assert (result["status"], result["problem"]["code"]) == ("conflict", "visit_not_yours")
    path = f"{API}/sync/commands?status=conflict&visit_id={cast.visit}"
    for login, args in (("dispatcher", {}), ("supervisor", {}), ("technician1", None)):
        (kept,) = client_for(login).get(path).json["items"]
        assert (kept["id"], kept["base_version"], kept["problem"]["state"]) == (told["id"], 1, "cancelled")
        assert kept["args"] == args
    assert client_for("technician2").get(path).json["items"] == []
    assert client_for("outsider").get(path).json["items"] == []
    assert client_for("agent").get(path).status_code == 403


def test_a_clock_that_is_fast_by_an_hour_is_put_right(phone: Client, client_for, cast) -> None:
    fast = datetime.now(UTC) + timedelta(hours=1)
    told = command(1, "departure", cast.visit) | {"occurred_at": fast.isoformat()}
    assert push(phone, told, sent_at=fast.isoformat()).json["results"][0]["status"] == "applied"
    (kept,) = client_for("dispatcher").get(f"{API}/sync/commands?visit_id={cast.visit}").json["items"]
    assert datetime.fromisoformat(kept["occurred_at"]) < datetime.now(UTC)
    assert datetime.fromisoformat(kept["said_at"]) == fast
    (device,) = client_for("admin").get(f"{API}/devices").json["items"]
    assert -3700 < device["clock_offset_s"] < -3500


def test_a_technician_says_from_the_phone_that_he_does_not_work(phone: Client, client_for, cast) -> None:
    begins = datetime.now(UTC) + timedelta(days=3)
    away = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(days=2)).isoformat()}
    whose, other = cast.technician1.technician_id, cast.technician2.technician_id
    answer = push(
        phone,
        command(1, "absence", whose, **away, reason="sick"),
        command(2, "absence", whose, **away, reason="leave"),
        command(3, "absence", other, **away, reason="sick"),
        command(4, "absence", whose, **(away | {"ends_at": away["starts_at"]}), reason="tired"),
        command(5, "acceptance", cast.visit),
    )
    results = answer.json["results"]
    assert [one["status"] for one in results] == ["applied", "applied", "rejected", "rejected", "applied"]
    assert results[2]["problem"]["code"] == "not_found"
    assert results[3]["problem"]["errors"][0]["pointer"] == "/args/reason"
    dispatcher = client_for("dispatcher")
    shown = dispatcher.get(f"{API}/absences").json["items"]
    assert [(one["reason"], one["state"]) for one in shown] == [("sick", "granted"), ("leave", "requested")]
    asked = shown[1]["id"]
    granted = dispatcher.post(f"{API}/absences/{asked}/decision", json={"is_granted": True})
    assert (granted.status_code, granted.json["state"]) == (200, "granted")
    assert phone.post(f"{API}/absences/{asked}/decision", json={"is_granted": True}).status_code == 403
    withdrawn = phone.post(f"{API}/absences/{asked}/withdrawal", json={})
    assert withdrawn.json["state"] == "withdrawn"
    assert client_for("technician2").get(f"{API}/absences").json["items"] == []
