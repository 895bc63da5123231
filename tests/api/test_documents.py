"""A report is printed with what was said about it, in two languages, and anybody can verify it."""

import re

import pypdfium2
import pytest
from sqlalchemy import select

from fieldsvc.models import ServiceDocument
from fieldsvc.services.evidence import verify_evidence
from tests.api.test_visit_story import API, get, post

CONTENT = "更换了水泵 new pump fitted by Łukasz\nall is well 好"
STROKES = [[[10, 10, 0], [60, 40, 9], [120, 12, 20]], [[130, 30, 40]]]


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


@pytest.fixture
def signed(client_for, cast) -> str:
    """Bring the cast's visit to a signature; give its path."""
    technician, visit = client_for("technician1"), f"/visits/{cast.visit}"
    for step in ("acceptance", "departure", "check-in", "work"):
        post(technician, f"{visit}/{step}")
    post(technician, f"{visit}/diagnosis", {"symptom": "leak", "cause": "seal", "action": "tighten"}, expect=201)
    post(technician, f"{visit}/verification", {"passed": True})
    shown = post(technician, f"{visit}/report", {"content": CONTENT}, expect=201)
    draft = text_of(technician.get(f"{API}{visit}/report.pdf").data)
    assert "Not answered yet" in draft
    assert "Verification" not in draft
    answer = {
        "outcome": "signed",
        "report_sha256": shown["report"]["sha256"],
        "signer_name": "王伟",
        "signer_role": "owner",
        "strokes": STROKES,
    }
    post(technician, f"{visit}/sign-off", answer)
    return visit


def test_what_is_printed_says_all_of_it_and_can_be_verified(client_for, anonymous, signed) -> None:
    technician = client_for("technician1")
    printed = technician.get(f"{API}{signed}/report.pdf")
    assert (printed.status_code, printed.content_type) == (200, "application/pdf")
    text = text_of(printed.data)
    for words in ("更换了水泵 new pump fitted by Łukasz", "all is well 好", "王伟", "owner", "客户已签字 Signed by"):
        assert words in text
    (sha256,) = re.findall(r"SHA-256 ([0-9a-f]{64})\s+http", text)
    assert printed.headers["ETag"] == f'"{sha256}"'
    assert get(anonymous, f"/verify/{sha256}") == {"sha256": sha256, "is_issued": True}
    page = anonymous.get(f"/verify/{sha256.upper()}")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "是 Yes" in page.text
    assert sha256 in page.text
    assert "王伟" not in page.text


def test_it_is_the_same_whenever_and_by_whomever_it_is_printed(client_for, anonymous, cast, signed) -> None:
    link = post(client_for("agent"), f"/tickets/{cast.ticket}/link", expect=201)
    first = client_for("technician1").get(f"{API}{signed}/report.pdf")
    again = client_for("supervisor").get(f"{API}{signed}/report.pdf")
    by_link = anonymous.get(f"{API}/track/{link['token']}/report.pdf")
    assert first.data == again.data == by_link.data
    known = anonymous.get(f"{API}/track/{link['token']}/report.pdf", headers={"If-None-Match": first.headers["ETag"]})
    assert known.status_code == 304


def test_others_print_nothing(client_for, signed) -> None:
    assert client_for("technician2").get(f"{API}{signed}/report.pdf").status_code == 404
    assert client_for("warehouse").get(f"{API}{signed}/report.pdf").status_code == 403


@pytest.mark.parametrize("made_up", ["0" * 64, "short", "a" * 65, "<script>alert(1)", "\N{BELL}"])
def test_what_was_not_issued_here_is_not_confirmed(anonymous, made_up) -> None:
    assert get(anonymous, f"/verify/{made_up}")["is_issued"] is False
    page = anonymous.get(f"/verify/{made_up}")
    assert "否 No" in page.text
    assert "<script" not in page.text


def test_a_document_that_is_exchanged_is_found(application, client_for, signed) -> None:
    def faults() -> list[str]:
        with application.database.read_only() as session:
            return [one for one in verify_evidence(session, application.anchors).faults if "Document" in one]

    assert faults() == []
    with application.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE service_documents SET outcome = 'waived'")
    (fault,) = faults()
    assert "is not as the chain says it was issued" in fault
    assert client_for("technician1").get(f"{API}{signed}/report.pdf").status_code == 409
    with application.database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE service_documents SET sha256 = '{'1' * 64}'")
    assert len(faults()) == 2


def test_a_salt_that_is_exchanged_is_found(application, signed) -> None:
    with application.database.unit_of_work() as uow:
        uow.session.scalars(select(ServiceDocument)).one().salt = "00"
        uow.commit()
    with application.database.read_only() as session:
        (fault,) = verify_evidence(session, application.anchors).faults
    assert "does not say what was said when it was issued" in fault


def test_what_was_answered_before_documents_were_issued_is_printed_as_it_stands(
    application, client_for, signed
) -> None:
    with application.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM service_documents")
    printed = client_for("technician1").get(f"{API}{signed}/report.pdf")
    assert "ETag" not in printed.headers
    text = text_of(printed.data)
    assert "Signed by the customer" in text
    assert "No document was issued" in text
