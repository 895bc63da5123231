"""The tables hold what the field agreed on: written down here a second time, role by role."""

from enum import StrEnum
from itertools import product

import pytest

from fieldsvc.domain.absence_states import ABSENCE, AbsenceState
from fieldsvc.domain.approval_states import APPROVAL, ApprovalState
from fieldsvc.domain.device_states import DEVICE, DeviceState
from fieldsvc.domain.errors import TransitionRefused
from fieldsvc.domain.lifecycle_page import render
from fieldsvc.domain.privacy_states import PRIVACY_REQUEST, PrivacyState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.run_states import RUN, RunState
from fieldsvc.domain.sign_off_states import SIGN_OFF, SignOffState
from fieldsvc.domain.task_states import TASK, TaskState
from fieldsvc.domain.ticket_states import TICKET, TicketState
from fieldsvc.domain.transitions import LifeCycle
from fieldsvc.domain.visit_states import RUN_MAY, VISIT, RunMay, VisitState

LETTERS = {
    "T": Role.TECHNICIAN,
    "G": Role.AGENT,
    "D": Role.DISPATCHER,
    "W": Role.WAREHOUSE,
    "V": Role.SUPERVISOR,
    "A": Role.ADMIN,
    "C": Role.CUSTOMER,
    "S": Role.SYSTEM,
}

# from → to: who. A lower-case t is a technician's row that a dispatcher may not do on behalf.
AGREED = {
    "ticket": """
        new → triaged: GDVAS
        new → rejected: GDVA
        triaged in_progress → waiting: GDVAS
        waiting → triaged in_progress: GDVAS
        triaged → resolved: GDVA
        triaged → in_progress: S
        in_progress → triaged resolved: S
        resolved → closed: S
        resolved closed → triaged: CGDVA
        new triaged in_progress waiting → cancelled: GDVAC
        cancelled resolved closed → in_progress: S
    """,
    "visit": """
        unscheduled → planned: SDVA
        planned → dispatched: SDVA
        dispatched → accepted: T
        dispatched accepted → unscheduled: TDVC
        planned dispatched accepted → planned: SDVA
        planned → unscheduled: SDVC
        dispatched → unscheduled: STDVC
        accepted → en_route: T
        en_route → unscheduled: TDV
        en_route → on_site: T
        on_site paused → working: T
        working → paused completed: T
        on_site working paused → incomplete: T
        unscheduled planned dispatched accepted → cancelled: DVCS
        en_route → cancelled: DV
        cancelled unscheduled planned dispatched accepted → on_site: T
    """,
    "optimization run": """
        queued → solving: S
        solving → queued proposed: S
        proposed → applied partly_applied stale superseded: DVAS
        proposed → discarded: DVA
        applied partly_applied → reverted: DVA
        solving → failed: S
        queued solving → cancelled: DVAS
    """,
    "absence": """
        requested → granted refused: DVA
        requested granted → withdrawn: tDVA
    """,
    "sign-off": """
        pending → presented: tGDV
        presented → disputed: C
        presented → signed: tC
        presented refused absent → confirmed_remote: C
        presented → refused absent: t
        presented → waived: V
        presented refused absent → expired: S
        signed confirmed_remote expired → disputed: C
        disputed → upheld dismissed: GDV
    """,
    "approval": """
        requested → approved declined: tC
        requested → withdrawn: tGDVS
    """,
    "task": """
        open → done: GDWVAS
    """,
    "device": """
        active → revoked: tVA
        active revoked forked → lost: VA
        active → forked: S
        revoked → wiped: t
    """,
    "privacy_request": """
        requested → approved withdrawn: A
    """,
}

LIFE_CYCLES = [
    pytest.param(TICKET, TicketState, id="ticket"),
    pytest.param(VISIT, VisitState, id="visit"),
    pytest.param(RUN, RunState, id="run"),
    pytest.param(SIGN_OFF, SignOffState, id="sign_off"),
    pytest.param(APPROVAL, ApprovalState, id="approval"),
    pytest.param(TASK, TaskState, id="task"),
    pytest.param(ABSENCE, AbsenceState, id="absence"),
    pytest.param(DEVICE, DeviceState, id="device"),
    pytest.param(PRIVACY_REQUEST, PrivacyState, id="privacy_request"),
]


def agreed_on(entity: str) -> dict[tuple[str, str], str]:
    agreed: dict[tuple[str, str], str] = {}
    for line in AGREED[entity].strip().splitlines():
        states, who = line.split(":")
        origins, targets = states.split("→")
        for pair in product(origins.split(), targets.split()):
            agreed[pair] = agreed.get(pair, "") + who.strip()
    return agreed


def is_allowed(cycle: LifeCycle, state: StrEnum, to: StrEnum, role: Role, *, on_behalf: bool = False) -> bool:
    rows = [row for row in cycle.rows if state in row.from_states and row.to is to]
    return any(row.permits(role, on_behalf=on_behalf) for row in rows)


@pytest.mark.parametrize(("cycle", "states"), LIFE_CYCLES)
def test_exactly_what_was_agreed_is_allowed(cycle: LifeCycle, states: type[StrEnum]) -> None:
    agreed = agreed_on(cycle.entity)
    for state, to in product(states, states):
        who = agreed.get((state, to), "").upper()
        for letter, role in LETTERS.items():
            assert is_allowed(cycle, state, to, role) == (letter in who), (state, to, role)


@pytest.mark.parametrize(("cycle", "states"), LIFE_CYCLES)
def test_only_dispatchers_act_on_behalf_and_only_in_rows_of_the_technician(
    cycle: LifeCycle, states: type[StrEnum]
) -> None:
    agreed = agreed_on(cycle.entity)
    for (state, to), role in product(product(states, states), Role):
        may = "T" in agreed.get((state, to), "") and role in (Role.DISPATCHER, Role.SUPERVISOR)
        assert is_allowed(cycle, state, to, role, on_behalf=True) == may, (state, to, role)


@pytest.mark.parametrize(("cycle", "states"), LIFE_CYCLES)
def test_every_row_is_found_by_its_action_and_no_action_is_ambiguous(cycle: LifeCycle, states: type[StrEnum]) -> None:
    for row in cycle.rows:
        for state in row.from_states:
            same = [other for other in cycle.rows if other.action == row.action and state in other.from_states]
            assert same == [row]
            for role in Role:
                if row.permits(role):
                    assert cycle.allowed(state, row.action, role) is row
                else:
                    with pytest.raises(TransitionRefused):
                        cycle.allowed(state, row.action, role)


def test_a_refusal_names_the_state_and_what_is_possible() -> None:
    with pytest.raises(TransitionRefused) as refused:
        VISIT.allowed(VisitState.ACCEPTED, "complete", Role.TECHNICIAN)
    assert "The visit is accepted" in refused.value.detail
    for possible in ("decline", "depart", "reassign", "postpone", "cancel"):
        assert possible in refused.value.detail
    assert refused.value.code == "transition_refused"


def test_a_refusal_names_who_may() -> None:
    with pytest.raises(TransitionRefused) as refused:
        VISIT.allowed(VisitState.DISPATCHED, "accept", Role.AGENT)
    assert "for technician, not for agent" in refused.value.detail
    assert refused.value.code == "transition_not_for_role"


def test_a_run_knows_what_it_may_do_in_every_state() -> None:
    assert set(RUN_MAY) == set(VisitState)
    started = {state for state, may in RUN_MAY.items() if may is RunMay.NOT_TOUCH}
    assert {"en_route", "on_site", "working", "paused", "completed"} <= started
    # Where a run may move a visit, the table has the row that does it.
    for state, may in RUN_MAY.items():
        if may in (RunMay.MOVE_FREELY, RunMay.MOVE_AS_DISRUPTION):
            assert is_allowed(VISIT, state, VisitState.PLANNED, Role.SYSTEM)


def test_facts_of_a_phone_are_marked() -> None:
    facts = {row.action for row in VISIT.rows if row.fact}
    assert facts == {
        "depart",
        "check_in",
        "work",
        "pause",
        "complete",
        "break_off",
        "late_check_in",
    }


def test_the_page_is_written_from_the_tables(pytestconfig: pytest.Config) -> None:
    page = pytestconfig.rootpath / "docs" / "lifecycles.md"
    assert page.read_text() == render(), "run python -m fieldsvc.domain.lifecycle_page > docs/lifecycles.md"
