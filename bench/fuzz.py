"""Requests made up from the OpenAPI file, asked as every role: none ends in a 5xx or in an undocumented answer."""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from bench.results import commit, result_line
from bench.signed_in import SignedIn

_EVERY_S = 10.0
"""Between two lines of progress."""
_NOBODY = 401


@dataclass(frozen=True)
class Asked:
    """Who asks, and for what. people: who is signed in. known: values that path parameters have every other time."""

    app: Flask
    people: SignedIn
    known: Mapping[str, str]


@dataclass(frozen=True)
class Found:
    """What came of it: operations and requests, and a line for each operation that answered what it should not.

    answers: how many requests had which status, by its hundreds; unknown: how many were taken for nobody's.
    """

    operations: int
    requests: int
    answers: Mapping[str, int]
    unknown: int
    faults: tuple[str, ...]


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--cases", type=int, default=1000, help="of each operation, each asked as every role")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="operations whose address contains this")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Ask on a new database, then let the doctor look; 1 if anything was found."""
    # Here, as the engine's child processes import the module that lists all commands.
    from bench.fuzz_world import fuzzed_company  # noqa: PLC0415
    from bench.phones.databases import databases  # noqa: PLC0415
    from fieldsvc.logs import configure_logs  # noqa: PLC0415

    configure_logs(is_quiet=True)
    began = told_at = time.monotonic()

    def tell(operation: str, requests: int, faults: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > _EVERY_S:
            told_at = time.monotonic()
            print(f"{requests:,} requests in {told_at - began:.0f} s, {faults} faults; {operation}", flush=True)

    with ExitStack() as opened:
        made = opened.enter_context(databases(options.database))
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-")))
        company = opened.enter_context(fuzzed_company(made, folder))
        found = fuzz(company.asked, options.cases, seed=options.seed, only=options.only, tell=tell)
        findings = company.findings()
    for line in (*found.faults, *findings):
        print(line, flush=True)
    told = {
        "command": "fuzz",
        "commit": commit(),
        "database": options.database,
        "operations": found.operations,
        "requests": found.requests,
        "answers": dict(sorted(found.answers.items())),
        "unauthenticated": found.unknown,
        "roles": len(company.asked.people),
        "faults": len(found.faults),
        "doctor": len(findings),
    }
    print(result_line(told))
    return int(bool(found.faults or findings))


def fuzz(
    asked: Asked,
    cases: int,
    *,
    seed: int = 1,
    only: str = "",
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Found:
    """Make up so many cases of each operation, and ask each of them as everybody."""
    import schemathesis  # noqa: PLC0415 -- a tool of the tests, not there where the product runs

    answers: Counter[int] = Counter()
    faults, operations = [], 0
    described: Any = schemathesis.openapi.from_wsgi("/openapi.json", asked.app)
    for result in described.get_all_operations():
        operation = result.ok()
        if only not in operation.path:
            continue
        operations += 1
        name = f"{operation.method.upper()} {operation.path}"
        fault = _ask_all(asked, operation, cases, seed, answers)
        faults += [f"{name}: {fault}"] if fault is not None else []
        tell(name, answers.total(), len(faults))
    if answers[_NOBODY] > answers.total() // 20:
        faults.append(f"{answers[_NOBODY]} of {answers.total()} requests were taken for nobody's")
    hundreds: Counter[str] = Counter()
    for status, times in answers.items():
        hundreds[f"{status // 100}xx"] += times
    return Found(operations, answers.total(), hundreds, answers[_NOBODY], tuple(faults))


def _ask_all(asked: Asked, operation: Any, cases: int, seed: int, answers: Counter[int]) -> str | None:
    """Ask the cases of one operation, and count the answers; return the first fault, made small."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415 -- as above
    from hypothesis import seed as seeded  # noqa: PLC0415 -- as above
    from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance  # noqa: PLC0415 -- as above

    # A value can be of its type and still be refused (a cursor of another list); and the token is always right here.
    excluded = [positive_data_acceptance, ignored_auth]
    count = 0

    @seeded(seed)
    @settings(
        max_examples=cases,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal count
        is_known = count % 2 == 0
        count += 1
        if is_known and case.path_parameters:
            case.path_parameters |= {name: asked.known[name] for name in case.path_parameters if name in asked.known}
        for login, token in asked.people.items():
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            answers[answer.status_code] += 1
            if answer.status_code == _NOBODY:  # by the request before, which has signed somebody out
                asked.people.sign_in(login)
            assert answer.status_code < 500, f"as {login}: {answer.status_code} {answer.text[:500]}"
            case.validate_response(answer, excluded_checks=excluded)

    try:
        ask()
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 -- of whatever kind, it is what is looked for
        found = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
        return " ".join(" ".join(map(str, found)).split())[:2000]
    return None
