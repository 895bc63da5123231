"""The dispatch solver: numbers in, plan out. No database, no web, no wall clock, no network.

Start reading at `solver.problem`, then `solver.check`; `docs/contract.md` tells the JSON format.
"""
