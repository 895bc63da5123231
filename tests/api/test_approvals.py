"""What is to be paid for over HTTP: asked at the desk, seen on the phone, answered on the device or by link."""

import hashlib
import json

from tests.api.conftest import Client, ClientFor
from tests.api.test_customer_pages import look, send
from tests.api.test_visit_story import API, get, post
from tests.fieldsvc.cast import Cast

OFFER = {"lines": [{"text": "Two hours of work", "quantity": 2, "unit_price_cents": 9_000}]}
STROKES = [[[1, 1, 0], [2, 2, 9]]]


def asked(client: Client, cast: Cast, offer: dict[str, object] = OFFER) -> dict[str, object]:
    return post(client, f"/tickets/{cast.ticket}/approvals", offer, expect=201)


def test_it_is_asked_at_the_desk_and_signed_on_the_device(client_for: ClientFor, cast: Cast) -> None:
    made = asked(client_for("agent"), cast)
    for step in ("acceptance", "departure", "check-in"):
        post(client_for("technician1"), f"/visits/{cast.visit}/{step}")
    assert (made["state"], made["total_cents"], made["currency"], made["version"]) == ("requested", 18_000, "EUR", 1)
    technician = client_for("technician1")
    (shown,) = get(technician, f"/visits/{cast.visit}")["approvals"]
    assert shown["offer_sha256"] == made["offer_sha256"]
    signed = {
        "is_approved": True,
        "offer_sha256": shown["offer_sha256"],
        "signer_name": "王伟",
        "strokes": STROKES,
    }
    post(technician, f"/approvals/{made['id']}/decision", signed | {"offer_sha256": "0" * 64}, expect=409)
    post(technician, f"/approvals/{made['id']}/decision", {**signed, "strokes": []}, expect=422)
    done = post(technician, f"/approvals/{made['id']}/decision", signed)
    assert (done["state"], done["method"]) == ("approved", "drawn")
    assert "signer_name" not in done
    assert get(client_for("agent"), f"/tickets/{cast.ticket}/approvals")["items"] == [done]
    post(technician, f"/approvals/{made['id']}/decision", signed, expect=409)


def test_the_hash_is_that_of_the_one_json_text_anybody_can_make(client_for: ClientFor, cast: Cast) -> None:
    offer = {"lines": [{"text": "水泵 pump", "quantity": 1, "unit_price_cents": 12_900, "part_id": str(cast.part)}]}
    made = asked(client_for("agent"), cast, offer)
    number = get(client_for("agent"), f"/tickets/{cast.ticket}")["number"]
    content = {"ticket": number, "currency": "EUR", "total_cents": 12_900, **offer}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert made["offer_sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_price_is_a_whole_number_and_all_faults_are_told(client_for: ClientFor, cast: Cast) -> None:
    wrong = {"lines": [{"text": "", "quantity": 0, "unit_price_cents": 1.5}, {"text": "x", "price": 1}]}
    refused = client_for("agent").post(
        f"{API}/tickets/{cast.ticket}/approvals", json=wrong, headers={"Idempotency-Key": "wrong"}
    )
    assert sorted(fault["pointer"] for fault in refused.json["errors"]) == [
        "/lines/0/quantity",
        "/lines/0/text",
        "/lines/0/unit_price_cents",
        "/lines/1/price",
        "/lines/1/unit_price_cents",
    ]
    none = client_for("agent").post(
        f"{API}/tickets/{cast.ticket}/approvals", json={"lines": []}, headers={"Idempotency-Key": "none"}
    )
    assert none.status_code == 422


def test_the_customer_answers_by_link(client_for: ClientFor, anonymous: Client, cast: Cast) -> None:
    agent = client_for("agent")
    track = f"/track/{post(agent, f'/tickets/{cast.ticket}/link', expect=201)['token']}"
    made = asked(agent, cast)
    (shown,) = get(anonymous, track)["approvals"]
    assert (shown["id"], shown["lines"][0]["text"]) == (made["id"], "Two hours of work")
    said = {"is_approved": False, "offer_sha256": shown["offer_sha256"], "reason": "too dear"}
    answered = post(anonymous, f"{track}/approvals/{made['id']}", said)
    assert [one["state"] for one in answered["approvals"]] == ["declined"]
    post(anonymous, f"{track}/approvals/{made['id']}", said, expect=409)
    other = post(agent, f"/tickets/{cast.ticket}/link", expect=201)["token"]
    assert get(anonymous, f"/track/{other}")["approvals"] == answered["approvals"]


def test_the_customer_answers_on_the_page(client_for: ClientFor, anonymous: Client, cast: Cast) -> None:
    agent = client_for("agent")
    first, second = asked(agent, cast), asked(agent, cast)
    path = f"/track/{post(agent, f'/tickets/{cast.ticket}/link', expect=201)['token']}"
    page = look(anonymous, path)
    assert page.text.count("Two hours of work") == 2
    assert "€180.00" in page.text
    assert "€180.00" in look(anonymous, f"{path}?lang=zh").text
    done = send(anonymous, page, str(first["id"]), is_approved="yes", signer_name="王伟")
    assert done is not None
    assert "You have agreed to this." in done.text
    refused = send(anonymous, done, str(second["id"]), status=422, is_approved="perhaps")
    assert refused is not None
    declined = send(anonymous, done, str(second["id"]), is_approved="no")
    assert declined is not None
    assert "You did not want this." in declined.text
    states = [one["state"] for one in get(agent, f"/tickets/{cast.ticket}/approvals")["items"]]
    assert states == ["approved", "declined"]


def test_an_offer_of_somebody_else_is_not_there(client_for: ClientFor, anonymous: Client, cast: Cast) -> None:
    made = asked(client_for("agent"), cast)
    foreign = post(client_for("outsider"), f"/tickets/{cast.foreign_ticket}/link", expect=201)["token"]
    said = {"is_approved": True, "offer_sha256": made["offer_sha256"]}
    post(anonymous, f"/track/{foreign}/approvals/{made['id']}", said, expect=404)
    post(client_for("outsider"), f"/approvals/{made['id']}/withdrawal", expect=404)
