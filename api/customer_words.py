"""What the customer's page says, in English and Chinese."""

from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time
from babel.numbers import format_currency, get_currency_precision

from fieldsvc.domain.approval_states import ApprovalState
from fieldsvc.domain.sign_off_states import SignOffState
from fieldsvc.domain.ticket_states import TicketState
from fieldsvc.domain.visit_states import VisitState
from fieldsvc.services.tracking import Progress

LANGUAGES = ("en", "zh")
_PATTERNS = {"en": "EEE d MMMM, HH:mm", "zh": "M月d日 EEE HH:mm"}

WORDS: Final = MappingProxyType(
    {
        "en": {
            "title": "Service",
            "switch": "中文",
            "other_language": "zh",
            "report": "Report",
            "as_pdf": "The report as PDF",
            "confirm": "I confirm this report",
            "your_name": "Your name",
            "object": "Something is not right",
            "what_is_wrong": "What is wrong?",
            "send": "Send",
            "rate": "How content are you?",
            "stars": "Stars",
            "comment": "Would you like to say more?",
            "postpone": "Another time",
            "ask_for_time": "Ask for this time",
            "day": "Day",
            "part_of_day": "Time of day",
            "whole_day": "Any time, 8 to 18",
            "morning": "Morning, 8 to 12",
            "afternoon": "Afternoon, 13 to 18",
            "cancel": "Call it off",
            "cancel_means": "Nobody will come, and the report of the fault is closed.",
            "cancel_now": "Call it off now",
            "offer": "This has to be paid for",
            "total": "Total",
            "approve": "I agree to pay this",
            "decline": "I do not want this",
            "done": "Thank you. This is noted.",
            "check": "Please look at what you have entered.",
            "gone": "This link does not open anything (any more). Please ask us for a new one.",
            "arrives": "{technician} is expected at {arrival}.",
            "between": "Agreed: {start} to {end}.",
        },
        "zh": {
            "title": "服务",
            "switch": "English",
            "other_language": "en",
            "report": "服务报告",
            "as_pdf": "下载报告 PDF",
            "confirm": "我确认此报告",
            "your_name": "您的姓名",
            "object": "有问题要反映",
            "what_is_wrong": "哪里有问题？",
            "send": "提交",
            "rate": "您满意吗？",
            "stars": "评分",
            "comment": "还想补充什么？",
            "postpone": "改约时间",
            "ask_for_time": "申请这个时间",
            "day": "日期",
            "part_of_day": "时段",
            "whole_day": "全天 8–18 点",
            "morning": "上午 8–12 点",
            "afternoon": "下午 13–18 点",
            "cancel": "取消服务",
            "cancel_means": "取消后不再上门，报修单将关闭。",
            "cancel_now": "现在取消",
            "offer": "以下项目需付费",
            "total": "合计",
            "approve": "我同意付费",
            "decline": "我不需要",
            "done": "谢谢，已记录。",
            "check": "请检查您填写的内容。",
            "gone": "此链接已失效，请向我们索取新的链接。",
            "arrives": "{technician} 预计 {arrival} 到达。",
            "between": "约定时间：{start} 至 {end}。",
        },
    }
)

_S, _V = TicketState, VisitState
_OF_VISIT = {
    _V.UNSCHEDULED: ("We are looking for a time for the visit.", "正在为您安排上门时间。"),
    _V.PLANNED: ("The visit is being planned.", "上门服务正在安排中。"),
    _V.DISPATCHED: ("The visit is planned.", "上门服务已安排。"),
    _V.ACCEPTED: ("The visit is planned.", "上门服务已安排。"),
    _V.EN_ROUTE: ("The technician is on the way.", "技术人员已出发。"),
    _V.ON_SITE: ("The technician has arrived.", "技术人员已到达。"),
    _V.WORKING: ("The technician is at work.", "技术人员正在作业。"),
    _V.PAUSED: ("The work is paused.", "作业暂停。"),
    _V.COMPLETED: ("The work is done.", "作业已完成。"),
    _V.INCOMPLETE: ("The work could not be finished; another visit follows.", "本次未能完成，将再次上门。"),
}
_OF_TICKET = {
    _S.NEW: ("We have received your report.", "已收到您的报修。"),
    _S.TRIAGED: ("We are working on it.", "正在处理。"),
    _S.IN_PROGRESS: ("We are working on it.", "正在处理。"),
    _S.WAITING: ("We are waiting for something that is needed.", "正在等待所需条件。"),
    _S.RESOLVED: ("The work is done.", "作业已完成。"),
    _S.CLOSED: ("Everything is done and closed.", "服务已完成并关闭。"),
    _S.REJECTED: ("We can't help with this.", "很抱歉，无法受理。"),
    _S.CANCELLED: ("This was called off.", "服务已取消。"),
}
_OF_SIGN_OFF = {
    SignOffState.PRESENTED: ("You have not answered this report yet.", "您尚未答复此报告。"),
    SignOffState.SIGNED: ("You have signed this report.", "您已签署此报告。"),
    SignOffState.CONFIRMED_REMOTE: ("You have confirmed this report.", "您已确认此报告。"),
    SignOffState.REFUSED: ("This report was not signed.", "此报告未签署。"),
    SignOffState.ABSENT: ("Nobody was there to sign this report.", "签署时无人在场。"),
    SignOffState.WAIVED: ("This report was closed without a signature.", "此报告免签。"),
    SignOffState.EXPIRED: ("This report counts as accepted, as nobody objected.", "期限内未提异议，视为认可。"),
    SignOffState.DISPUTED: ("You have objected; we are looking into it.", "已收到您的异议，正在处理。"),
    SignOffState.UPHELD: ("You were right; we come again.", "异议成立，将再次上门。"),
    SignOffState.DISMISSED: ("We have looked into your objection; the report stands.", "经核查，报告维持不变。"),
}
_OF_APPROVAL = {
    ApprovalState.APPROVED: ("You have agreed to this.", "您已同意。"),
    ApprovalState.DECLINED: ("You did not want this.", "您未同意。"),
}
_REFUSALS = {
    "other_offer": ("The offer has changed meanwhile. Please read it again.", "报价已更新，请重新阅读。"),
    "link_used": ("This was confirmed already. Thank you.", "已确认过，谢谢。"),
    "other_report": ("The report has changed meanwhile. Please read it again.", "报告已更新，请重新阅读。"),
    "dispute_window_over": ("The time for objections is over. Please call us.", "异议期限已过，请致电我们。"),
    "visit_on_site": ("The technician is with you already.", "技术人员已在现场。"),
    "no_visit_to_come": ("No visit is to come.", "目前没有待上门的服务。"),
}
_NOT_NOW = ("This is not possible now. Please call us.", "现在无法操作，请致电我们。")


def standing(progress: Progress, language: str) -> str:
    """Return how far it is, in one sentence: as the visit has it while one is under way."""
    is_open = progress.ticket_state in (_S.TRIAGED, _S.IN_PROGRESS)
    if is_open and progress.visit_state in _OF_VISIT:
        return _in(_OF_VISIT[progress.visit_state], language)
    return _in(_OF_TICKET[progress.ticket_state], language)


def answered(progress: Progress, language: str) -> str:
    """Return what was said about the report."""
    known = _OF_SIGN_OFF.get(progress.sign_off_state) if progress.sign_off_state is not None else None
    return "" if known is None else _in(known, language)


def offers(progress: Progress, language: str) -> list[dict[str, Any]]:
    """Return what the customer is asked to pay for, as the page shows it."""

    def money(cents: int, currency: str) -> str:
        amount = Decimal(cents).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=language)

    return [
        {
            "id": one.id,
            "sha256": one.offer_sha256,
            "lines": [
                {
                    "text": line.text,
                    "quantity": line.quantity,
                    "price": money(line.quantity * line.unit_price_cents, one.currency),
                }
                for line in one.lines
            ],
            "total": money(one.total_cents, one.currency),
            "is_open": one.state is ApprovalState.REQUESTED,
            "answer": _in(_OF_APPROVAL.get(one.state, ("", "")), language),
        }
        for one in progress.approvals
    ]


def arrival(progress: Progress, language: str) -> str:
    """Return who is expected when, while somebody is."""
    is_to_come = progress.visit_state in (_V.DISPATCHED, _V.ACCEPTED, _V.EN_ROUTE)
    if progress.planned_arrival is None or progress.technician is None or not is_to_come:
        return ""
    said = WORDS[language]["arrives"]
    return said.format(technician=progress.technician, arrival=_moment(progress.planned_arrival, progress, language))


def window(progress: Progress, language: str) -> str:
    """Return what was promised, while it is to come."""
    start, end = progress.window_start, progress.window_end
    if start is None or end is None or not arrival(progress, language):
        return ""
    until = format_time(end, "HH:mm", tzinfo=ZoneInfo(progress.zone), locale=language)
    return WORDS[language]["between"].format(start=_moment(start, progress, language), end=until)


def refusal(code: str, language: str) -> str:
    """Return why something was not done, as a customer is told."""
    return WORDS[language]["gone"] if code == "not_found" else _in(_REFUSALS.get(code, _NOT_NOW), language)


def _in(both: tuple[str, str], language: str) -> str:
    return both[LANGUAGES.index(language)]


def _moment(moment: datetime, progress: Progress, language: str) -> str:
    return format_datetime(moment, _PATTERNS[language], tzinfo=ZoneInfo(progress.zone), locale=language)
