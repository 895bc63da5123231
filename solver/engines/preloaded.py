"""What the fork server loads before it gives birth to the first child: the engines with their libraries.

Loaded without the garbage collector, which would look through ever more modules, and kept from it ever after: what
all children share is written to by none of them.
"""

# ruff: noqa: E402 -- whatever is imported is imported without the collector
import gc

gc.disable()

import ortools.constraint_solver.pywrapcp  # noqa: F401 -- for whoever is born later

import solver.engines.routing
import solver.engines.ruin  # noqa: F401 -- as above

gc.enable()
gc.freeze()
