"""The tables, a module per noun. Importing this package makes `Base.metadata` complete."""

from fieldsvc.models.access import Session, SignInAttempt, User
from fieldsvc.models.api_keys import ApiKey
from fieldsvc.models.approvals import Approval
from fieldsvc.models.assets import Asset
from fieldsvc.models.assignments import Assignment, Decline, PlannedPart, PlannedPickup, PlannedRoute
from fieldsvc.models.base import Base
from fieldsvc.models.calendars import CalendarLink
from fieldsvc.models.catalogue import CatalogueValue
from fieldsvc.models.counts import StockCount, StockCountLine
from fieldsvc.models.customers import Customer, CustomerLink, Site
from fieldsvc.models.devices import Device, DeviceHolding, PhoneCommand
from fieldsvc.models.documents import ServiceDocument
from fieldsvc.models.drawings import Drawing, DrawingPosition
from fieldsvc.models.evidence import AuditEntry, ChangeCounter, Event, IdempotencyKey
from fieldsvc.models.identities import UsedIdToken
from fieldsvc.models.imports import ImportedFile
from fieldsvc.models.inspections import Inspection
from fieldsvc.models.job_types import JobType
from fieldsvc.models.keys import SealingKey
from fieldsvc.models.lots import Lot, LotBalance, StockMoveLot
from fieldsvc.models.overrides import Override
from fieldsvc.models.photos import Blob, Photo
from fieldsvc.models.privacy import PrivacyRequest
from fieldsvc.models.procedures import ChecklistAnswer, Procedure
from fieldsvc.models.purchasing import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderReceipt,
    Supplier,
    SupplierPart,
)
from fieldsvc.models.ratings import Rating
from fieldsvc.models.records import Consumption, Diagnosis, ServiceReport, SignOff
from fieldsvc.models.remote_solutions import RemoteSolution
from fieldsvc.models.replenishment import ReplenishmentProposal
from fieldsvc.models.reservations import Reservation
from fieldsvc.models.rmas import Rma
from fieldsvc.models.runs import OptimizationRun, RunCustomer, RunScope
from fieldsvc.models.stock import (
    Part,
    PartModel,
    PartSubstitute,
    StockBalance,
    StockBin,
    StockLocation,
    StockMove,
    StockValue,
)
from fieldsvc.models.tasks import Task, UnknownUse
from fieldsvc.models.technicians import Absence, Loan, Shift, Team, Technician, TechnicianSkill
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.transfers import Transfer, TransferLine
from fieldsvc.models.visits import (
    Visit,
    VisitPart,
    VisitPredecessor,
    VisitSkill,
    VisitTechnicianRule,
    VisitWindow,
)

__all__ = [
    "Absence",
    "ApiKey",
    "Approval",
    "Asset",
    "Assignment",
    "AuditEntry",
    "Base",
    "Blob",
    "CalendarLink",
    "CatalogueValue",
    "ChangeCounter",
    "ChecklistAnswer",
    "Consumption",
    "Customer",
    "CustomerLink",
    "Decline",
    "Device",
    "DeviceHolding",
    "Diagnosis",
    "Drawing",
    "DrawingPosition",
    "Event",
    "IdempotencyKey",
    "ImportedFile",
    "Inspection",
    "JobType",
    "Loan",
    "Lot",
    "LotBalance",
    "OptimizationRun",
    "Override",
    "Part",
    "PartModel",
    "PartSubstitute",
    "PhoneCommand",
    "Photo",
    "PlannedPart",
    "PlannedPickup",
    "PlannedRoute",
    "PrivacyRequest",
    "Procedure",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseOrderReceipt",
    "Rating",
    "RemoteSolution",
    "ReplenishmentProposal",
    "Reservation",
    "Rma",
    "RunCustomer",
    "RunScope",
    "SealingKey",
    "ServiceDocument",
    "ServiceReport",
    "Session",
    "Shift",
    "SignInAttempt",
    "SignOff",
    "Site",
    "StockBalance",
    "StockBin",
    "StockCount",
    "StockCountLine",
    "StockLocation",
    "StockMove",
    "StockMoveLot",
    "StockValue",
    "Supplier",
    "SupplierPart",
    "Task",
    "Team",
    "Technician",
    "TechnicianSkill",
    "Ticket",
    "Transfer",
    "TransferLine",
    "UnknownUse",
    "UsedIdToken",
    "User",
    "Visit",
    "VisitPart",
    "VisitPredecessor",
    "VisitSkill",
    "VisitTechnicianRule",
    "VisitWindow",
]
