"""Files over HTTP: brought in whole or not at all, once, and given out so that they can be brought in again."""

import csv
import hashlib
import io
from typing import Any
from uuid import uuid4

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from fieldsvc.bootstrap import Application
from fieldsvc.models import Event, ImportedFile, Part
from tests.fieldsvc.at_once import at_once
from tests.fieldsvc.cast import Cast

IMPORTS, EXPORTS = "/api/v1/imports", "/api/v1/exports"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = "number,name_en,name_zh,unit_cost_cents,price_cents"
VALVE = (
    f"{HEADER},barcode,models,substitutes\n"
    "007,Valve,阀门,1200,2500,4006,Aqua 3; Aqua 2,P-1;008\n008,Tap,龙头,90,150,,,\n"
)


@pytest.fixture
def admin(client_for: Any) -> Any:
    return client_for("admin")


def send(client: Any, content: bytes | str, what: str = "parts", kind: str = CSV, **options: Any) -> Any:
    query = {"what": what, **options.pop("query", {})}
    data = content.encode() if isinstance(content, str) else content
    return client.post(IMPORTS, data=data, query_string=query, content_type=kind, **options)


def workbook(*rows: Any) -> bytes:
    made, written = Workbook(), io.BytesIO()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]  # a new workbook has a sheet
    made.save(written)
    return written.getvalue()


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code >= 400, answer.json
    return [(one["code"], one["pointer"]) for one in answer.json["errors"]]


def test_parts_are_added_changed_and_left(admin: Any, client_for: Any, application: Application) -> None:
    tried = send(admin, VALVE, query={"dry_run": "true"})
    assert admin.get("/api/v1/parts?number=007").json["items"] == []
    done = send(admin, VALVE)
    assert done.status_code == 200, done.json
    assert (done.json["added"], done.json["encoding"], done.json["is_dry_run"]) == (2, "utf-8", False)
    apart = {"id", "is_dry_run"}
    assert {**done.json, **dict.fromkeys(apart)} == {**tried.json, **dict.fromkeys(apart)}
    made = admin.get("/api/v1/parts?number=007").json["items"][0]
    other = admin.get("/api/v1/parts?number=P-1").json["items"][0]
    new = admin.get("/api/v1/parts?number=008").json["items"][0]
    assert (made["models"], made["substitutes"]) == (["Aqua 2", "Aqua 3"], [other["id"], new["id"]])
    changed = send(admin, VALVE.replace("2500", "2600").replace("Aqua 3; ", ""))
    assert [changed.json[name] for name in ("added", "changed", "unchanged")] == [0, 1, 1]
    shown = admin.get(f"/api/v1/parts/{made['id']}")
    assert (shown.json["price_cents"], shown.json["models"], shown.json["barcode"]) == (2600, ["Aqua 2"], "4006")
    assert shown.json["version"] == made["version"] + 1
    with application.database.read_only() as session:
        events = session.scalars(select(Event).where(Event.kind == "import_done").order_by(Event.change_no)).all()
    assert [one.data["added"] for one in events] == [2, 0]
    assert events[0].data["sha256"] == hashlib.sha256(VALVE.encode()).hexdigest()


def test_who_may(client_for: Any) -> None:
    keeper = client_for("warehouse")
    assert send(keeper, VALVE).status_code == 403
    assert send(keeper, "location,part,quantity\nwarehouse,P-1,3\n", "counts").status_code == 200
    for login in ("technician1", "agent", "dispatcher", "supervisor"):
        assert send(client_for(login), "x", "counts").status_code == 403


def test_the_same_file_twice_does_nothing(admin: Any, application: Application) -> None:
    first = send(admin, VALVE).json
    part = admin.get("/api/v1/parts?number=008").json["items"][0]
    renamed = admin.patch(f"/api/v1/parts/{part['id']}", json={"name_en": "x"}, headers={"If-Match": '"1"'})
    assert renamed.status_code == 200
    again, tried = send(admin, VALVE), send(admin, VALVE, query={"dry_run": "true"})
    assert again.json == first | {"is_repeat": True}
    assert tried.json == first | {"is_repeat": True, "is_dry_run": True}
    assert admin.get(f"/api/v1/parts/{part['id']}").json["name_en"] == "x"
    key = {"Idempotency-Key": uuid4().hex}
    answers = [send(admin, VALVE + "\n", headers=key) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert send(admin, VALVE + "\n\n", headers=key).json["code"] == "idempotency_key_reused"


def test_at_once_the_same_file_is_brought_in_once(admin: Any, application: Application) -> None:
    answers = at_once(*[lambda: send(admin, VALVE) for _ in range(6)])
    assert {one.status_code for one in answers} == {200}
    assert sorted(one.json["is_repeat"] for one in answers) == [False, *[True] * 5]
    with application.database.read_only() as session:
        assert session.scalar(select(func.count()).where(Part.number == "007")) == 1
        assert session.scalar(select(func.count()).select_from(ImportedFile)) == 1


def test_all_faults_are_named_and_the_file_of_errors_can_be_corrected(admin: Any) -> None:
    wrong = (
        f"{HEADER},barcode,substitutes,is_serialised\n"
        "A,One,一,1.9,100,1,,false\n"
        'B,Two,二,"1,5",1.234,1,P -1,maybe\n'
        "A,,三,12,100,,A,true\n"
        f"P-1,P-1,P-1,900,1500,,,true\n{'9' * 65},x,x,{'9' * 5000},-1,,,\n"
    )
    refused = send(admin, wrong)
    assert (refused.status_code, refused.json["code"]) == (422, "import_refused")
    assert faults(refused) == [
        ("fraction", "/lines/2/unit_cost_cents"),
        ("wrong_type", "/lines/3/is_serialised"),
        ("fraction", "/lines/3/unit_cost_cents"),
        ("ambiguous_number", "/lines/3/price_cents"),
        ("duplicate", "/lines/3/barcode"),
        ("unknown_part", "/lines/3/substitutes"),
        ("wrong_length", "/lines/4/name_en"),
        ("duplicate", "/lines/4/number"),
        ("itself", "/lines/4/substitutes"),
        ("has_moved", "/lines/5/is_serialised"),
        ("wrong_length", "/lines/6/number"),
        ("wrong_type", "/lines/6/is_serialised"),
        ("out_of_range", "/lines/6/unit_cost_cents"),
        ("out_of_range", "/lines/6/price_cents"),
    ]
    messages = [one["message"] for one in refused.json["errors"]]
    assert messages[0].startswith("A: Is '1.9' in other units?")
    assert "did you mean 'P-1'?" in messages[5]
    assert all(word in messages[7] for word in ("A: ", "line 2"))
    listed = send(admin, wrong, headers={"Accept": CSV})
    assert (listed.status_code, listed.mimetype) == (422, CSV)
    rows = list(csv.DictReader(io.StringIO(listed.data.decode("utf-8-sig"), newline="")))
    assert [bool(row["error"]) for row in rows] == [True] * 5
    assert rows[1]["unit_cost_cents"] == "1,5"
    rows = rows[:1]
    rows[0]["unit_cost_cents"] = "190"
    written = io.StringIO()
    writer = csv.DictWriter(written, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    assert send(admin, written.getvalue()).json["added"] == 1


def test_columns_are_named(admin: Any) -> None:
    answer = send(admin, "number,nmae_en,name_zh,price_cents,price_cents\nA,B,C,1,2\n")
    assert faults(answer) == [
        ("unknown_column", "/lines/1"),
        ("duplicate_column", "/lines/1"),
        ("missing_column", "/lines/1"),
        ("missing_column", "/lines/1"),
    ]
    assert "did you mean 'name_en'?" in answer.json["errors"][0]["message"]
    assert [one["message"] for one in answer.json["errors"][2:]] == [
        "Add the column 'name_en'.",
        "Add the column 'unit_cost_cents'.",
    ]
    assert faults(send(admin, HEADER.replace(",", ";") + "\n")) == [("not_separated", "/lines/1")]
    assert faults(send(admin, f"{HEADER}\nA,B,C,1,2,3\n")) == [("too_many_cells", "/lines/2")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_encodings_are_stated(admin: Any, encoding: str) -> None:
    content = VALVE.encode(encoding)
    stated = encoding.removesuffix("-sig")
    if encoding == "gb18030":
        unsaid = send(admin, content)
        assert (unsaid.status_code, unsaid.json["code"]) == (400, "unreadable_file")
        assert faults(unsaid) == [("undecodable", "/query/encoding")]
        assert all(word in unsaid.json["errors"][0]["message"] for word in ("Tried utf-8", "gb18030"))
    by_charset = send(admin, content, kind=f"text/csv; charset={stated}", query={"dry_run": "true"})
    by_query = send(admin, content, query={"encoding": stated})
    assert (by_charset.json["encoding"], by_query.json["encoding"], by_query.json["added"]) == (stated, stated, 2)
    assert admin.get("/api/v1/parts?number=008").json["items"][0]["name_zh"] == "龙头"


def test_encodings_are_never_guessed(admin: Any) -> None:
    without_order = send(admin, VALVE.encode("utf-16-le"), query={"encoding": "utf-16"})
    assert faults(without_order) == [("undecodable", "/query/encoding")]
    two = send(admin, VALVE, kind="text/csv; charset=gbk", query={"encoding": "utf-8"})
    assert faults(two) == [("contradictory_encoding", "/query/encoding")]
    assert send(admin, VALVE, kind="text/csv; charset=latin-1").status_code == 415
    assert send(admin, VALVE, kind="application/json").status_code == 415
    assert send(admin, VALVE, query={"dry_run": "yes"}).status_code == 422


def test_a_workbook_is_read_strictly(admin: Any) -> None:
    header = HEADER.split(",")
    good = send(admin, workbook(header, ["007", "Valve", "阀门", 1200, 2500.0]), kind=XLSX)
    assert good.json["added"] == 1, good.json
    assert admin.get("/api/v1/parts?number=007").status_code == 200
    bad = send(admin, workbook([*header, "unit"], [7, "=1+1", "#N/A", 1.9, True, "m"]), kind=XLSX)
    assert faults(bad) == [
        ("not_text", "/lines/2/number"),
        ("not_a_value", "/lines/2/name_en"),
        ("not_a_value", "/lines/2/name_zh"),
        ("fraction", "/lines/2/unit_cost_cents"),
        ("wrong_type", "/lines/2/price_cents"),
    ]
    for content in (b"", b"PK", VALVE.encode()):
        assert send(admin, content, kind=XLSX).json["code"] == "unreadable_file"


def test_counts_post_what_is_little_and_let_the_rest_wait(cast: Cast, client_for: Any) -> None:
    keeper = client_for("warehouse")
    before = {row["location"]: row for row in stock(keeper) if row["part"] == "P-1"}
    little = int(before["warehouse"]["on_hand"]) + 1
    said = f"location,part,quantity,serials\nwarehouse,P-1,{little},\nvan1,P-1,400,\n"
    tried = send(keeper, said, "counts", query={"dry_run": "true"})
    assert stock(keeper) == [*stock(keeper)]
    assert {row["location"]: row for row in stock(keeper) if row["part"] == "P-1"} == before
    done = send(keeper, said, "counts")
    assert done.status_code == 200, done.json
    hidden = {"id": None, "is_dry_run": True}
    without_ids = [one | {"count_id": None, "number": None} for one in done.json["counts"]]
    assert tried.json == done.json | hidden | {"counts": without_ids}
    states = {one["location"]: one["state"] for one in done.json["counts"]}
    assert states == {"warehouse": "posted", "van1": "submitted"}
    assert (done.json["lines"], done.json["changed"]) == (2, 2)
    after = {row["location"]: row["on_hand"] for row in stock(keeper) if row["part"] == "P-1"}
    assert (after["warehouse"], after["van1"]) == (str(little), before["van1"]["on_hand"])
    waits = send(keeper, said + "\n", "counts")
    assert (waits.status_code, waits.json["code"]) == (409, "count_waiting")


def test_faults_of_counts(cast: Cast, client_for: Any) -> None:
    said = (
        "location,part,quantity,serials\n"
        "wearhouse,P-1,1,\nwarehouse,P-9,1,\nwarehouse,P-1,1,S-1\nwarehouse,P-1,-1,\ncustomer,P-1,1,\n"
    )
    assert faults(send(client_for("warehouse"), said, "counts")) == [
        ("unknown_location", "/lines/2/location"),
        ("unknown_part", "/lines/3/part"),
        ("no_serials", "/lines/4/serials"),
        ("out_of_range", "/lines/5/quantity"),
        ("duplicate", "/lines/5/part"),
        ("unknown_location", "/lines/6/location"),
    ]


def stock(client: Any) -> list[dict[str, str]]:
    answer = client.get(f"{EXPORTS}/stock")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_the_stock_is_cut_to_the_scope(cast: Cast, client_for: Any) -> None:
    keeper, technician = stock(client_for("warehouse")), stock(client_for("technician1"))
    assert "value_cents" in keeper[0]
    assert "value_cents" not in technician[0]
    assert {row["location"] for row in technician} < {row["location"] for row in keeper}
    assert "van2" not in {row["location"] for row in technician}
    assert "supplier" not in {row["location"] for row in keeper}
    book = client_for("warehouse").get(f"{EXPORTS}/stock?format=xlsx")
    assert book.mimetype == XLSX
    assert len(list(load_workbook(io.BytesIO(book.data)).active.rows)) == len(keeper) + 1  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_what_is_given_out_runs_nowhere_and_comes_back_unchanged(admin: Any, kind: str) -> None:
    names = ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "''x", "#N/A", " x ", "a\r\nb", "_x0041_", "\x01", "007", "x;y\\"]
    for place, name in enumerate(names):
        said = {"number": f"{name}{place}", "name_en": name, "name_zh": name, "unit_cost_cents": 1, "price_cents": 2}
        body = said | {"models": [name, f"{name};"], "barcode": f"{name}!"}
        assert admin.post("/api/v1/parts", json=body, headers={"Idempotency-Key": uuid4().hex}).status_code == 201
    given = admin.get(f"{EXPORTS}/parts", query_string={"format": "csv" if kind == CSV else "xlsx"})
    assert (given.status_code, given.mimetype) == (200, kind)
    if kind == CSV:
        cells = [cell for row in csv.reader(io.StringIO(given.data.decode("utf-8-sig"), newline="")) for cell in row]
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r"))]
    else:
        sheet = load_workbook(io.BytesIO(given.data)).active
        assert {cell.data_type for row in sheet.rows for cell in row} <= {"s", "n", "inlineStr"}  # type: ignore[union-attr]
    back = send(admin, given.data, kind=kind)
    assert back.status_code == 200, back.json
    assert (back.json["added"], back.json["changed"]) == (0, 0)
    assert back.json["unchanged"] == back.json["lines"] > len(names)


def test_texts_that_nothing_can_keep(admin: Any) -> None:
    nul = send(admin, f"{HEADER}\nA,x\0y,z,1,2\n")
    half = send(admin, workbook(HEADER.split(","), ["A", "a_xD800_", "z", 1, 2]), kind=XLSX)
    for refused in (nul, half):
        assert faults(refused) == [("unreadable_text", "/lines/2/name_en")]
    listed = send(admin, f"{HEADER}\nA,x\0y,=cmd(),1,=2\n", headers={"Accept": CSV})
    row = list(csv.reader(io.StringIO(listed.data.decode("utf-8-sig"), newline="")))[1]
    assert row[:5] == ["A", "x\0y", "'=cmd()", "1", "'=2"]


def test_files_have_a_limit_of_their_own(admin: Any, application: Application) -> None:
    long = VALVE + "\n" * (application.settings.max_body_bytes + 1)
    refused = send(admin, long)
    assert (refused.status_code, refused.json["code"]) == (413, "file_too_large")
    cells = VALVE + "," * 2_000_000 + "x"
    assert send(admin, cells).json["code"] == "file_too_large"
    assert send(admin, bytes(application.settings.max_import_bytes + 1)).json["code"] == "body_too_large"
