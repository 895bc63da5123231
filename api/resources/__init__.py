"""The routes, a module per noun. A new resource is added to the list here."""

from flask import Blueprint as RootBlueprint

from api.blueprint import Blueprint
from api.resources import (
    approvals,
    auth,
    blobs,
    customer_pages,
    devices,
    docs,
    documents,
    explanations,
    health,
    inbox,
    job_types,
    me,
    plan,
    privacy,
    remote_solutions,
    runs,
    stock,
    sync,
    technicians,
    tickets,
    tracking,
    users,
    verification,
    visit_records,
    visit_returns,
    visits,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    auth.blueprint,
    me.blueprint,
    runs.blueprint,
    explanations.blueprint,
    tickets.blueprint,
    approvals.blueprint,
    remote_solutions.blueprint,
    inbox.blueprint,
    job_types.blueprint,
    visits.blueprint,
    visit_records.blueprint,
    visit_returns.blueprint,
    blobs.blueprint,
    plan.blueprint,
    technicians.blueprint,
    stock.blueprint,
    devices.blueprint,
    sync.blueprint,
    tracking.blueprint,
    documents.blueprint,
    privacy.blueprint,
    users.blueprint,
)
ROOT_BLUEPRINTS: tuple[RootBlueprint, ...] = (
    health.blueprint,
    docs.blueprint,
    verification.blueprint,
    customer_pages.blueprint,
)
