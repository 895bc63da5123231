"""`python -m fieldsvc` is the same as `fieldsvc`."""

# ruff: noqa: E402 -- whatever is imported is imported without the collector
import gc

gc.disable()  # modules make no garbage while they are loaded; looking for it takes a third of the time

import sys

from fieldsvc.cli import main

gc.enable()
gc.freeze()  # what was loaded stays
sys.exit(main())
