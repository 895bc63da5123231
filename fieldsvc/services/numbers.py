"""Numbers people say on the phone: short, and made without asking the database."""

from fieldsvc.persistence.unit_of_work import UnitOfWork

# Without I, L, O and U: they are misheard, misread, or make words.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_number(uow: UnitOfWork, prefix: str) -> str:
    """Return a number like T-260302-7K3QX; should two ever be equal, the second transaction is refused."""
    drawn = uow.new_id().int  # its lowest bits are random
    code = "".join(_LETTERS[drawn >> 5 * place & 31] for place in range(5))
    return f"{prefix}-{uow.now:%y%m%d}-{code}"
