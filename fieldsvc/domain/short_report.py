"""The report of what was solved without a visit, as the customer reads it: plain text in two languages."""

from dataclasses import dataclass

from fieldsvc.domain.catalogue import Resolution

_RESOLUTIONS = {
    Resolution.REPAIRED: "已修复 Repaired",
    Resolution.REPLACED: "已更换 Replaced",
    Resolution.REFUNDED: "已退款 Refunded",
    Resolution.UPDATED: "已升级 Updated",
    Resolution.CONFIGURED: "已设置 Configured",
    Resolution.ADVISED: "已指导 Advised",
    Resolution.NO_FAULT_FOUND: "未发现故障 No fault found",
    Resolution.REDRESS: "已补偿 Redress",
}


@dataclass(frozen=True, slots=True)
class Solved:
    """What was found and done from the desk. verification_reason: why the test failed, or could not be made."""

    symptom: str
    cause: str
    action: str
    solution: str
    resolution: Resolution
    verification_passed: bool
    verification_reason: str | None = None


def short_report(ticket: str, subject: str, solved: Solved) -> str:
    """Return the report on a ticket, by its number; the same facts give the same text."""
    passed = "通过 passed" if solved.verification_passed else f"未通过 not passed: {solved.verification_reason}"
    return "\n".join(
        (
            f"服务报告 Service report {ticket}",
            "",
            f"问题 Problem: {subject}",
            f"诊断 Diagnosis: {solved.symptom} / {solved.cause} / {solved.action}",
            f"处理 Solution: {solved.solution}",
            f"结果 Result: {_RESOLUTIONS[solved.resolution]}",
            f"验证 Test: {passed}",
            "",
        )
    )
