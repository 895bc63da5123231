"""What technicians tap: mostly the next thing of a visit, sometimes anything at all."""

import hashlib
import random
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image

from bench.phones.client import Phone
from bench.phones.world import POINT

_WAY = (
    "acceptance",
    "departure",
    "check_in",
    "checklist",
    "photo",
    "work",
    "diagnosis",
    "consumption",
    "solution",
    "verification",
    "report",
    "sign_off",
    "completion",
)
_ASIDE = ("declination", "turning_back", "incompletion", "pause", "work", "help_request", "part_request", "consumption")
_REQUESTS = ("acceptance", "declination", "turning_back", "help_request", "part_request")


@dataclass
class Technician:
    """Somebody with a phone. steps: how far each visit has come, as he sees it."""

    phone: Phone
    part: str
    steps: dict[str, int] = field(default_factory=dict)

    def tap(self, chance: random.Random) -> None:
        """Do the next thing at one of the visits on the phone, or at one that was there once."""
        known = sorted({*self.phone.store.things("visits"), *self.steps})
        if not known:
            return
        visit = chance.choice(known)
        step = self.steps.get(visit, 0)
        kind = chance.choice(_ASIDE) if chance.random() < 0.1 or step == len(_WAY) else _WAY[step]
        if step < len(_WAY) and kind == _WAY[step]:
            self.steps[visit] = step + 1
        if kind == "photo":
            self.phone.photograph(visit, _picture(self.steps[visit]), "before")
            return
        shown = self.phone.visit(visit)
        base = shown["version"] if shown is not None and kind in _REQUESTS else None
        self.phone.note(kind, visit, base_version=base, **self._args(kind, visit))

    def _args(self, kind: str, visit: str) -> dict[str, Any]:
        report = f"what was done at {visit}"
        args: dict[str, dict[str, Any]] = {
            "check_in": {"position": {"latitude": 38.7, "longitude": -9.1}},
            "checklist": {"answers": [{"point": POINT}]},
            "diagnosis": {"symptom": "leak", "cause": "seal", "action": "replace_part"},
            "solution": {"solution": "new seal"},
            "verification": {"passed": True},
            "consumption": {"part_id": self.part},
            "part_request": {"part_id": self.part},
            "help_request": {"note": "please call"},
            "report": {"content": report},
            "sign_off": {"outcome": "absent", "report_sha256": hashlib.sha256(report.encode()).hexdigest()},
            "declination": {"reason": "too_far"},
            "turning_back": {"reason": "breakdown"},
            "incompletion": {"reason": "no_access"},
        }
        return args.get(kind, {})


def _picture(step: int) -> bytes:
    """Return a picture; it looks the same at every visit, as pictures of name plates do."""
    target = BytesIO()
    Image.new("RGB", (8, 8), (step, step, step)).save(target, "PNG")
    return target.getvalue()
