"""What has a life cycle: rows whose state only changes together with an event that says so."""

from fieldsvc.models.approvals import Approval
from fieldsvc.models.counts import StockCount
from fieldsvc.models.devices import Device
from fieldsvc.models.privacy import PrivacyRequest
from fieldsvc.models.purchasing import PurchaseOrder
from fieldsvc.models.records import SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.replenishment import ReplenishmentProposal
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.rmas import Rma
from fieldsvc.models.runs import OptimizationRun
from fieldsvc.models.tasks import Task
from fieldsvc.models.technicians import Absence
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.transfers import Transfer
from fieldsvc.models.visits import Visit

# An assignment's state moves with its visit's, under the visit's event.
WITH_LIFE_CYCLE = (
    Ticket,
    Visit,
    OptimizationRun,
    SignOff,
    RemoteSolution,
    Approval,
    Task,
    Absence,
    Reservation,
    Transfer,
    ReplenishmentProposal,
    PurchaseOrder,
    Rma,
    StockCount,
    Device,
    PrivacyRequest,
)
