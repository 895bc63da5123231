"""Units of parts as requests name them."""

from collections.abc import Mapping
from typing import Any

from fieldsvc.domain.lots import LotUnits
from fieldsvc.services.stock import Units


def units_of(row: Mapping[str, Any]) -> Units:
    """Read units of one part, with their serials or lots."""
    lots = tuple(LotUnits(**lot) for lot in row.get("lots", ()))
    return Units(row["part_id"], row["quantity"], tuple(row["serials"]), lots)
