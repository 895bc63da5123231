"""Where compiled kernels lie, and whether they are there. Imports no numba, so that anybody may ask.

Numba keeps compiled code by the source file of each function alone, so a change in one module would leave callers in
another with the old code inlined. The cache therefore lies in a folder named after all sources of the package; and
after where they lie and when they were written, since numba takes code of another checkout for stale.
"""

import hashlib
import os
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

_MARK = "warm"
"""A file that stands in the folder once everything has been compiled into it."""


@cache
def cache_folder() -> Path:
    """Where compiled code lies: under FIELDSVC_KERNEL_CACHE, or else under the user's cache folder."""
    state = hashlib.sha256(f"{version('numba')} {version('numpy')} {sys.version_info[:2]}".encode())
    for source in sorted(Path(__file__).resolve().parent.glob("*.py")):
        state.update(f"{source} {source.stat().st_mtime_ns}".encode())
        state.update(source.read_bytes())
    return _base() / state.hexdigest()[:16]


def _base() -> Path:
    """The folder of all states: what the environment says, else the user's cache, else a place that can be written."""
    own = os.environ.get("FIELDSVC_KERNEL_CACHE")
    if own:
        return Path(own)
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fieldsvc" / "kernels"
    try:
        base.mkdir(parents=True, exist_ok=True)
        if os.access(base, os.W_OK):
            return base
    except OSError:
        pass  # a service account without a home
    return Path(tempfile.gettempdir()) / f"fieldsvc-kernels-{os.getuid()}"


def is_warm() -> bool:
    """Whether every kernel has been compiled for this state of the sources."""
    return (cache_folder() / _MARK).exists()


def mark_warm() -> None:
    """Note that every kernel has been compiled."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / _MARK).touch()
