"""How demand for a part comes: how often, in what sizes, and whether it is dying out.

A history holds one figure per period (a week), the oldest first: the units asked for, whether or not they were there,
and 0 for a period without demand. It begins when the part began to be kept.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import comb
from statistics import mean, variance

SMOOTH_INTERVAL = 1.32
"""Mean periods from one demand to the next above which demand is intermittent."""
SMOOTH_VARIATION = 0.49
"""Squared coefficient of variation of the sizes above which they are erratic."""
_DOUBT = 0.05
"""How unlikely a silence or a fall has to be by chance before it is believed."""


class DemandPattern(StrEnum):
    """How regular demand is in time and in size."""

    SMOOTH = "smooth"
    INTERMITTENT = "intermittent"
    ERRATIC = "erratic"
    LUMPY = "lumpy"


def pattern_of(history: Sequence[int]) -> DemandPattern | None:
    """Return the class of a history by mean interval and squared variation of sizes; None if nothing was asked for.

    Syntetos, Boylan & Croston 2005, "On the categorization of demand patterns", Journal of the Operational Research
    Society 56, 495-503, with their limits. What lies on a limit counts as the smoother class. The mean interval is
    that of periods to demands, so the silence since the last demand is in it.
    """
    check_history(history)
    sizes = [units for units in history if units]
    if not sizes:
        return None
    variation = variance(sizes) / mean(sizes) ** 2 if len(sizes) > 1 else 0.0
    if len(history) / len(sizes) <= SMOOTH_INTERVAL:
        return DemandPattern.SMOOTH if variation <= SMOOTH_VARIATION else DemandPattern.ERRATIC
    return DemandPattern.INTERMITTENT if variation <= SMOOTH_VARIATION else DemandPattern.LUMPY


def is_dying_out(history: Sequence[int]) -> bool:
    """Tell whether steady demand would leave so long a silence, or so few late demands, less than one time in twenty.

    Silence: none in each of the last k periods has probability (1 - p)^k, p estimated from the time before. Few: of
    all demands each falls into the later half with probability 1/2, so their number there is binomial (Przyborowski &
    Wilenski 1940, "Homogeneity of results in testing samples from Poisson series", Biometrika 31, 313-323).
    """
    check_history(history)
    demands = [period for period, units in enumerate(history) if units]
    if not demands:
        return False
    until_last = demands[-1] + 1
    # One period more than there were, so that a few demands in a row promise no demand in every period.
    probability = len(demands) / (until_last + 1)
    if (1 - probability) ** (len(history) - until_last) < _DOUBT:
        return True
    half = len(history) // 2
    earlier = sum(period < half for period in demands)
    later = sum(period >= len(history) - half for period in demands)
    as_few_or_fewer = sum(comb(earlier + later, few) for few in range(later + 1))
    return as_few_or_fewer / (1 << (earlier + later)) < _DOUBT


def check_history(history: Sequence[int]) -> None:
    """Refuse units below 0."""
    for period, units in enumerate(history):
        if units < 0:
            raise ValueError(f"history has {units} units in period {period}; demand is 0 or more")
