"""The engines by name. Importing this imports none of them: each drags in a library that takes its time."""

import subprocess
import sys
from importlib import import_module
from typing import cast

from solver.engines.base import Engine
from solver.errors import UnknownEngine
from solver.search.cache import is_warm

_PATHS = {"routing": "solver.engines.routing:RoutingEngine", "ruin": "solver.engines.ruin:RuinEngine"}


def names() -> tuple[str, ...]:
    """Every name that `SolveParams.engine` may have."""
    return tuple(sorted(_PATHS))


def register(name: str, path: str) -> None:
    """Make an engine known.

    Parameters
    ----------
    name : what `SolveParams.engine` calls it; a name known before now means the new engine.
    path : "module:Class". The module is imported in the child process only, so it must be importable there.
    """
    _PATHS[name] = path


def path_of(name: str) -> str:
    """Where the engine of that name stands, as "module:Class"; raise UnknownEngine for any other name."""
    if name not in _PATHS:
        raise UnknownEngine(f"no engine is called {name!r}; there are {', '.join(names())}")
    return _PATHS[name]


def prepare(name: str) -> bool:
    """Do before a solve what would otherwise be taken from its time: compile kernels, once per installation.

    Whether there was anything to do; it takes a minute or two. A process of its own compiles, so that nobody who only
    asks for a plan imports a compiler.
    """
    if name != "ruin" or is_warm():
        return False
    told = subprocess.run([sys.executable, "-m", "solver", "warm"], check=False, stdout=subprocess.DEVNULL)
    return told.returncode == 0


def load(path: str) -> Engine:
    """Import an engine and make one."""
    module, _, engine = path.partition(":")
    return cast(Engine, getattr(import_module(module), engine)())
