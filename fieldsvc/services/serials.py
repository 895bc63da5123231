"""Whether units of a part are named as the part wants it: a serialised one by its serials, any other by number."""

from collections.abc import Iterator

from fieldsvc.domain.errors import Fault
from fieldsvc.models.stock import Part
from fieldsvc.services.stock import Units


def serial_faults(part: Part, units: Units, pointer: str = "") -> Iterator[Fault]:
    """Say what is wrong with the serials of units; pointer: of the thing that has them."""
    if not part.is_serialised:
        if units.serials:
            yield Fault("no_serials", f"{pointer}/serials", f"Part {part.number} has no serials.")
        return
    if len(units.serials) != units.quantity:
        message = f"{units.quantity} units of part {part.number} have as many serials, not {len(units.serials)}."
        yield Fault("serials_missing", f"{pointer}/serials", message)
    for index, serial in enumerate(units.serials):
        if serial in units.serials[:index]:
            yield Fault("duplicate", f"{pointer}/serials/{index}", f"Serial {serial} is named twice.")
