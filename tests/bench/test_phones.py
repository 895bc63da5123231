"""The reference phone and its days: what a phone keeps survives, and what does not hold in the evening is found."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import delete, update

from bench.phones import day as days
from bench.phones.client import NoNetwork, Phone, Reply, Synced
from bench.phones.databases import Databases, databases
from bench.phones.day import Day, play
from bench.phones.store import KEPT_FOR, PhoneStore
from fieldsvc.models import Blob, Consumption, PhoneCommand, Visit

VISIT = uuid4()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, room: Path) -> Iterator[tuple[Day, Databases, list[str]]]:
    """Give a day that has gone by, everybody's database in the evening, and what was found in it."""
    with databases("sqlite", room) as made:
        day = Day(7, made, tmp_path_factory.mktemp("evening"))
        day.go_by()
        day.end()
        found = list(days._findings(day, Counter()))
        go_home(day)
        made.back_up()
        for file in day._files:
            shutil.copyfile(file, file.with_suffix(".kept"))
        yield day, made, found


@pytest.fixture
def evening(played: tuple[Day, Databases, list[str]]) -> Iterator[Day]:
    """Give the evening of that day, as it was when nobody had touched anything."""
    day, made, _ = played
    made.restore()
    for number, file in enumerate(day._files):
        for left in file.parent.glob(f"{file.name}*"):
            left.unlink()
        shutil.copyfile(file.with_suffix(".kept"), file)
        day.people[number].phone = day._phone(number)
    yield day
    go_home(day)


def go_home(day: Day) -> None:
    """Close everything, so that the files hold all of it."""
    for person in day.people:
        person.phone.store.close()
    day.application.database.dispose()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_day_with_all_its_weather_ends_well_and_replays(kind: str, room: Path) -> None:
    with databases(kind, room) as made:
        first, again = play(3, made), play(3, made)
    assert (first.findings, again.findings) == ([], [])
    assert first.digest == again.digest
    assert first.counts["commands"] > 50
    for what in ("lost", "repeated", "delayed", "killed", "commands kept", "commands conflict"):
        assert first.counts[what] > 0, what


def test_a_day_that_is_held_up_outlives_its_token(tmp_path: Path, room: Path) -> None:
    with databases("sqlite", room) as made:
        with time_machine.travel(datetime.now(UTC) - timedelta(minutes=11), tick=True):
            day = Day(7, made, tmp_path)
        day.weather.is_calm = True
        ends = [person.phone.sync() for person in day.people]
        go_home(day)
    assert ends == [Synced.DONE] * len(ends)


def test_nothing_is_found_where_all_is_well(played: tuple[Day, Databases, list[str]], evening: Day) -> None:
    assert played[2] == []
    assert list(days._findings(evening, Counter())) == []


def test_what_the_server_loses_is_found(evening: Day) -> None:
    with evening.application.database.engine.begin() as connection:
        connection.execute(delete(PhoneCommand).where(PhoneCommand.type == "departure"))
    found = list(days._findings(evening, Counter()))
    assert any("has lost command" in one for one in found)


def test_what_is_booked_twice_is_found(evening: Day) -> None:
    with evening.application.database.engine.begin() as connection:
        connection.execute(update(Consumption).values(quantity=2))
    assert any("are booked" in one for one in days._findings(evening, Counter()))


def test_what_differs_on_a_phone_is_found(evening: Day) -> None:
    with evening.application.database.engine.begin() as connection:  # behind the change counter's back
        connection.execute(update(Visit).values(priority=4))
    assert any("is not as the server has it" in one for one in days._findings(evening, Counter()))


class Script:
    """A network on which replies come as they are written down."""

    def __init__(self, *replies: Reply | None) -> None:
        self.replies, self.asked = list(replies), []

    def ask(self, method: str, path: str, *, body: Any = None, query: Any = None, content: Any = None) -> Reply:
        self.asked.append((method, path, body or query or content))
        reply = self.replies.pop(0)
        if reply is None:
            raise NoNetwork("no network")
        return reply


def registered() -> Reply:
    return Reply(201, {})


def pushed(last_seq: int, *seqs: int, wipe: bool = False) -> Reply:
    results = [{"id": f"command {seq}", "seq": seq, "status": "applied"} for seq in seqs]
    return Reply(200, {"results": results, "last_seq": last_seq, "is_wipe_ordered": wipe})


def pulled(last_seq: int = 0, **said: Any) -> Reply:
    answer = {"changes": {}, "cursor": "a.1", "reset": False, "has_more": False, "last_seq": last_seq}
    return Reply(200, answer | said)


def test_a_tap_outlives_the_application(tmp_path: Path) -> None:
    first = Phone(tmp_path / "phone.db", Script(None))
    told = first.note("departure", VISIT)
    assert first.sync() is Synced.LATER
    again = PhoneStore(tmp_path / "phone.db")
    assert [one["id"] for one in again.queued()] == [told["id"]]


def test_a_registration_whose_answer_was_lost_is_made_under_the_same_id(tmp_path: Path) -> None:
    network = Script(None, registered(), pushed(0), pulled())
    phone = Phone(tmp_path / "phone.db", network)
    assert (phone.sync(), phone.sync()) == (Synced.LATER, Synced.DONE)
    assert network.asked[0][2]["id"] == network.asked[1][2]["id"] == phone.store.device_id


def test_what_was_not_acknowledged_is_pushed_again(tmp_path: Path) -> None:
    network = Script(registered(), pushed(1, 1), pulled(1), None, pushed(2, 2), pulled(2))
    phone = Phone(tmp_path / "phone.db", network)
    phone.note("departure", VISIT)
    assert phone.sync() is Synced.DONE
    second = phone.note("check_in", VISIT)
    assert (phone.sync(), phone.sync()) == (Synced.LATER, Synced.DONE)
    sent = [body["commands"] for _, path, body in network.asked if path == "/sync/push"]
    assert [[one["seq"] for one in commands] for commands in sent] == [[1], [2], [2]]
    assert sent[-1][0]["id"] == second["id"]


def test_a_server_that_was_set_back_is_told_again(tmp_path: Path) -> None:
    network = Script(registered(), pushed(2, 1, 2), pulled(0), pushed(2, 1, 2), pulled(2))
    phone = Phone(tmp_path / "phone.db", network)
    for kind in ("departure", "check_in"):
        phone.note(kind, VISIT)
    assert (phone.sync(), phone.sync()) == (Synced.LATER, Synced.DONE)
    sent = [[one["seq"] for one in body["commands"]] for _, path, body in network.asked if path == "/sync/push"]
    assert sent == [[1, 2], [1, 2]]


def test_as_another_device_everything_is_told_again_from_one_on(tmp_path: Path) -> None:
    forked = Reply(409, {"code": "device_forked"})
    network = Script(registered(), pushed(2, 1, 2), pulled(2), forked, registered(), pushed(3, 1, 2, 3), pulled(3))
    phone = Phone(tmp_path / "phone.db", network)
    for kind in ("departure", "check_in"):
        phone.note(kind, VISIT)
    assert phone.sync() is Synced.DONE
    before = phone.store.device_id
    phone.note("work", VISIT)
    assert (phone.sync(), phone.sync()) == (Synced.LATER, Synced.DONE)
    assert phone.store.device_id != before
    sent = [[one["seq"] for one in body["commands"]] for _, path, body in network.asked if path == "/sync/push"]
    assert sent == [[1, 2], [3], [1, 2, 3]]


def test_what_has_no_answer_yet_is_told_again(tmp_path: Path) -> None:
    """A copy of the push was quicker: the counter is further than the answers."""
    network = Script(registered(), pushed(2, 1), pushed(2, 2), pulled(2))
    phone = Phone(tmp_path / "phone.db", network)
    for kind in ("departure", "check_in"):
        phone.note(kind, VISIT)
    assert phone.sync() is Synced.DONE
    sent = [[one["seq"] for one in body["commands"]] for _, path, body in network.asked if path == "/sync/push"]
    assert sent == [[1, 2], [2]]


def test_a_phone_that_is_older_than_what_it_told_begins_anew(tmp_path: Path) -> None:
    network = Script(registered(), pushed(10), registered(), pushed(1, 1), pulled(1))
    phone = Phone(tmp_path / "phone.db", network)
    assert phone.sync() is Synced.LATER
    first = network.asked[0][2]["id"]
    phone.note("departure", VISIT)
    assert phone.sync() is Synced.DONE
    assert phone.store.device_id != first


def test_what_is_too_large_together_is_told_in_turns(tmp_path: Path) -> None:
    network = Script(registered(), pushed(1, 1), pushed(2, 2), pushed(3, 3), pulled(3))
    phone = Phone(tmp_path / "phone.db", network)
    for _ in range(3):
        phone.note("report", VISIT, content="x" * 300_000)
    assert phone.sync() is Synced.DONE


def test_what_is_old_is_forgotten_but_for_the_last_number(tmp_path: Path) -> None:
    store = PhoneStore(tmp_path / "phone.db")
    long_ago = datetime.now(UTC) - KEPT_FOR - timedelta(days=1)
    told = [store.note("departure", VISIT, {}, None, long_ago) for _ in range(3)]
    store.learn([{"id": one["id"], "status": "applied"} for one in told], 3)
    store.forget_before(datetime.now(UTC))
    assert store.ids() == [told[-1]["id"]]
    assert store.note("work", VISIT, {}, None, datetime.now(UTC))["seq"] == 4


def test_a_phone_that_is_wiped_holds_nothing(tmp_path: Path) -> None:
    thing = {"visits": {"updated": [{"id": str(VISIT)}], "removed": []}}
    network = Script(registered(), pushed(0), pulled(changes=thing), pushed(0, wipe=True), Reply(200, {}))
    phone = Phone(tmp_path / "phone.db", network)
    assert phone.sync() is Synced.DONE
    assert phone.visit(VISIT) is not None
    assert phone.sync() is Synced.WIPED
    assert (phone.visit(VISIT), phone.store.device_id, phone.store.ids()) == (None, None, [])
    network.replies = [None]
    assert phone.sync() is Synced.WIPED  # it says so again, and never introduces itself
    assert network.asked[-1][1].endswith("/wipe")


def photos_sent(network: Script) -> list[bytes]:
    return [content for method, _, content in network.asked if method == "PUT"]


def test_a_photo_is_sent_until_it_is_acknowledged_and_once_more_after_the_server_was_set_back(tmp_path: Path) -> None:
    stored, not_now = Reply(201, {}), Reply(404, {"code": "not_found"})
    network = Script(
        registered(), pushed(1, 1), pulled(1), not_now, pushed(1), pulled(1), None, pushed(1), pulled(1), stored
    )
    phone = Phone(tmp_path / "phone.db", network)
    phone.photograph(VISIT, b"bytes")
    assert [phone.sync() for _ in range(3)] == [Synced.DONE, Synced.LATER, Synced.DONE]
    assert photos_sent(network) == [b"bytes"] * 3
    network.replies = [pushed(1), pulled(0), pushed(1, 1), pulled(1), stored]
    assert [phone.sync() for _ in range(2)] == [Synced.LATER, Synced.DONE]
    assert len(photos_sent(network)) == 4


def test_a_photo_that_is_never_wanted_is_not_sent_again(tmp_path: Path) -> None:
    network = Script(registered(), pushed(1, 1), pulled(1), Reply(410, {"code": "erased"}), pushed(1), pulled(1))
    phone = Phone(tmp_path / "phone.db", network)
    phone.photograph(VISIT, b"bytes")
    assert [phone.sync() for _ in range(2)] == [Synced.DONE, Synced.DONE]


def test_a_photo_is_sent_again_after_a_backup_of_between_the_word_and_the_bytes(tmp_path: Path) -> None:
    """The server knows every command, and not the photo: only the reset tells."""
    stored = Reply(201, {})
    network = Script(registered(), pushed(1, 1), pulled(1), stored, pushed(1), pulled(1, reset=True), stored)
    phone = Phone(tmp_path / "phone.db", network)
    phone.photograph(VISIT, b"bytes")
    assert [phone.sync() for _ in range(2)] == [Synced.DONE, Synced.DONE]
    assert len(photos_sent(network)) == 2


def test_the_same_picture_at_two_visits_is_sent_for_both(tmp_path: Path) -> None:
    network = Script(registered(), pushed(2, 1, 2), pulled(2), Reply(201, {}), Reply(201, {}))
    phone = Phone(tmp_path / "phone.db", network)
    for visit in (VISIT, uuid4()):
        phone.photograph(visit, b"bytes")
    assert phone.sync() is Synced.DONE
    assert len({path for method, path, _ in network.asked if method == "PUT"}) == 2


def test_a_photo_that_was_damaged_on_the_way_is_sent_again(tmp_path: Path) -> None:
    damaged = Reply(422, {"code": "invalid", "errors": [{"code": "hash_mismatch"}]})
    network = Script(registered(), pushed(1, 1), pulled(1), damaged, pushed(1), pulled(1), Reply(201, {}))
    phone = Phone(tmp_path / "phone.db", network)
    phone.photograph(VISIT, b"bytes")
    assert [phone.sync() for _ in range(2)] == [Synced.DONE, Synced.DONE]
    assert phone.store.unsent_files() == []


def test_a_phone_is_wiped_also_where_the_server_knows_no_visit_of_a_photo(tmp_path: Path) -> None:
    network = Script(registered(), pushed(1, 1, wipe=True), Reply(404, {"code": "not_found"}), Reply(200, {}))
    phone = Phone(tmp_path / "phone.db", network)
    phone.photograph(VISIT, b"bytes")
    assert phone.sync() is Synced.WIPED


def test_a_phone_is_wiped_only_when_its_photos_have_come(tmp_path: Path) -> None:
    network = Script(registered(), pushed(1, 1, wipe=True), None, pushed(1, wipe=True), Reply(201, {}), Reply(200, {}))
    phone = Phone(tmp_path / "phone.db", network)
    phone.photograph(VISIT, b"bytes")
    assert phone.sync() is Synced.LATER
    assert phone.store.unsent_files() != []
    assert phone.sync() is Synced.WIPED
    assert (photos_sent(network), phone.store.files()) == ([b"bytes"] * 2, [])


def test_a_lost_photo_is_found(evening: Day) -> None:
    with evening.application.database.engine.begin() as connection:
        connection.execute(delete(Blob))
    assert any("photo" in one and "is lost" in one for one in days._findings(evening, Counter()))


def test_a_reset_empties_the_store_first(tmp_path: Path) -> None:
    store = PhoneStore(tmp_path / "phone.db")
    first, second = str(uuid4()), str(uuid4())
    store.take_in(pulled(changes={"visits": {"updated": [{"id": first}], "removed": []}}).body)
    store.take_in(pulled(reset=True, changes={"visits": {"updated": [{"id": second}], "removed": []}}).body)
    assert list(store.things("visits")) == [second]
