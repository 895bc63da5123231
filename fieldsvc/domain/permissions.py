"""Who may do what, and to whose things: the one table. The scope is applied in the query of the use case."""

from enum import StrEnum

from fieldsvc.domain.roles import Role


class Scope(StrEnum):
    """Whose things: the actor's own, those of the actor's teams, what the link opens, or everyone's."""

    OWN = "own"
    TEAM = "team"
    LINKED = "linked"
    ALL = "all"


class Action(StrEnum):
    """What may be asked for; a route declares exactly one."""

    ME_READ = "me.read"
    SESSION_MANAGE = "session.manage"
    CUSTOMER_READ = "customer.read"
    TICKET_READ = "ticket.read"
    TICKET_CREATE = "ticket.create"
    TICKET_TRIAGE = "ticket.triage"
    TICKET_CANCEL = "ticket.cancel"
    LINK_CREATE = "link.create"
    VISIT_READ = "visit.read"
    VISIT_TRANSITION = "visit.transition"
    VISIT_POSTPONE = "visit.postpone"
    VISIT_CANCEL = "visit.cancel"
    VISIT_INSPECT = "visit.inspect"
    VISIT_EXPLAIN = "visit.explain"
    VISIT_CANDIDATES = "visit.candidates"
    VISIT_PLACE = "visit.place"
    VISIT_DISPATCH = "visit.dispatch"
    SIGN_OFF_CREATE = "sign_off.create"
    DISPUTE_DECIDE = "dispute.decide"
    APPROVAL_REQUEST = "approval.request"
    APPROVAL_DECIDE = "approval.decide"
    TASK_READ = "task.read"
    TASK_MANAGE = "task.manage"
    TASK_REQUEST = "task.request"
    EVIDENCE_READ = "evidence.read"
    TECHNICIAN_READ = "technician.read"
    ABSENCE_READ = "absence.read"
    ABSENCE_REPORT = "absence.report"
    ABSENCE_DECIDE = "absence.decide"
    ROUTE_READ_OWN = "route.read_own"
    PLAN_READ = "plan.read"
    RUN_READ = "run.read"
    RUN_CREATE = "run.create"
    RUN_APPLY = "run.apply"
    RUN_CANCEL = "run.cancel"
    STOCK_READ = "stock.read"
    STOCK_MOVE = "stock.move"
    STOCK_RESERVE = "stock.reserve"
    STOCK_TRANSFER = "stock.transfer"
    STOCK_RETURN = "stock.return"
    STOCK_VALUE_READ = "stock.value_read"
    SUPPLIER_READ = "supplier.read"
    SUPPLIER_MANAGE = "supplier.manage"
    PURCHASE_READ = "purchase.read"
    PURCHASE_MANAGE = "purchase.manage"
    PURCHASE_APPROVE = "purchase.approve"
    COUNT = "count"
    COUNT_READ = "count.read"
    COUNT_DECIDE = "count.decide"
    REPLENISHMENT_READ = "replenishment.read"
    REPLENISHMENT_MANAGE = "replenishment.manage"
    RMA_READ = "rma.read"
    RMA_REQUEST = "rma.request"
    RMA_SEND = "rma.send"
    RMA_DECIDE = "rma.decide"
    RMA_HANDLE = "rma.handle"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_MANAGE = "catalogue.manage"
    IMPORT = "import"
    USER_MANAGE = "user.manage"
    HANDOVER = "handover"
    TECHNICIAN_LEND = "technician.lend"
    AUDIT_READ = "audit.read"
    TRACKING_READ = "tracking.read"
    RATING_CREATE = "rating.create"
    SYNC = "sync"
    DEVICE_READ = "device.read"
    DEVICE_MANAGE = "device.manage"
    DEVICE_CONFIRM_LOSS = "device.confirm_loss"
    PHONE_COMMAND_READ = "phone_command.read"
    PRIVACY_MANAGE = "privacy.manage"
    BLOB_CREATE = "blob.create"


_T, _G, _D, _W = Role.TECHNICIAN, Role.AGENT, Role.DISPATCHER, Role.WAREHOUSE
_V, _A, _C = Role.SUPERVISOR, Role.ADMIN, Role.CUSTOMER
_OWN, _TEAM, _LINKED, _ALL = Scope.OWN, Scope.TEAM, Scope.LINKED, Scope.ALL
_STAFF_OWN = {_T: _OWN, _G: _OWN, _D: _OWN, _W: _OWN, _V: _OWN, _A: _OWN}
_PLANNERS = {_D: _TEAM, _V: _ALL, _A: _ALL}

# The warehouse sees a ticket's and a plan's parts only. Nothing cuts the rest away yet, so it has no row there.
PERMISSIONS: dict[Action, dict[Role, Scope]] = {
    Action.ME_READ: _STAFF_OWN,
    Action.SESSION_MANAGE: _STAFF_OWN,
    Action.CUSTOMER_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.TICKET_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL, _C: _LINKED},
    Action.TICKET_CREATE: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL, _C: _LINKED},
    Action.TICKET_TRIAGE: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.TICKET_CANCEL: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL, _C: _LINKED},
    Action.LINK_CREATE: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.VISIT_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.VISIT_TRANSITION: {_T: _OWN, _D: _TEAM, _V: _ALL},
    Action.VISIT_POSTPONE: {_D: _TEAM, _V: _ALL, _C: _LINKED},
    Action.VISIT_CANCEL: {_D: _TEAM, _V: _ALL, _C: _LINKED},
    Action.VISIT_INSPECT: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL},
    Action.VISIT_EXPLAIN: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.VISIT_CANDIDATES: _PLANNERS,
    Action.VISIT_PLACE: _PLANNERS,
    Action.VISIT_DISPATCH: _PLANNERS,
    Action.SIGN_OFF_CREATE: {_T: _OWN, _V: _ALL, _C: _LINKED},
    Action.DISPUTE_DECIDE: {_G: _TEAM, _D: _TEAM, _V: _ALL},
    Action.APPROVAL_REQUEST: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL},
    Action.APPROVAL_DECIDE: {_T: _OWN, _C: _LINKED},
    Action.TASK_READ: {_G: _TEAM, _D: _TEAM, _W: _TEAM, _V: _ALL, _A: _ALL},  # the warehouse: of counts
    Action.TASK_MANAGE: {_G: _TEAM, _D: _TEAM, _W: _TEAM, _V: _ALL, _A: _ALL},
    Action.TASK_REQUEST: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.EVIDENCE_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL, _C: _LINKED},
    Action.TECHNICIAN_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.ABSENCE_READ: {_T: _OWN, _G: _TEAM, **_PLANNERS},
    Action.ABSENCE_REPORT: {_T: _OWN, **_PLANNERS},
    Action.ABSENCE_DECIDE: _PLANNERS,
    Action.ROUTE_READ_OWN: {_T: _OWN},
    Action.PLAN_READ: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.RUN_READ: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.RUN_CREATE: _PLANNERS,
    Action.RUN_APPLY: _PLANNERS,
    Action.RUN_CANCEL: _PLANNERS,
    Action.STOCK_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.STOCK_MOVE: {_W: _ALL, _A: _ALL},
    Action.STOCK_TRANSFER: {_T: _OWN, _W: _ALL, _A: _ALL},
    Action.STOCK_RETURN: {_T: _OWN, _D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.STOCK_RESERVE: {_T: _OWN, _D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.STOCK_VALUE_READ: {_W: _ALL, _V: _ALL, _A: _ALL},
    Action.SUPPLIER_READ: {_D: _ALL, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.SUPPLIER_MANAGE: {_W: _ALL, _A: _ALL},
    Action.PURCHASE_READ: {_D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.PURCHASE_MANAGE: {_W: _ALL, _A: _ALL},
    Action.PURCHASE_APPROVE: {_V: _ALL, _A: _ALL},
    Action.COUNT: {_T: _OWN, _W: _ALL, _A: _ALL},
    Action.COUNT_READ: {_T: _OWN, _D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.COUNT_DECIDE: {_V: _ALL, _A: _ALL},
    Action.REPLENISHMENT_READ: {_W: _ALL, _V: _ALL, _A: _ALL},
    Action.REPLENISHMENT_MANAGE: {_W: _ALL, _A: _ALL},
    Action.RMA_READ: {_T: _OWN, _G: _TEAM, _D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.RMA_REQUEST: {_T: _OWN, _G: _TEAM, _D: _TEAM, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.RMA_SEND: {_T: _OWN, _W: _ALL, _A: _ALL},
    Action.RMA_DECIDE: {_W: _ALL, _V: _ALL, _A: _ALL},
    Action.RMA_HANDLE: {_W: _ALL, _A: _ALL},
    Action.CATALOGUE_READ: {_T: _ALL, _G: _ALL, _D: _ALL, _W: _ALL, _V: _ALL, _A: _ALL},
    Action.CATALOGUE_MANAGE: {_A: _ALL},
    Action.IMPORT: {_W: _ALL, _A: _ALL},  # of counts; of parts, whoever manages the catalogue
    Action.USER_MANAGE: {_A: _ALL},
    Action.HANDOVER: {_D: _TEAM, _V: _ALL},
    Action.TECHNICIAN_LEND: {_D: _TEAM, _V: _ALL, _A: _ALL},
    Action.AUDIT_READ: {_G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.TRACKING_READ: {_C: _LINKED},
    Action.RATING_CREATE: {_C: _LINKED},
    Action.SYNC: {_T: _OWN},
    Action.DEVICE_READ: {_T: _OWN, _V: _ALL, _A: _ALL},
    Action.DEVICE_MANAGE: {_T: _OWN, _V: _ALL, _A: _ALL},
    Action.DEVICE_CONFIRM_LOSS: {_V: _ALL, _A: _ALL},
    Action.PHONE_COMMAND_READ: {_T: _OWN, _D: _TEAM, _V: _ALL, _A: _ALL},
    Action.PRIVACY_MANAGE: {_A: _ALL},
    Action.BLOB_CREATE: {_T: _OWN, _G: _TEAM, _D: _TEAM, _V: _ALL, _A: _ALL},
}


def scope_for(action: Action, role: Role) -> Scope | None:
    """Return whose things the role may do this to, or None where it may not at all. The system may everything."""
    if role is Role.SYSTEM:
        return Scope.ALL
    return PERMISSIONS[action].get(role)
