"""Random numbers inside kernels: SplitMix64 on one word of state, the same everywhere and in every thread.

Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.
"""

import numpy as np
from numpy.typing import NDArray

from solver.search.kernel import kernel


@kernel
def unit(random: NDArray[np.uint64]) -> float:
    """From 0 up to but not including 1."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    word = random[0]
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word = word ^ (word >> np.uint64(31))
    return float(word >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def below(random: NDArray[np.uint64], limit: int) -> int:
    """A whole number from 0 up to but not including `limit`, which is at least 1."""
    return min(limit - 1, int(unit(random) * limit))
