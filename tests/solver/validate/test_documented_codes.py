"""`docs/errors.md` says what `FaultCode` says, and the records refuse with codes that are in it."""

import re
from pathlib import Path

import solver
from solver.validate import FaultCode

ROOT = Path(solver.__file__).parent.parent
HEADING = "## Faults of problem and plan documents"


def test_the_table_of_faults_is_the_list_of_codes() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    section = text.split(HEADING)[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| (.*) \|$", section, flags=re.MULTILINE)
    assert rows == [(code.name, code.meaning, code.remedy) for code in FaultCode]


def test_every_code_given_elsewhere_in_the_solver_is_one_of_them() -> None:
    known = {code.name for code in FaultCode}
    for name in ("codec", "params", "problem"):
        source = (ROOT / "solver" / f"{name}.py").read_text(encoding="utf-8")
        used = set(re.findall(r"(?:Fault|_refuse)\(\s*\"([A-Z_]+)\"", source))
        assert used, name
        assert used <= known
