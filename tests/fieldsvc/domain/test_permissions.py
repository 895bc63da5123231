import pytest

from fieldsvc.domain.permissions import PERMISSIONS, Action, Scope, scope_for
from fieldsvc.domain.roles import STAFF, Role

# What the catalogue says is the company's, and tells of no customer.
OF_NOBODY = {Action.CATALOGUE_READ, Action.CATALOGUE_MANAGE}


def test_every_action_has_a_row_and_somebody_who_may() -> None:
    assert set(PERMISSIONS) == set(Action)
    assert all(PERMISSIONS[action] for action in Action)


@pytest.mark.parametrize("action", Action)
def test_scopes_fit_their_roles(action: Action) -> None:
    scope_of = PERMISSIONS[action]
    assert scope_of.get(Role.CUSTOMER) in (None, Scope.LINKED)
    if action not in OF_NOBODY:
        assert scope_of.get(Role.TECHNICIAN) in (None, Scope.OWN)
    assert Scope.LINKED not in {scope_of.get(role) for role in STAFF}
    # A supervisor is an agent and dispatcher of all teams.
    for role in (Role.AGENT, Role.DISPATCHER):
        if scope_of.get(role) is Scope.TEAM:
            assert scope_of[Role.SUPERVISOR] is Scope.ALL


@pytest.mark.parametrize(
    ("action", "role", "scope"),
    [
        (Action.VISIT_TRANSITION, Role.TECHNICIAN, Scope.OWN),
        (Action.VISIT_TRANSITION, Role.DISPATCHER, Scope.TEAM),
        (Action.VISIT_TRANSITION, Role.SUPERVISOR, Scope.ALL),
        (Action.VISIT_TRANSITION, Role.AGENT, None),
        (Action.VISIT_TRANSITION, Role.ADMIN, None),
        (Action.RUN_APPLY, Role.AGENT, None),
        (Action.RUN_APPLY, Role.TECHNICIAN, None),
        (Action.PLAN_READ, Role.AGENT, Scope.TEAM),
        (Action.STOCK_READ, Role.WAREHOUSE, Scope.ALL),
        (Action.SIGN_OFF_CREATE, Role.ADMIN, None),
        (Action.USER_MANAGE, Role.SUPERVISOR, None),
        (Action.TRACKING_READ, Role.CUSTOMER, Scope.LINKED),
        (Action.AUDIT_READ, Role.TECHNICIAN, None),
        (Action.CATALOGUE_READ, Role.TECHNICIAN, Scope.ALL),
        (Action.CATALOGUE_MANAGE, Role.SUPERVISOR, None),
        (Action.USER_MANAGE, Role.SYSTEM, Scope.ALL),
    ],
)
def test_what_matters_most(action: Action, role: Role, scope: Scope | None) -> None:
    assert scope_for(action, role) is scope
