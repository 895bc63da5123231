"""Photos of a visit: the word of them and the bytes, in whichever order; nobody else's, and never half of one."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from fieldsvc.bootstrap import Application
from fieldsvc.models import Blob, Event
from fieldsvc.persistence.ownership import key_for
from fieldsvc.services.photos import blob_faults
from tests.api.conftest import Client, ClientFor
from tests.fieldsvc.cast import Cast
from tests.fieldsvc.pictures import PLACE, picture, video
from tests.fieldsvc.stage import WAYS, Stage

PHOTO = picture("JPEG", gps=True)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def stage(application: Application, cast: Cast) -> Stage:
    """Give the stage with the technician at the site."""
    stage = Stage(application.database, cast)
    stage.walk(*WAYS["on_site"])
    return stage


@pytest.fixture
def technician(client_for: ClientFor, stage: Stage) -> Client:
    return client_for("technician1")


def address(cast: Cast, content: bytes = PHOTO) -> str:
    return f"/api/v1/visits/{cast.visit}/blobs/{sha256_of(content)}"


def put(client: Client, cast: Cast, content: bytes = PHOTO, named: str | None = None) -> TestResponse:
    path = address(cast, content) if named is None else f"/api/v1/visits/{cast.visit}/blobs/{named}"
    return client.put(path, data=content, content_type="image/jpeg")


def test_a_photo_is_recorded_stored_and_fetched_without_its_place(
    technician: Client, client_for: ClientFor, cast: Cast, application: Application
) -> None:
    said = {"sha256": sha256_of(PHOTO), "stage": "before", "note": "the pump as it was"}
    recorded = technician.post(f"/api/v1/visits/{cast.visit}/photos", json=said)
    assert recorded.status_code == 201, recorded.json
    (photo,) = recorded.json["photos"]
    assert (photo["stage"], photo["note"], photo["media_type"]) == ("before", "the pump as it was", None)
    stored = put(technician, cast)
    assert stored.status_code == 201, stored.json
    assert stored.json["sha256"] == sha256_of(PHOTO) != stored.json["kept_sha256"]
    assert put(technician, cast).status_code == 200  # once more is no change
    (photo,) = technician.get(f"/api/v1/visits/{cast.visit}").json["photos"]
    assert (photo["media_type"], photo["kept_sha256"]) == ("image/jpeg", stored.json["kept_sha256"])
    dispatcher = client_for("dispatcher")
    fetched = dispatcher.get(address(cast))
    assert (fetched.status_code, fetched.content_type) == (200, "image/jpeg")
    assert sha256_of(fetched.data) == stored.json["kept_sha256"] == fetched.headers["ETag"].strip('"')
    assert dispatcher.get(address(cast), headers={"If-None-Match": fetched.headers["ETag"]}).status_code == 304
    files = [path.read_bytes() for path in application.blobs.directory.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert fetched.data[:40] not in files[0]
    with application.database.read_only() as session:
        event = session.query(Event).filter_by(kind="blob_stored").one()
        assert event.data["kept_sha256"] == stored.json["kept_sha256"]


def test_videos_and_documents_are_attached_too(technician: Client, cast: Cast) -> None:
    film = put(technician, cast, video())
    assert (film.status_code, film.json["media_type"]) == (201, "video/mp4")
    fetched = technician.get(address(cast, video()))
    assert fetched.headers["Content-Disposition"] == "attachment"
    assert fetched.data.count(PLACE.encode()) == 1  # in the film itself
    assert put(technician, cast, b"%PDF-1.7").status_code == 201


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_media"),
        (b"\xff\xd8\xff<script>alert(1)</script>", "unreadable_media"),
        (PHOTO[:200], "unreadable_media"),
        (b"", "unknown_media"),
    ],
)
def test_what_can_not_be_attached_is_refused(
    technician: Client, cast: Cast, application: Application, content: bytes, code: str
) -> None:
    answer = put(technician, cast, content)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, code)
    assert not application.blobs.directory.exists()


@pytest.mark.parametrize("named", ["0" * 64, "nothing", "%00", "..%2f..%2fetc", "F" * 64])
def test_other_bytes_than_the_address_names_are_refused(technician: Client, cast: Cast, named: str) -> None:
    answer = put(technician, cast, PHOTO, named)
    assert answer.status_code in (404, 422)
    assert technician.get(f"/api/v1/visits/{cast.visit}/blobs/{named}").status_code == 404


def test_a_flood_is_refused(technician: Client, cast: Cast, application: Application) -> None:
    large = b"\xff\xd8\xff" + b"0" * 2_000_000
    assert put(technician, cast, large).status_code == 422  # larger than other bodies may be
    answer = put(technician, cast, bytes(application.settings.max_blob_bytes + 1))
    assert (answer.status_code, answer.json["code"]) == (413, "body_too_large")


def test_nobody_else_attaches_or_sees(client_for: ClientFor, technician: Client, cast: Cast) -> None:
    assert put(technician, cast).status_code == 201
    for login in ("technician2", "outsider", "foreign_technician"):
        other = client_for(login)
        assert put(other, cast, picture("PNG")).status_code == 404
        assert other.get(address(cast)).status_code == 404
    warehouse = client_for("warehouse")
    assert put(warehouse, cast).status_code == 403
    assert technician.get(f"/api/v1/visits/{cast.other_visit}/blobs/{sha256_of(PHOTO)}").status_code == 404
    assert put(client_for("agent"), cast, picture("PNG")).status_code == 201


def test_who_was_sent_the_visit_once_still_brings_the_bytes(
    client_for: ClientFor, application: Application, cast: Cast
) -> None:
    Stage(application.database, cast).walk("decline")
    technician = client_for("technician1")
    assert put(technician, cast).status_code == 201
    assert technician.get(address(cast)).status_code == 404  # but sees the visit no more


def test_many_at_once_store_it_once(technician: Client, cast: Cast, application: Application) -> None:
    app, token = technician.application, technician.access_token

    def one(_: int) -> int:
        client = app.test_client()
        client.access_token = token
        return put(client, cast).status_code

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(one, range(8)))
    assert outcomes == [200] * 7 + [201]
    with application.database.read_only() as session:
        (blob,) = session.query(Blob).all()
    names = [path.name for path in application.blobs.directory.rglob("*") if path.is_file()]
    assert names == [blob.id.hex]


def test_a_file_that_is_gone_comes_back(technician: Client, cast: Cast, application: Application) -> None:
    put(technician, cast)
    (path,) = (path for path in application.blobs.directory.rglob("*") if path.is_file())
    path.unlink()
    assert technician.get(address(cast)).status_code == 404
    assert put(technician, cast).status_code == 200
    assert technician.get(address(cast)).status_code == 200


def test_a_full_disk_is_said_and_nothing_is_half_stored(
    technician: Client, cast: Cast, application: Application, tmp_path: Path
) -> None:
    application.blobs.directory.parent.mkdir(parents=True, exist_ok=True)
    application.blobs.directory.write_text("a file where the folder should be")
    answer = put(technician, cast)
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    application.blobs.directory.unlink()
    assert put(technician, cast).status_code == 201


def test_a_phone_tells_of_a_photo(technician: Client, cast: Cast) -> None:
    phone = {"name": "phone", "platform": "android", "app_version": "1"}
    device = technician.post("/api/v1/devices", json=phone).json["id"]
    now = datetime.now(UTC).isoformat()
    command = {
        "id": str(uuid4()),
        "seq": 1,
        "type": "photo",
        "entity_id": str(cast.visit),
        "args": {"sha256": sha256_of(PHOTO), "stage": "after"},
        "occurred_at": now,
    }
    told = {"device_id": device, "schema_version": 1, "sent_at": now, "newest_seq": 1, "commands": [command]}
    answer = technician.post("/api/v1/sync/push", json=told)
    assert answer.json["results"][0]["status"] == "applied", answer.json
    (photo,) = technician.get(f"/api/v1/visits/{cast.visit}").json["photos"]
    assert (photo["sha256"], photo["stage"]) == (sha256_of(PHOTO), "after")


def test_the_same_photo_said_again_keeps_the_newest_word(technician: Client, cast: Cast) -> None:
    for stage, note in (("before", "first"), ("after", None)):
        said = {"sha256": sha256_of(PHOTO), "stage": stage, "note": note}
        assert technician.post(f"/api/v1/visits/{cast.visit}/photos", json=said).status_code == 201
    (photo,) = technician.get(f"/api/v1/visits/{cast.visit}").json["photos"]
    assert (photo["stage"], photo["note"]) == ("after", None)


def test_what_becomes_of_an_attachment_behind_our_back_is_found(
    technician: Client, cast: Cast, application: Application
) -> None:
    def faults() -> list[str]:
        return list(blob_faults(application.database, application.blobs))

    put(technician, cast)
    assert faults() == []
    (path,) = (path for path in application.blobs.directory.rglob("*") if path.is_file())
    whole = path.read_bytes()
    path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:])
    answer = technician.get(address(cast))
    assert (answer.status_code, "damaged" in answer.json["detail"]) == (404, True)
    assert ["can not be opened" in fault for fault in faults()] == [True]
    path.unlink()
    assert ["is gone" in fault for fault in faults()] == [True]
    with application.database.unit_of_work() as uow:
        path.write_bytes(key_for(uow.session, cast.customer).seal(b"another picture"))
    assert ["is not what was stored" in fault for fault in faults()] == [True]
    path.write_bytes(whole)
    with application.database.unit_of_work() as uow:
        uow.session.query(Blob).one().kept_sha256 = "0" * 64
        uow.commit()
    assert [fault.split(" is not ")[1] for fault in faults()] == ["filed as it was stored.", "what was stored."]
    with application.database.unit_of_work() as uow:
        uow.session.delete(uow.session.query(Blob).one())
        uow.commit()
    assert ["its row is gone" in fault for fault in faults()] == [True]
