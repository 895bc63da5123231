"""What technicians of the demo go through at every visit."""

from collections.abc import Iterable
from uuid import UUID

from fieldsvc.domain.procedures import Point, PointKind, Step
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.procedures import publish_procedure

_CONFIRMATION = PointKind.CONFIRMATION
POINTS = (
    Point("loaded", Step.PREPARE, _CONFIRMATION, False, "Tools and parts are on board", "工具和备件已装车"),
    Point(
        "scope",
        Step.SCOPE,
        _CONFIRMATION,
        True,
        "The customer has confirmed what is to be done",
        "已与客户确认工作范围",
    ),
    Point("isolated", Step.SAFETY, _CONFIRMATION, True, "Power and water are off where we work", "作业部位已断电断水"),
    Point("gloves", Step.EQUIPMENT, _CONFIRMATION, True, "Gloves and glasses are on", "已佩戴手套和护目镜"),
    Point(
        "pressure",
        Step.VERIFICATION,
        PointKind.READING,
        False,
        "Pressure after ten minutes",
        "十分钟后的压力",
        unit="bar",
        low="1.0",
        high="2.5",
    ),
    Point("clean", Step.VERIFICATION, _CONFIRMATION, True, "The place is left clean and safe", "现场整洁、安全"),
)


def load_procedures(uow: UnitOfWork, job_types: Iterable[UUID]) -> None:
    """Give every job type its first procedure."""
    for job_type in job_types:
        publish_procedure(uow, job_type, POINTS)
