"""Suppliers: who sells which parts."""

from typing import Any
from uuid import UUID

from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.etags import expected_version
from api.idempotency import key_required, run_command
from api.reading import read_one, read_page
from api.rendering import rendered
from api.schemas.base import page_of
from api.schemas.purchasing import SupplierChangesSchema, SupplierRequestSchema, SupplierSchema, SuppliersQuery
from fieldsvc.domain.permissions import Action
from fieldsvc.services import suppliers

blueprint = Blueprint("suppliers", "Who sells which parts, at what price and how soon.")


@blueprint.route("/suppliers")
@requires(Action.SUPPLIER_READ)
@blueprint.arguments(SuppliersQuery, location="query")
@blueprint.response(200, page_of(SupplierSchema))
def list_suppliers(query: dict[str, Any]) -> Response:
    """List suppliers by code"""
    return read_page(
        lambda page: lambda session: suppliers.list_suppliers(session, page, part_id=query["part_id"]),
        SupplierSchema,
        query,
    )


@blueprint.route("/suppliers", methods=["POST"])
@requires(Action.SUPPLIER_MANAGE)
@key_required
@blueprint.arguments(SupplierRequestSchema)
@blueprint.response(201, SupplierSchema)
def add_supplier(body: dict[str, Any]) -> Response:
    """Add a supplier with the parts it sells"""
    return run_command(lambda uow: suppliers.add_supplier(uow, body), rendered(SupplierSchema, 201))


@blueprint.route("/suppliers/<uuid:supplier_id>")
@requires(Action.SUPPLIER_READ)
@blueprint.response(200, SupplierSchema)
def read_supplier(supplier_id: UUID) -> Response:
    """Read a supplier"""
    return read_one(lambda session: suppliers.get_supplier(session, supplier_id), SupplierSchema)


@blueprint.route("/suppliers/<uuid:supplier_id>", methods=["PATCH"])
@requires(Action.SUPPLIER_MANAGE)
@blueprint.arguments(SupplierChangesSchema)
@blueprint.response(200, SupplierSchema)
def change_supplier(body: dict[str, Any], supplier_id: UUID) -> Response:
    """Change a supplier

    `parts` is all that is sold from now on. One that is not active gets no more orders; those it has stay.
    """
    version = expected_version()
    return run_command(lambda uow: suppliers.change_supplier(uow, supplier_id, body, version), rendered(SupplierSchema))
