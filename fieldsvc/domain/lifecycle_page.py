"""Writes docs/lifecycles.md from the tables: `python -m fieldsvc.domain.lifecycle_page > docs/lifecycles.md`."""

import sys
from collections.abc import Iterator
from enum import StrEnum

from fieldsvc.domain.absence_states import ABSENCE
from fieldsvc.domain.approval_states import APPROVAL
from fieldsvc.domain.count_states import COUNT
from fieldsvc.domain.device_states import DEVICE
from fieldsvc.domain.privacy_states import PRIVACY_REQUEST
from fieldsvc.domain.purchase_order_states import PURCHASE_ORDER
from fieldsvc.domain.replenishment_states import REPLENISHMENT
from fieldsvc.domain.reservation_states import RESERVATION
from fieldsvc.domain.rma_states import RMA
from fieldsvc.domain.run_states import RUN
from fieldsvc.domain.sign_off_states import SIGN_OFF
from fieldsvc.domain.task_states import TASK
from fieldsvc.domain.ticket_states import TICKET
from fieldsvc.domain.transfer_states import TRANSFER
from fieldsvc.domain.transitions import LifeCycle
from fieldsvc.domain.visit_states import RUN_MAY, VISIT

_HEAD = """# Life cycles
Written from the tables in `fieldsvc/domain`; change those, then run
`python -m fieldsvc.domain.lifecycle_page > docs/lifecycles.md`.

A supervisor has every row of a dispatcher and of an agent. A row of the technician marked with \\* is open to a
dispatcher too, on the technician's behalf. A *fact* has happened in the field: the plan is no reason to refuse it."""


_ALL = (
    TICKET,
    VISIT,
    RUN,
    SIGN_OFF,
    APPROVAL,
    TASK,
    RESERVATION,
    TRANSFER,
    REPLENISHMENT,
    PURCHASE_ORDER,
    RMA,
    COUNT,
    ABSENCE,
    DEVICE,
    PRIVACY_REQUEST,
)


def _section(life_cycle: LifeCycle[StrEnum]) -> Iterator[str]:
    yield f"## {life_cycle.name.capitalize()}"
    yield "| action | from | to | who | fact | effect |"
    yield "|---|---|---|---|---|---|"
    for row in life_cycle.rows:
        states = ", ".join(row.from_states) or "–"
        who = ", ".join(f"{role}\\*" if role == "technician" and row.on_behalf else role for role in sorted(row.roles))
        fact = "fact" if row.fact else ""
        yield f"| {row.action} | {states} | {row.to} | {who} | {fact} | {row.effect} |"
    yield ""


def render() -> str:
    """Return the whole page."""
    lines = [_HEAD, ""]
    for life_cycle in _ALL:
        lines.extend(_section(life_cycle))  # type: ignore[arg-type]  # StrEnum's children, read only
    lines += ["## What a run may do with a visit", "| state | a run may |", "|---|---|"]
    lines += [f"| {state} | {may} |" for state, may in RUN_MAY.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
