"""One local day as seconds from its midnight, and back. Differences are elapsed time, also when clocks change."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Horizon:
    """A day in a zone; the solver's second 0 is its local midnight."""

    day: date
    zone: str

    @property
    def midnight(self) -> datetime:
        """The instant at which the day begins."""
        return datetime.combine(self.day, time(), ZoneInfo(self.zone))

    @property
    def length_s(self) -> int:
        """Seconds from this midnight to the next: 23 to 25 hours."""
        following = datetime.combine(self.day + timedelta(days=1), time(), ZoneInfo(self.zone))
        return round(following.timestamp() - self.midnight.timestamp())

    def second(self, moment: datetime) -> int:
        """Whole seconds from midnight; negative before it."""
        return round(moment.timestamp() - self.midnight.timestamp())

    def moment(self, second: int) -> datetime:
        """The instant of a second, in the zone of the day."""
        return datetime.fromtimestamp(self.midnight.timestamp() + second, ZoneInfo(self.zone))
