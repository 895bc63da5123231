"""How probable it is that so many units are asked for, given mean and variance."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import exp, floor, inf, lgamma, log, sqrt

_POISSON_RATIO = 1.001
"""Variance / mean up to which a negative binomial is no different from a Poisson distribution."""
_FAR_DEVIATIONS = 12
"""So far below the mean nothing happens: to the left both distributions fall faster than a normal one."""
_NOTHING = 1e-9
"""Mean units below which nobody asks for anything."""
_CERTAIN = 1 - 1e-12
"""From here on what is left is the rounding of sums, which may never come to 1."""
MAX_LEVEL = 0.9999
"""No history of a part can tell more nines than this."""


@dataclass(frozen=True, slots=True)
class DemandDistribution:
    """Units asked for in some time: negative binomial where the variance is above the mean, Poisson elsewhere.

    A demand for a few units now and then is a compound Poisson process. With logarithmic sizes its sum is negative
    binomial, and two moments fix it (Axsäter 2015, Inventory Control, 3rd ed., section 5.1); of what was fitted to the
    demand of real spare parts it is among the best (Syntetos, Lengu & Babai 2013, "A note on the demand distributions
    of spare parts", International Journal of Production Research 51, 6356-6358). A normal distribution would put part
    of its weight below 0 units, and too little on the few large demands that empty a shelf. A variance below the mean
    is taken for chance: parts that fail independently of each other have one of at least the mean.
    """

    mean: float
    variance: float

    def __post_init__(self) -> None:
        """Refuse what no demand can have."""
        for name, figure in (("mean", self.mean), ("variance", self.variance)):
            if not 0 <= figure < inf:
                raise ValueError(f"{name} is {figure}; it is 0 or more")

    @property
    def is_nothing(self) -> bool:
        """Tell whether nobody is expected to ask for anything, ever."""
        return self.mean < _NOTHING

    def probability(self, units: int) -> float:
        """Return the probability of exactly so many units."""
        if units < 0 or self.is_nothing:
            return float(units == 0)
        if self.variance <= self.mean * _POISSON_RATIO:
            return exp(units * log(self.mean) - self.mean - lgamma(units + 1))
        shape = self.mean**2 / (self.variance - self.mean)
        ways = lgamma(units + shape) - lgamma(shape) - lgamma(units + 1)
        return exp(ways + shape * log(self.mean / self.variance) + units * log(1 - self.mean / self.variance))

    def at_most(self) -> Iterator[float]:
        """Yield without end the probabilities of at most 0, 1, 2, ... units."""
        spread = _FAR_DEVIATIONS * sqrt(max(self.mean, self.variance))
        first = max(0, floor(self.mean - spread))
        total = 0.0
        for units in count():
            if units >= first:
                total = min(1.0, total + self.probability(units))
            yield total

    def shortfalls(self) -> Iterator[float]:
        """Yield without end the units, in the mean, that 0, 1, 2, ... units would fall short by."""
        shortfall = self.mean
        yield shortfall
        for probability in self.at_most():
            shortfall = max(0.0, shortfall - (1 - probability)) if probability < _CERTAIN else 0.0
            yield shortfall

    def quantile(self, level: float) -> int:
        """Return the fewest units that are enough with at least this probability, from above 0 to `MAX_LEVEL`."""
        check_level("level", level)
        return next(units for units, probability in enumerate(self.at_most()) if probability >= level)


def check_level(name: str, level: float) -> None:
    """Refuse a probability that asks for nothing or for more than can be known."""
    if not 0 < level <= MAX_LEVEL:
        raise ValueError(f"{name} is {level}; it is above 0 and at most {MAX_LEVEL}")
