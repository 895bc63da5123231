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
class ShortReport:
    """What is told. ticket: its number; verification_reason: why the test failed, or could not be made."""

    ticket: str
    subject: str
    symptom: str
    cause: str
    action: str
    solution: str
    resolution: Resolution
    verification_passed: bool
    verification_reason: str | None

    def text(self) -> str:
        """Return the report; the same facts give the same text."""
        passed = "通过 passed" if self.verification_passed else f"未通过 not passed: {self.verification_reason}"
        return "\n".join(
            (
                f"服务报告 Service report {self.ticket}",
                "",
                f"问题 Problem: {self.subject}",
                f"诊断 Diagnosis: {self.symptom} / {self.cause} / {self.action}",
                f"处理 Solution: {self.solution}",
                f"结果 Result: {_RESOLUTIONS[self.resolution]}",
                f"验证 Test: {passed}",
                "",
            )
        )
