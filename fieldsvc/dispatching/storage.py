"""Snapshots and plans as bytes of a run's row, and back."""

import json
import zlib
from dataclasses import dataclass, fields
from datetime import date, datetime
from uuid import UUID

from fieldsvc.dispatching.horizon import Horizon
from fieldsvc.dispatching.part_hints import PartHints
from fieldsvc.dispatching.snapshot import Snapshot
from solver import codec
from solver.plan import Plan

_ROW_IDS = ("visits", "technicians", "parts", "locations", "vans")


@dataclass(frozen=True)
class StoredProposal:
    """What a run's row holds of a proposal: the facts it was made from, and the plan."""

    snapshot: Snapshot
    plan: Plan


def read_proposal(snapshot: bytes, plan: bytes) -> StoredProposal:
    """A proposal as it was stored."""
    return StoredProposal(snapshot_from_bytes(snapshot), plan_from_bytes(plan))


def snapshot_to_bytes(snapshot: Snapshot) -> bytes:
    """Compressed JSON; the problem as the solver's own document."""
    document = {
        "problem": codec.problem_to_document(snapshot.problem),
        "day": snapshot.horizon.day.isoformat(),
        "zone": snapshot.horizon.zone,
        **{name: {key: str(row) for key, row in getattr(snapshot, name).items()} for name in _ROW_IDS},
        "visit_versions": dict(snapshot.visit_versions),
        "route_versions": dict(snapshot.route_versions),
        "as_of": snapshot.as_of.isoformat(),
        "held": sorted(snapshot.held),
        "hints": snapshot.hints.to_document(),
        "hash": snapshot.hash,
    }
    return zlib.compress(json.dumps(document, ensure_ascii=False).encode())


def snapshot_from_bytes(content: bytes) -> Snapshot:
    """The snapshot exactly as it was taken."""
    document = json.loads(zlib.decompress(content))
    known = {name: document[name] for name in (one.name for one in fields(Snapshot)) if name in document}
    for name in _ROW_IDS:
        known[name] = {key: UUID(row) for key, row in document[name].items()}
    known["held"] = frozenset(document.get("held", ()))
    known["hints"] = PartHints.from_document(document.get("hints", {}))
    known["as_of"] = datetime.fromisoformat(document["as_of"])
    known["problem"] = codec.problem_from_document(document["problem"])
    return Snapshot(horizon=Horizon(date.fromisoformat(document["day"]), document["zone"]), **known)


def plan_to_bytes(plan: Plan) -> bytes:
    """Compressed JSON of the solver's document."""
    return zlib.compress(codec.dumps(codec.plan_to_document(plan)).encode())


def plan_from_bytes(content: bytes) -> Plan:
    """The plan as it was stored."""
    return codec.plan_from_document(codec.loads(zlib.decompress(content)))
