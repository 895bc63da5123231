"""Replenishment: what a warehouse should order, by forecast; a person makes orders of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session as OrmSession

from fieldsvc.domain.actor import Actor
from fieldsvc.domain.demand import forecast_of
from fieldsvc.domain.errors import Fault, Invalid, NotFound
from fieldsvc.domain.ledger import LocationKind
from fieldsvc.domain.order_proposal import OrderProposal, order_proposal
from fieldsvc.domain.pages import Page, PageRequest
from fieldsvc.domain.permissions import Action
from fieldsvc.domain.reordering import ReplenishmentTimes, balanced_target, order_quantity_for, stock_levels_for
from fieldsvc.domain.replenishment_states import REPLENISHMENT, ReplenishmentState
from fieldsvc.domain.roles import Role
from fieldsvc.domain.stock_classes import PartUse, StockClass, stock_classes
from fieldsvc.models.purchasing import PurchaseOrder, Supplier
from fieldsvc.models.replenishment import ReplenishmentProposal
from fieldsvc.models.stock import Part, StockLocation
from fieldsvc.persistence.pages import fetch_page
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.demand_history import HISTORY_WEEKS, Positions, houses_beside, read_positions, weekly_use
from fieldsvc.services.part_sources import PartSource, sources_of
from fieldsvc.services.purchase_orders import OrderLine, OrderWish, draft_order
from fieldsvc.services.scopes import locations_in_scope, scope_of

REVIEWED = "replenishment_reviewed"


@dataclass(frozen=True, slots=True)
class ReplenishmentPolicy:
    """What it costs to have a part and not to have it.

    shortage_cents: if somebody waits for one unit, more by criticality. holding_percent: of its cost, what a unit on
    the shelf costs in a year. order_weeks: how long one order lasts.
    """

    shortage_cents: int = 10_000
    holding_percent: int = 25
    order_weeks: int = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """A proposal as a person orders it; None = as it was proposed."""

    proposal_id: UUID
    quantity: int | None = None
    supplier_id: UUID | None = None


def propose_orders(uow: UnitOfWork, location_id: UUID, policy: ReplenishmentPolicy) -> Sequence[ReplenishmentProposal]:
    """Say what a warehouse should order now; what was proposed for it before is superseded."""
    scope_of(uow.actor, Action.REPLENISHMENT_MANAGE)
    row = REPLENISHMENT.allowed_at_birth("propose", uow.actor.role)
    house = _house(uow, location_id)
    for old in _open_at(uow, location_id):
        _decide(uow, old, "supersede", "replenishment_superseded", Role.SYSTEM)
    uses, positions = weekly_use(uow.session, house, uow.now), read_positions(uow.session, house)
    parts = {
        part.id: part for part in uow.session.scalars(select(Part).where(Part.id.in_({*uses, *positions.backordered})))
    }
    classes = stock_classes(
        PartUse(part.id, sum(uses.get(part.id, ())), part.unit_cost_cents, part.criticality) for part in parts.values()
    )
    sources = sources_of(uow.session, parts)
    made = []
    for part in sorted(parts.values(), key=lambda one: one.number):
        weeks = uses.get(part.id, [0] * HISTORY_WEEKS)
        proposal, figures = _judged(part, weeks, positions, sources[part.id], policy)
        if proposal.quantity is not None:
            made.append(_write(uow, house, part, classes[part.id], proposal, figures, weeks, sources[part.id]))
            uow.record(made[-1], "replenishment_proposed", None, row.to, data={"quantity": proposal.quantity})
    uow.record(house, REVIEWED, data={"proposals": len(made)})
    return made


def order_proposals(uow: UnitOfWork, choices: Sequence[Choice]) -> list[PurchaseOrder]:
    """Draft purchase orders from proposals: one for each supplier and warehouse."""
    scope_of(uow.actor, Action.REPLENISHMENT_MANAGE)
    chosen = [(choice, _load(uow, choice.proposal_id)) for choice in choices]
    faults = list(_choice_faults(uow, chosen))
    if faults:
        raise Invalid("These can't be ordered like this.", faults=faults)
    orders: dict[tuple[UUID, UUID], list[tuple[Choice, ReplenishmentProposal]]] = {}
    for choice, proposal in chosen:
        REPLENISHMENT.allowed(proposal.state, "order", uow.actor.role)
        supplier = choice.supplier_id or proposal.supplier_id
        assert supplier is not None, "looked at"
        orders.setdefault((supplier, proposal.location_id), []).append((choice, proposal))
    made = []
    for (supplier, location), own in sorted(orders.items()):
        lines = tuple(OrderLine(one.part_id, choice.quantity or one.quantity) for choice, one in own)
        made.append(draft_order(uow, OrderWish(supplier, location, lines)))
        for _, proposal in own:
            proposal.order_id = made[-1].id
            _decide(uow, proposal, "order", "replenishment_ordered", uow.actor.role)
    return made


def dismiss_proposal(
    uow: UnitOfWork, proposal_id: UUID, reason: str, version: int | None = None
) -> ReplenishmentProposal:
    """Say that something is not ordered. Dismissed twice is dismissed."""
    proposal = _load(uow, proposal_id, version)
    if proposal.state is ReplenishmentState.DISMISSED:
        return proposal
    REPLENISHMENT.allowed(proposal.state, "dismiss", uow.actor.role)
    proposal.dismissal = reason
    _decide(uow, proposal, "dismiss", "replenishment_dismissed", uow.actor.role)
    return proposal


def get_proposal(
    session: OrmSession, actor: Actor, proposal_id: UUID, action: Action = Action.REPLENISHMENT_READ
) -> ReplenishmentProposal:
    """Return one proposal for a warehouse of the actor's scope."""
    query = select(ReplenishmentProposal).where(ReplenishmentProposal.id == proposal_id, _in_scope(actor, action))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no proposal {proposal_id}.")
    return found


def list_proposals(
    session: OrmSession,
    actor: Actor,
    page: PageRequest,
    *,
    location_id: UUID | None = None,
    state: ReplenishmentState | None = None,
) -> Page[ReplenishmentProposal]:
    """One page of proposals for warehouses of the actor's scope, the newest first."""
    query = select(ReplenishmentProposal).where(_in_scope(actor, Action.REPLENISHMENT_READ))
    if location_id is not None:
        query = query.where(ReplenishmentProposal.location_id == location_id)
    if state is not None:
        query = query.where(ReplenishmentProposal.state == state)
    order = (ReplenishmentProposal.proposed_at, ReplenishmentProposal.id)
    return fetch_page(session, query, order, page, is_descending=True)


def _house(uow: UnitOfWork, location_id: UUID) -> StockLocation:
    in_scope = locations_in_scope(uow.actor, Action.REPLENISHMENT_MANAGE)
    query = select(StockLocation).where(StockLocation.id == location_id, in_scope)
    house = uow.session.scalar(query.where(StockLocation.kind == LocationKind.WAREHOUSE))
    if house is None:
        fault = Fault("unknown_location", "/location_id", f"There is no warehouse {location_id}.")
        raise Invalid("Nothing can be proposed.", faults=[fault])
    beside = uow.session.scalars(select(StockLocation.id).where(houses_beside(house)))
    uow.lock_all(StockLocation, beside)  # one proposes at a time for all that supply the same
    return uow.get(StockLocation, location_id)


def _open_at(uow: UnitOfWork, location_id: UUID) -> Sequence[ReplenishmentProposal]:
    query = select(ReplenishmentProposal).where(
        ReplenishmentProposal.location_id == location_id,
        ReplenishmentProposal.state == ReplenishmentState.PROPOSED,
    )
    locked = query.order_by(ReplenishmentProposal.id).with_for_update(key_share=True)
    return uow.session.scalars(locked.execution_options(populate_existing=True)).all()


def _judged(
    part: Part, weeks: Sequence[int], positions: Positions, source: PartSource, policy: ReplenishmentPolicy
) -> tuple[OrderProposal, dict[str, object]]:
    """Whether to order a part, with the figures behind it."""
    forecast = forecast_of(weeks)
    quantity = order_quantity_for(forecast, policy.order_weeks)
    shortage = policy.shortage_cents * (1 + part.criticality)
    target = balanced_target(
        forecast, quantity, source.unit_cost_cents, policy.holding_percent / 100 / HISTORY_WEEKS, shortage
    )
    times = ReplenishmentTimes(source.lead_days / 7, 1.0)
    levels = stock_levels_for(forecast, times, target, quantity)
    proposal = order_proposal(positions.of(part.id), levels, minimum_quantity=source.minimum_quantity)
    position = proposal.position
    figures: dict[str, object] = {
        "method": forecast.method.value,
        "pattern": None if forecast.pattern is None else forecast.pattern.value,
        "mean_per_week_thousandths": round(forecast.mean * 1000),
        "deviation_thousandths": round(forecast.deviation_over(times.lead_time + times.review_period) * 1000),
        "lead_days": source.lead_days,
        "on_hand": position.on_hand,
        "reserved": position.reserved,
        "on_order": position.on_order,
        "backordered": position.backordered,
        "to_order": position.to_order,
        "reorder_point": levels.reorder_point,
        "order_up_to": levels.order_up_to,
    }
    return proposal, figures


def _write(
    uow: UnitOfWork,
    house: StockLocation,
    part: Part,
    stock_class: StockClass,
    judged: OrderProposal,
    figures: dict[str, object],
    weeks: Sequence[int],
    source: PartSource,
) -> ReplenishmentProposal:
    proposal = ReplenishmentProposal(
        id=uow.new_id(),
        location_id=house.id,
        part_id=part.id,
        supplier_id=source.supplier_id,
        state=ReplenishmentState.PROPOSED,
        quantity=judged.quantity,
        unit_cost_cents=source.unit_cost_cents,
        stock_class=stock_class,
        sentence=judged.sentence(),
        figures=figures,
        weeks=list(weeks),
        proposed_at=uow.now,
    )
    uow.session.add(proposal)
    return proposal


def _load(uow: UnitOfWork, proposal_id: UUID, version: int | None = None) -> ReplenishmentProposal:
    get_proposal(uow.session, uow.actor, proposal_id, Action.REPLENISHMENT_MANAGE)
    return uow.get(ReplenishmentProposal, proposal_id, version=version, lock=True)


def _decide(uow: UnitOfWork, proposal: ReplenishmentProposal, action: str, kind: str, role: Role) -> None:
    row = REPLENISHMENT.allowed(proposal.state, action, role)
    before, proposal.state = proposal.state, row.to
    proposal.decided_at, proposal.decided_by = uow.now, uow.actor.user_id
    uow.record(proposal, kind, before, row.to, reason=proposal.dismissal)


def _in_scope(actor: Actor, action: Action) -> ColumnElement[bool]:
    places = select(StockLocation.id).where(locations_in_scope(actor, action))
    return ReplenishmentProposal.location_id.in_(places)


def _choice_faults(uow: UnitOfWork, chosen: Sequence[tuple[Choice, ReplenishmentProposal]]) -> Iterator[Fault]:
    if not chosen:
        yield Fault("empty", "/proposals", "Name at least one proposal.")
    seen: set[UUID] = set()
    for index, (choice, proposal) in enumerate(chosen):
        pointer = f"/proposals/{index}"
        if proposal.id in seen:
            yield Fault("duplicate", f"{pointer}/proposal_id", "This proposal is named twice.")
        seen.add(proposal.id)
        supplier_id = choice.supplier_id or proposal.supplier_id
        if supplier_id is None:
            part = uow.get(Part, proposal.part_id).number
            yield Fault("supplier_needed", f"{pointer}/supplier_id", f"No supplier sells part {part}: name one.")
        else:
            yield from _offer_faults(uow, supplier_id, proposal, choice.quantity or proposal.quantity, pointer)


def _offer_faults(
    uow: UnitOfWork, supplier_id: UUID, proposal: ReplenishmentProposal, quantity: int, pointer: str
) -> Iterator[Fault]:
    supplier = uow.find(Supplier, supplier_id)
    if supplier is None:
        yield Fault("unknown_supplier", f"{pointer}/supplier_id", f"There is no supplier {supplier_id}.")
        return
    if not supplier.is_active:
        yield Fault("supplier_inactive", f"{pointer}/supplier_id", f"Nothing is ordered from {supplier.name} any more.")
    least = max((one.minimum_quantity for one in supplier.parts if one.part_id == proposal.part_id), default=1)
    if quantity < least:
        yield Fault("below_minimum", f"{pointer}/quantity", f"The supplier sells {least} or more at a time.")
