"""The customer's page: readable without a script in two languages, and each form does what it says once."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from fieldsvc.bootstrap import Application
from fieldsvc.models import Event, Rating, SignOff, Visit
from tests.api.conftest import Client, ClientFor
from tests.api.test_visit_story import API, post
from tests.fieldsvc.cast import Cast
from tests.fieldsvc.stage import RECORD, WAYS, Stage

REPORT_PATH = "/track/{token}"


class Page(HTMLParser):
    """What a browser finds: words, forms with their fields, and anything that would run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.languages: list[str] = []
        self._form = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "html":
            self.languages.append(str(given["lang"]))
        if tag == "form":
            self._form = str(given["action"])
            self.forms[self._form] = {}
        if tag in ("input", "textarea", "select"):
            self.forms[self._form][str(given["name"])] = given.get("value") or ""
        assert not any(name.startswith("on") for name in given), given

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, what: str) -> tuple[str, dict[str, str]]:
        return next((action, dict(fields)) for action, fields in self.forms.items() if f"/{what}?" in action)

    @property
    def actions(self) -> set[str]:
        return {re.sub(r".*/(\w+)\?.*", r"\1", action) for action in self.forms}


@pytest.fixture
def stage(application: Application, cast: Cast) -> Stage:
    return Stage(application.database, cast)


@pytest.fixture
def link(client_for: ClientFor, cast: Cast) -> str:
    """Give the path of the page the desk sends to the customer."""
    made = post(client_for("agent"), f"/tickets/{cast.ticket}/link", expect=201)
    assert made["url"].endswith(f"/track/{made['token']}")
    return f"/track/{made['token']}"


def look(client: Client, path: str, language: str = "en", status: int = 200) -> Page:
    answer = client.get(path, headers={"Accept-Language": language})
    assert (answer.status_code, answer.mimetype) == (status, "text/html"), answer.text
    return Page(answer.text)


def send(client: Client, page: Page, what: str, status: int = 303, **filled: str) -> Page | None:
    """Fill a form in and send it; of one that was taken, follow to the page that says so."""
    action, fields = page.form(what)
    answer = client.post(action, data=fields | filled)
    assert answer.status_code == status, answer.text
    return look(client, answer.headers["Location"]) if status == 303 else Page(answer.text)


def test_it_says_who_comes_and_when_in_both_languages(anonymous: Client, link: str) -> None:
    page = look(anonymous, link)
    assert page.languages == ["en"]
    assert "The visit is planned." in page.text
    assert re.search(r"Ana is expected at \w{3} \d+ \w+, 10:00", page.text)
    assert "Souza" not in page.text
    assert page.actions == {"slot", "cancellation"}
    chinese = look(anonymous, link, language="zh-CN,zh;q=0.9")
    assert chinese.languages == ["zh"]
    assert re.search(r"Ana 预计 \d+月\d+日 周. 10:00 到达", chinese.text)
    assert look(anonymous, f"{link}?lang=en", language="zh-CN").languages == ["en"]


def test_nothing_in_it_runs_and_nothing_is_kept_by_a_browser(anonymous: Client, link: str) -> None:
    answer = anonymous.get(link)
    page = Page(answer.text)
    assert not {"script", "img", "iframe", "object", "link"} & page.tags
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert len(answer.data) < 10_000


def test_to_look_changes_nothing(anonymous: Client, link: str, stage: Stage) -> None:
    before = stage.events(stage.cast.visit)
    for path in (link, f"{link}?done", f"{link}?lang=zh"):
        look(anonymous, path)
    assert [event.id for event in stage.events(stage.cast.visit)] == [event.id for event in before]


def test_the_report_is_read_and_confirmed_once(anonymous: Client, link: str, stage: Stage) -> None:
    stage.walk(*WAYS["working"], *RECORD[:-1])  # nobody signs at the door
    page = look(anonymous, link)
    assert "You have not answered this report yet." in page.text
    assert "confirmation" in page.actions
    done = send(anonymous, page, "confirmation", signer_name="王伟")
    assert done is not None
    assert "Thank you. This is noted." in done.text
    assert "You have confirmed this report." in done.text
    assert "confirmation" not in done.actions
    with stage.database.read_only() as session:
        (sign_off,) = session.scalars(select(SignOff)).all()
        assert (sign_off.state, sign_off.signer_name, sign_off.method) == ("confirmed_remote", "王伟", "link")
        sources = session.scalars(select(Event.source).where(Event.kind == "report_confirmed")).all()
    assert sources == ["page"]
    again = send(anonymous, page, "confirmation", signer_name="王伟")  # the same page, sent twice
    assert again is not None
    page.forms[page.form("confirmation")[0]]["key"] = "another"
    refused = send(anonymous, page, "confirmation", status=409)
    assert refused is not None
    assert "This was confirmed already." in refused.text


def test_a_text_report_stands_on_the_page_as_it_is(anonymous: Client, client_for: ClientFor, link: str, stage) -> None:
    stage.walk(*WAYS["working"])
    text = "<script>alert('x')</script>\n更换了密封圈 & all is well"
    post(client_for("technician1"), f"/visits/{stage.cast.visit}/report", {"content": text}, expect=201)
    answer = anonymous.get(link)
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\n更换了密封圈 &amp; all is well" in answer.text


def test_a_customer_objects_and_rates(anonymous: Client, link: str, stage: Stage) -> None:
    stage.bring_to("completed")
    page = look(anonymous, link)
    assert page.actions == {"dispute", "rating"}
    rated = send(anonymous, page, "rating", stars="4", comment="好")
    assert rated is not None
    objected = send(anonymous, page, "dispute", objection="还在漏水")
    assert objected is not None
    assert "You have objected; we are looking into it." in objected.text
    with stage.database.read_only() as session:
        assert [(one.stars, one.comment) for one in session.scalars(select(Rating))] == [(4, "好")]
        assert [one.objection for one in session.scalars(select(SignOff))] == ["还在漏水"]


@pytest.mark.parametrize(("part", "hours"), [("morning", (8, 12)), ("afternoon", (13, 18)), ("day", (8, 18))])
def test_another_time_is_asked_for_in_the_zone_of_the_site(
    anonymous: Client, link: str, stage: Stage, part: str, hours: tuple[int, int]
) -> None:
    day = stage.cast.day + timedelta(days=3)
    done = send(anonymous, look(anonymous, link), "slot", day=day.isoformat(), part=part)
    assert done is not None
    assert "We are looking for a time for the visit." in done.text
    with stage.database.read_only() as session:
        (window,) = session.get_one(Visit, stage.cast.visit).windows
        wanted = tuple(stage.cast.at(hour) + timedelta(days=3) for hour in hours)
        assert (window.earliest, window.latest) == wanted


def test_a_customer_calls_it_off(anonymous: Client, link: str, stage: Stage) -> None:
    done = send(anonymous, look(anonymous, link), "cancellation")
    assert done is not None
    assert "This was called off." in done.text
    assert done.actions == set()
    assert stage.row(Visit, stage.cast.visit).state == "cancelled"


def test_while_somebody_is_on_the_way_nothing_is_moved(anonymous: Client, link: str, stage: Stage) -> None:
    before = look(anonymous, link)
    stage.bring_to("en_route")
    page = look(anonymous, link)
    assert "The technician is on the way." in page.text
    assert page.actions == set()
    refused = send(anonymous, before, "cancellation", status=409)
    assert refused is not None
    assert "This is not possible now. Please call us." in refused.text
    assert stage.row(Visit, stage.cast.visit).state == "en_route"


@pytest.mark.parametrize(
    ("what", "filled"),
    [
        ("rating", {"stars": ""}),
        ("rating", {"stars": "6"}),
        ("rating", {"stars": "²"}),
        ("rating", {"stars": "9" * 5000}),
        ("rating", {"stars": "3", "comment": "x" * 2001}),
        ("rating", {"stars": "3", "other": "x"}),
        ("dispute", {"objection": " "}),
        ("dispute", {"objection": "x\0"}),
        ("dispute", {"objection": "x", "report_sha256": "no hash"}),
    ],
)
def test_a_form_that_is_filled_in_wrongly_changes_nothing(
    anonymous: Client, link: str, stage: Stage, what: str, filled: dict[str, str]
) -> None:
    stage.bring_to("completed")
    events = len(stage.events(stage.cast.visit))
    page = send(anonymous, look(anonymous, link), what, status=422, **filled)
    assert page is not None
    assert "Please look at what you have entered." in page.text
    assert len(stage.events(stage.cast.visit)) == events


def test_a_day_that_has_passed_is_not_taken(anonymous: Client, link: str, stage: Stage) -> None:
    day = stage.cast.day - timedelta(days=1)
    refused = send(anonymous, look(anonymous, link), "slot", status=422, day=day.isoformat())
    assert refused is not None
    assert stage.row(Visit, stage.cast.visit).state == "dispatched"


def test_a_link_that_opens_nothing_says_so_in_both_languages(anonymous: Client) -> None:
    assert "This link does not open anything" in look(anonymous, "/track/made-up", status=404).text
    assert "此链接已失效" in look(anonymous, "/track/made-up?lang=zh", status=404).text
    answer = anonymous.post("/track/made-up/cancellation", data={})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert anonymous.post("/track/made-up/anything", data={}).status_code == 404


def test_the_options_over_the_api_are_those_of_the_page(anonymous: Client, link: str, stage: Stage) -> None:
    shown = anonymous.get(f"{API}{link}").json
    assert (shown["options"], shown["zone"]) == (["postpone", "cancel"], "America/Sao_Paulo")
    stage.bring_to("completed")
    assert anonymous.get(f"{API}{link}").json["options"] == ["dispute", "rate"]
