"""What the domain refuses, as a tree of errors with stable codes. Which HTTP status that is, the API knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent; pointer is an RFC 6901 JSON pointer, "" for the whole."""

    code: str
    pointer: str
    message: str


class DomainError(Exception):
    """Root of everything that is refused on purpose.

    A subclass names the broken rule by its class code; where one class serves several rules the caller
    gives the code of the rule.
    """

    default_code: ClassVar[str] = "refused"

    def __init__(self, detail: str, *, code: str | None = None, faults: Sequence[Fault] = ()) -> None:
        self.detail = detail
        self.code = code or self.default_code
        self.faults = tuple(faults)
        super().__init__(detail)


class NotFound(DomainError):
    """There is no such thing, or none that the actor may see."""

    default_code = "not_found"


class Unauthenticated(DomainError):
    """Nobody knows who is asking."""

    default_code = "unauthenticated"


class Forbidden(DomainError):
    """The actor's role never may do this."""

    default_code = "forbidden"


class Invalid(DomainError):
    """What was sent is readable but wrong; `faults` holds all that is wrong with it."""

    default_code = "invalid"


class Unreadable(DomainError):
    """A file is not of the kind it is said to be, so that nothing in it can be judged."""

    default_code = "unreadable_file"


class TooLarge(DomainError):
    """A file holds more than is read, however small it was packed."""

    default_code = "file_too_large"


class Conflict(DomainError):
    """Right in itself, but not in the state things are in now."""

    default_code = "conflict"


class Erased(DomainError):
    """What was asked for was erased with the customer it was about."""

    default_code = "erased"


class TransitionRefused(Conflict):
    """The life cycle's table has no such row for this state and role."""

    default_code = "transition_refused"


class ChangedMeanwhile(Conflict):
    """Somebody else's change was committed first."""

    default_code = "changed_meanwhile"


class StillRunning(Conflict):
    """The first request with this idempotency key has not committed yet."""

    default_code = "still_running"


class IdempotencyKeyReused(DomainError):
    """The idempotency key was used before for another request."""

    default_code = "idempotency_key_reused"


class StaleVersion(DomainError):
    """The row has another version than the one the caller expects."""

    default_code = "stale_version"


class VersionRequired(DomainError):
    """The caller has to say which version it means to change."""

    default_code = "version_required"


class RetryLater(DomainError):
    """The same request may succeed later; retry_after_s says when to try."""

    default_code = "retry_later"

    def __init__(self, detail: str, *, retry_after_s: int, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after_s = retry_after_s


class TooManyRequests(RetryLater):
    """The caller has used up what it may ask for in this time."""

    default_code = "too_many_requests"


class Busy(RetryLater):
    """The database did not give its locks in time."""

    default_code = "busy"
