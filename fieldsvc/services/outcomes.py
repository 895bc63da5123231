"""What a change at a visit came to."""

from dataclasses import dataclass

from fieldsvc.models.visits import Visit


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the caller should know although nothing is refused."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A visit as it stands after a change."""

    visit: Visit
    notices: tuple[Notice, ...] = ()
