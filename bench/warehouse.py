"""A warehouse with a year of stock moves: how long a reservation, a pick list, a count and the doctor take."""

import argparse
import time
from typing import TYPE_CHECKING

from bench.results import append, commit, result_line, table

if TYPE_CHECKING:
    from bench.warehouse_paces import Figures

_TARGETS = {
    ("reserve", "p95_ms"): 50.0,
    ("reserve, 4 callers", "p95_ms"): 50.0,
    ("pick lists", "longest_ms"): 2000.0,
    ("doctor", "seconds"): 60.0,
}
_CALLERS = 4
_FIGURES = ("instance", "asked", "median_ms", "p95_ms", "longest_ms", "seconds", "peak_memory_mb")


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this command."""
    parser.add_argument("--moves", type=int, default=1_000_000, help="stock moves of a year")
    parser.add_argument("--parts", type=int, default=50_000)
    parser.add_argument("--vans", type=int, default=500, help="each with a technician who has a day of visits")
    parser.add_argument("--warehouses", type=int, default=3)
    parser.add_argument("--visits-each", type=int, default=4, help="of a technician on the day")
    parser.add_argument("--calls", type=int, default=2000, help="reservations, by one caller and by four")
    parser.add_argument("--reads", type=int, default=10, help="of the pick lists")
    parser.add_argument("--tours", type=int, default=50, help="that are handed over")
    parser.add_argument("--counts", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Load, measure, and tell; 1 if the doctor finds anything before or after."""
    from fieldsvc.logs import configure_logs  # noqa: PLC0415 -- here, as the engine's child processes import this

    configure_logs(is_quiet=True)
    rows, findings = measured(options)
    shown = [{figure: row.get(figure, "") for figure in _FIGURES} for row in rows]
    print(table(shown))
    for row in rows:
        if "refused" in row or "lines" in row:
            print(", ".join(f"{name} {row[name]}" for name in ("instance", "refused", "lines") if name in row))
    for finding in findings[:20]:
        print(finding)
    told = {f"{name} {figure}": bool(got <= most) for name, figure, got, most in _against_targets(rows)}
    sizes = {name: getattr(options, name) for name in ("moves", "parts", "vans", "database")}
    if not options.no_save:
        append([{"engine": options.database, "seed": options.seed} | row for row in shown], "warehouse")
    figures = {"command": "warehouse", "commit": commit(), "within_target": told, "findings": len(findings)}
    print(result_line(figures | sizes))
    return int(bool(findings))


def measured(options: argparse.Namespace) -> tuple[list["Figures"], list[str]]:
    """All rows of figures, and what the doctor finds of what was loaded and of what is there in the end."""
    from cryptography.fernet import Fernet  # noqa: PLC0415 -- as above

    from bench.phones.databases import databases  # noqa: PLC0415
    from bench.warehouse_ledger import Sizes  # noqa: PLC0415
    from bench.warehouse_paces import Warehouse  # noqa: PLC0415
    from bench.warehouse_rows import load_warehouse  # noqa: PLC0415
    from fieldsvc.adapters.ids import TimeOrderedIds  # noqa: PLC0415
    from fieldsvc.domain.clock import SystemClock  # noqa: PLC0415
    from fieldsvc.models.sealing import Sealer  # noqa: PLC0415
    from fieldsvc.persistence.database import Database  # noqa: PLC0415

    sizes = Sizes(options.moves, options.parts, options.vans, options.warehouses, options.visits_each)
    sealer = Sealer([Fernet.generate_key().decode()], "a secret for benchmarks")
    with databases(options.database) as made:
        database = Database.at(made.fresh(), sealer, SystemClock(), TimeOrderedIds())
        try:
            began = time.perf_counter()
            stocked = load_warehouse(database, sizes, options.seed)
            loaded: Figures = {"instance": "load", "seconds": round(time.perf_counter() - began, 1)}
            asked = Warehouse(database, stocked, options.seed)
            print(f"{options.moves:,} moves are there after {loaded['seconds']} s", flush=True)
            stock, found = asked.doctor(is_stock_only=True)
            rows = [loaded, *asked.reserve(options.calls, 1), *asked.reserve(options.calls, _CALLERS)]
            rows += [asked.pick_lists(options.reads), asked.hand_over(options.tours), asked.count(options.counts)]
            doctor, found_later = asked.doctor(is_stock_only=False)
        finally:
            database.dispose()
    return [*rows, stock, doctor], [*found, *found_later]


def _against_targets(rows: list["Figures"]) -> list[tuple[str, str, float, float]]:
    """(name, figure, what it is, what it may be) of each figure that has a limit."""
    known = {str(row["instance"]): row for row in rows}
    return [
        (name, figure, float(known[name][figure]), most)
        for (name, figure), most in _TARGETS.items()
        if figure in known.get(name, {})
    ]
