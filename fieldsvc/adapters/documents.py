"""A printed report as PDF: Chinese and English, the signature as it was drawn, and a code to verify it with.

The same report gives the same bytes: nothing in them comes from the moment of printing.
"""

import json
import logging
import threading
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.fonts import TTFFont

from fieldsvc.domain.documents import Statement
from fieldsvc.domain.sign_off_states import SignOffState

# Of a report that is longer, or needs more different characters, only the beginning is printed; its hash stands for the
# whole. Each different character is one to draw.
MOST_CHARACTERS, MOST_DIFFERENT = 20_000, 2_500
_MARGIN_MM, _LINE_MM, _LABEL_MM, _CODE_MM = 18.0, 6.0, 62.0, 34.0
_PAD_MM = (90.0, 34.0)
_OUTCOMES = {
    SignOffState.PRESENTED: "尚未答复 Not answered yet",
    SignOffState.SIGNED: "客户已签字 Signed by the customer",
    SignOffState.CONFIRMED_REMOTE: "客户已在线确认 Confirmed by the customer by link",
    SignOffState.REFUSED: "客户拒绝签字 The customer refused to sign",
    SignOffState.ABSENT: "客户不在场 Nobody was there to sign",
    SignOffState.WAIVED: "主管免签 Waived by a supervisor",
    SignOffState.EXPIRED: "逾期视为接受 Accepted, as nobody objected in time",
}
_METHODS = {"drawn": "手写 drawn", "typed": "输入 typed", "link": "链接 by link"}

# Drawing needs the processor alone: however many ask, the other threads of the process go on.
_ONE_AT_A_TIME = threading.Lock()

logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of each table that it leaves out


def print_pdf(statement: Statement, content: bytes, address: str | None) -> bytes:
    """Return the PDF of a report and what was said about it. address: where it can be verified, if it can."""
    with _ONE_AT_A_TIME:
        return _printed(statement, content, address)


def _printed(statement: Statement, content: bytes, address: str | None) -> bytes:
    page = _Sheet(statement)
    page.title("服务报告 Service report")
    page.facts(_facts(statement))
    page.heading("报告内容 Report")
    page.text(_text(statement.media_type, content))
    strokes = json.loads(statement.strokes or "[]")
    if any(strokes):
        page.heading("签字 Signature", _PAD_MM[1])
        page.drawing(strokes)
    if address is not None:
        page.heading("验证 Verification", _CODE_MM + _LINE_MM * 3)
        page.proof(statement.sha256, address)
    else:
        page.text("未签发凭证 No document was issued of it that could be verified.")
    return bytes(page.pdf.output())


class _Sheet:
    """A document that is written from top to bottom."""

    def __init__(self, statement: Statement) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.set_margin(_MARGIN_MM)
        self.pdf.set_auto_page_break(True, _MARGIN_MM)
        self.pdf.set_creation_date(statement.stated_at)
        self.pdf.set_title(f"Service report {statement.visit}")
        chinese, other = _fonts()
        self.pdf.add_font("text", fname=chinese)
        self.pdf.add_font("other", fname=other)
        self.pdf.set_fallback_fonts(["other"])
        self.pdf.alias_nb_pages("")  # nothing that was written stands for the number of pages
        fonts = (font for font in self.pdf.fonts.values() if isinstance(font, TTFFont))
        self._drawn = {code for font in fonts for code in font.cmap}
        self.pdf.add_page()

    def title(self, text: str) -> None:
        self._line(text, 20, _LINE_MM * 2)

    def heading(self, text: str, with_mm: float = _LINE_MM) -> None:
        """Write a heading on the page where what stands below it has room."""
        self.pdf.ln(_LINE_MM)
        if self.pdf.will_page_break(_LINE_MM * 2 + with_mm):
            self.pdf.add_page()
        self._line(text, 13, _LINE_MM * 1.4)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Write a label and a value on each line."""
        self.pdf.set_font("text", size=10)
        for label, value in facts:
            self.pdf.cell(_LABEL_MM, _LINE_MM, label)
            self.text(value)

    def text(self, text: str) -> None:
        self.pdf.set_font("text", size=10)
        self.pdf.multi_cell(0, _LINE_MM, self._printable(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _printable(self, text: str) -> str:
        """Return text without control characters but lines and tabs; what no font draws stands by its number."""
        return "".join(
            one if one in "\n\t" or ord(one) in self._drawn else f"[U+{ord(one):04X}]"
            for one in text
            if one in "\n\t" or unicodedata.category(one)[0] != "C"
        )

    def drawing(self, strokes: Sequence[Sequence[Sequence[int]]]) -> None:
        """Draw the strokes as large as they fit, as they were in proportion."""
        left, top = self.pdf.get_x(), self.pdf.get_y()
        points = [point for stroke in strokes for point in stroke]
        x0, y0 = min(point[0] for point in points), min(point[1] for point in points)
        width, height = max(point[0] for point in points) - x0, max(point[1] for point in points) - y0
        scale = min(_PAD_MM[0] / max(1, width), _PAD_MM[1] / max(1, height))
        self.pdf.set_line_width(0.4)
        for stroke in strokes:
            line = [(left + (x - x0) * scale, top + (y - y0) * scale) for x, y, *_ in stroke]
            if line:
                self.pdf.polyline(line if len(line) > 1 else [line[0], (line[0][0] + 0.2, line[0][1])])
        self.pdf.set_y(top + _PAD_MM[1])

    def proof(self, sha256: str, address: str) -> None:
        """Print the hash, and the address to verify it at, also as a code for cameras."""
        self.text(f"SHA-256 {sha256}")
        self.text(address)
        top = self.pdf.get_y() + 2
        matrix = segno.make(address, error="m", micro=False).matrix
        side = _CODE_MM / len(matrix)
        for row, modules in enumerate(matrix):
            for column, is_dark in enumerate(modules):
                if is_dark:
                    self.pdf.rect(_MARGIN_MM + column * side, top + row * side, side, side, style="F")
        self.pdf.set_y(top + _CODE_MM)

    def _line(self, text: str, size: int, height: float) -> None:
        self.pdf.set_font("text", size=size)
        self.pdf.cell(0, height, text, new_x="LMARGIN", new_y="NEXT")


def _facts(statement: Statement) -> list[tuple[str, str]]:
    facts = [
        ("工单 Ticket", statement.ticket),
        ("上门服务 Visit", statement.visit),
        ("报告版本 Report version", str(statement.report_version)),
        ("报告摘要 Report SHA-256", statement.report_sha256),
        ("结果 Outcome", _OUTCOMES.get(statement.outcome, statement.outcome.value)),
        ("记录时间 Recorded", _moment(statement.stated_at)),
    ]
    said = [
        ("签字人 Signer", statement.signer_name),
        ("身份 Role", statement.signer_role),
        ("方式 Method", _METHODS.get(statement.method or "", statement.method)),
        ("签字时间 Signed", None if statement.signed_at is None else _moment(statement.signed_at)),
    ]
    return facts + [(label, value) for label, value in said if value]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _text(media_type: str, content: bytes) -> str:
    """Return the report as it can be printed."""
    if not media_type.startswith("text/") and media_type != "application/json":
        return f"报告为单独文件 The report is a file of its own: {media_type}, {len(content)} bytes."
    text = content.decode("utf-8", errors="replace")
    if media_type == "application/json" and len(text) <= MOST_CHARACTERS:
        text = _indented(text)
    end = _end(text)
    return text if end == len(text) else f"{text[:end]}\n… 仅打印开头 Only the beginning is printed."


def _end(text: str) -> int:
    """Return how many characters of a text are printed."""
    seen: set[str] = set()
    for index, one in enumerate(text[:MOST_CHARACTERS]):
        seen.add(one)
        if len(seen) > MOST_DIFFERENT:
            return index
    return min(len(text), MOST_CHARACTERS)


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


@cache
def _fonts() -> tuple[Path, Path]:
    """Return the fonts: one with Chinese, and one for letters that it lacks."""
    chinese = files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    other = files("font_roboto") / "files" / "Roboto-Regular.ttf"
    with as_file(chinese) as one, as_file(other) as two:
        return one, two
