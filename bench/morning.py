"""The start of a shift: phones pull their day and push what they accept, while dispatchers look at the plan."""

import argparse
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bench.results import Row, append, commit, result_line, table

if TYPE_CHECKING:
    from bench.phones.client import Reply
    from bench.phones.network import HttpNetwork

_THINKS_S = 1.0
"""Between two looks of a dispatcher."""
_ON_THE_DESK = ("/plan?date={day}", "/visits?limit=50&day={day}", "/inbox?limit=50", "/tickets?limit=50")


@dataclass
class Timings:
    """How long each kind of request took, and what was not answered well."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, kind: str, ask: "Callable[[], Reply]") -> "Reply":
        """Ask and note how long it took; what was not answered at all counts as answered badly."""
        from bench.phones.client import NoNetwork, Reply  # noqa: PLC0415 -- see _morning

        began = time.perf_counter()
        try:
            reply = ask()
        except NoNetwork as error:
            reply = Reply(0, {"code": str(error)[:100]})
        took = time.perf_counter() - began
        with self._lock:
            self.seconds[kind].append(took)
            if reply.status != 200:
                self.failures.append(f"{kind}: {reply.status} {reply.code}")
        return reply


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--dispatchers", type=int, default=20)
    parser.add_argument("--visits", type=int, default=8, help="of each technician")
    parser.add_argument("--spread", type=float, default=30.0, help="seconds within which the shift starts for all")
    parser.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2, 3])
    parser.add_argument("--processes", type=int, default=2, help="of the server, with eight threads each")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Let one morning after the other begin on a PostgreSQL of its own; 1 if anything was not answered well."""
    rows: list[Row] = []
    failures: list[str] = []
    medians: dict[str, list[float]] = defaultdict(list)
    for seed in options.seeds:
        timings, wall = _morning(options, seed)
        failures += timings.failures
        for kind, seconds in sorted(timings.seconds.items()):
            row = _row(options, seed, kind, seconds, wall)
            medians[kind].append(float(row["p95_ms"]))
            rows.append(row)
        for failure in sorted(set(timings.failures))[:10]:
            print(f"seed {seed}: {failure}", flush=True)
    columns = ("instance", "engine", "seed", "asked", "median_ms", "p95_ms", "longest_ms", "per_second")
    print(table([{name: row[name] for name in columns} for row in rows]))
    if not options.no_save:
        append(rows, "morning")
    p95 = {kind: round(median(values), 1) for kind, values in medians.items()}
    told = {"command": "morning", "commit": commit(), "p95_ms": p95, "failures": len(failures)}
    print(result_line(told))
    return int(bool(failures))


def _row(options: argparse.Namespace, seed: int, kind: str, seconds: list[float], wall: float) -> Row:
    return {
        "instance": f"{options.phones}-{options.dispatchers}-{options.visits}",
        "engine": kind,
        "seed": seed,
        "workers": options.processes,
        "asked": len(seconds),
        "median_ms": round(1000 * median(seconds), 1),
        "p95_ms": round(1000 * (quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]), 1),
        "longest_ms": round(1000 * max(seconds), 1),
        "per_second": round(len(seconds) / wall, 1),
    }


def _morning(options: argparse.Namespace, seed: int) -> tuple[Timings, float]:
    """Found a company, let it be served, and let everybody begin."""
    # Here, as the engine's child processes import the module that lists all commands.
    from bench.phones.network import HttpNetwork  # noqa: PLC0415
    from bench.serving import PASSWORD, served_company  # noqa: PLC0415

    chance, timings = random.Random(seed), Timings()
    with ExitStack() as opened:
        served = opened.enter_context(
            served_company(
                technicians=options.phones,
                visits_each=options.visits,
                dispatchers=options.dispatchers,
                processes=options.processes,
            )
        )
        print(f"seed {seed}: {options.phones * options.visits} visits stored, the server runs", flush=True)

        def signed_in(login: str) -> HttpNetwork:
            network = HttpNetwork(served.address, login, PASSWORD)
            opened.callback(network.close)
            network.ask("GET", "/me")
            return network

        phones = [_Phone(signed_in(f"technician{number}"), timings) for number in range(options.phones)]
        desks = [signed_in(name) for name in _desk_names(options.dispatchers)]
        over = threading.Event()
        watching = [
            threading.Thread(target=_watch, args=(one, timings, over, served.day, chance.random())) for one in desks
        ]
        starting = [threading.Thread(target=one.begin, args=(chance.uniform(0, options.spread),)) for one in phones]
        began = time.perf_counter()
        for thread in (*watching, *starting):
            thread.start()
        for thread in starting:
            thread.join()
        wall = time.perf_counter() - began
        over.set()
        for thread in watching:
            thread.join()
    return timings, wall


def _desk_names(dispatchers: int) -> Iterator[str]:
    yield from ("dispatcher", *(f"dispatcher{number}" for number in range(1, dispatchers)))


class _Phone:
    """A phone at the start of its shift."""

    def __init__(self, network: "HttpNetwork", timings: Timings) -> None:
        self._network, self._timings = network, timings
        self._device = network.ask("POST", "/devices", body={"name": "b", "platform": "b", "app_version": "1"}).body[
            "id"
        ]
        self._cursor: str | None = None
        self._seq = 0

    def begin(self, waits_s: float) -> None:
        """Pull the day, accept all of it, look whether that came through, and set off for the first."""
        time.sleep(waits_s)
        day = self._pull("first pull")
        visits = sorted(day["visits"]["updated"], key=lambda one: str(one["planned_start"]))
        if not visits:
            return
        self._push([self._command("acceptance", one, one["version"]) for one in visits])
        self._pull("pull of changes")
        self._push([self._command("departure", visits[0], None)])
        self._pull("pull of changes")
        self._pull("pull of nothing")

    def _pull(self, kind: str) -> Mapping[str, Any]:
        changes: dict[str, Any] = defaultdict(lambda: {"updated": [], "removed": []})
        has_more = True
        while has_more:
            query = {"limit": 200} if self._cursor is None else {"limit": 200, "cursor": self._cursor}
            reply = self._timings.timed(kind, partial(self._network.ask, "GET", "/sync/pull", query=query))
            if reply.status != 200:  # noted; a phone would try again later
                break
            body = reply.body
            self._cursor, has_more = body["cursor"], body["has_more"]
            for name, change in body["changes"].items():
                changes[name]["updated"] += change["updated"]
        return changes

    def _push(self, commands: list[dict[str, Any]]) -> None:
        said = {
            "device_id": self._device,
            "schema_version": 1,
            "sent_at": datetime.now(UTC).isoformat(),
            "newest_seq": self._seq,
            "commands": commands,
        }
        body = self._timings.timed("push", lambda: self._network.ask("POST", "/sync/push", body=said)).body
        for result in body.get("results", ()):
            if result["status"] != "applied":
                self._timings.failures.append(f"push: {json.dumps(result)[:200]}")

    def _command(self, kind: str, visit: Mapping[str, Any], base_version: int | None) -> dict[str, Any]:
        self._seq += 1
        return {
            "id": str(uuid4()),
            "seq": self._seq,
            "type": kind,
            "entity_id": visit["id"],
            "base_version": base_version,
            "args": {},
            "occurred_at": datetime.now(UTC).isoformat(),
        }


def _watch(network: "HttpNetwork", timings: Timings, over: threading.Event, day: str, waits: float) -> None:
    """Look at the plan, the visits, the tasks and the tickets, in turn, and think in between."""
    over.wait(waits * _THINKS_S)
    while not over.is_set():
        for path in _ON_THE_DESK:
            if over.is_set():
                return
            asked = path.format(day=day)
            timings.timed(f"desk {path.split('?')[0]}", partial(network.ask, "GET", asked))
            over.wait(_THINKS_S)
