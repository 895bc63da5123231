"""The plan as a dispatcher reads it on paper: a table for each technician, what stays out and why, the figures."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

_FIGURES = (
    ("visits planned", "visits_planned", ""),
    ("visits unplanned", "visits_unplanned", ""),
    ("technicians used", "technicians_used", ""),
    ("visits late", "visits_late", ""),
    ("minutes late", "late_minutes", " min"),
    ("travel", "travel_minutes", " min"),
    ("distance", "travel_km", " km"),
    ("hands-on work", "work_minutes", " min"),
    ("overtime", "overtime_minutes", " min"),
    ("warehouse stops", "pickups", ""),
)


def print_proposal(console: Console, proposal: Mapping[str, Any], part_names: Mapping[str, str]) -> None:
    """Print routes, unplanned visits and figures."""
    for route in proposal["routes"]:
        console.print(_route_table(route, part_names))
    console.print(_unplanned_table(proposal["unplanned"]))
    console.print(_figures_table(proposal["kpis"]))


def _route_table(route: Mapping[str, Any], part_names: Mapping[str, str]) -> Table:
    visits = sum(stop["kind"] == "job" for stop in route["stops"])
    title = (
        f"{route['technician']}: {visits} visits, leaves {_clock(route['departs_at'])}, "
        f"back {_clock(route['returns_at'])}, "
        f"{route['travel_s'] // 60} min and {route['travel_m'] / 1000:.1f} km on the road"
    )
    table = Table(title=title, title_justify="left", title_style="bold", expand=True)
    for name, options in (
        ("#", {"justify": "right", "no_wrap": True}),
        ("stop", {"no_wrap": True}),
        ("arrive", {"no_wrap": True}),
        ("start", {"no_wrap": True}),
        ("end", {"no_wrap": True}),
        ("where", {"ratio": 3}),
        ("skill", {"ratio": 2}),
        ("parts", {"ratio": 3}),
        ("travel", {"justify": "right", "no_wrap": True}),
    ):
        table.add_column(name, **options)
    position = 0
    for stop in route["stops"]:
        is_visit = stop["kind"] == "job"
        position += is_visit
        table.add_row(
            str(position) if is_visit else "",
            _stop_name(stop),
            _clock(stop["arrival"]),
            _clock(stop["start"]),
            _clock(stop["end"]),
            "" if stop["kind"] == "break" else stop["place"],
            ", ".join(f"{skill} {level}" for skill, level in stop.get("skills", {}).items()),
            _parts(stop, part_names),
            f"{stop['travel_s'] // 60} min" if stop["travel_s"] else "",
        )
    return table


def _stop_name(stop: Mapping[str, Any]) -> str:
    if stop["kind"] == "break":
        return "break"
    if stop["kind"] == "warehouse":
        return f"pick up at {stop['id']}"
    mark = {"emergency": " !!", "high": " !"}.get(stop["priority"], "")
    return f"{stop['number']}{mark}"


def _parts(stop: Mapping[str, Any], part_names: Mapping[str, str]) -> str:
    if stop["kind"] == "warehouse":
        return "load " + ", ".join(
            f"{load['quantity']} × {part_names.get(load['part'], load['part'])}" for load in stop["loads"]
        )
    return ", ".join(
        f"{own['quantity']} × {part_names.get(own['part'], own['part'])} ({own['from']})" for own in stop["parts"]
    )


def _unplanned_table(unplanned: list[Mapping[str, Any]]) -> Table:
    table = Table(title=f"Unplanned: {len(unplanned)} visits", title_justify="left", title_style="bold", expand=True)
    table.add_column("visit", no_wrap=True)
    table.add_column("priority", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    table.add_column("why", ratio=3)
    table.add_column("what to do", ratio=2)
    for visit in unplanned:
        for index, cause in enumerate(visit["causes"]):
            name, priority = (visit["number"], visit["priority"]) if index == 0 else ("", "")
            table.add_row(name, priority, cause["reason"], cause["sentence"], cause["remedy"])
    return table


def _figures_table(figures: Mapping[str, Mapping[str, Any]]) -> Table:
    after, naive = figures["after"], figures["first_come"]
    table = Table(title="Against a first-come plan", title_justify="left", title_style="bold")
    table.add_column("")
    for name in ("this plan", "first come", "difference"):
        table.add_column(name, justify="right")
    for label, key, unit in _FIGURES:
        table.add_row(label, f"{after[key]}{unit}", f"{naive[key]}{unit}", f"{after[key] - naive[key]:+}{unit}")
    cost, other = after["cost_cents"], naive["cost_cents"]
    table.add_row("cost", _money(cost), _money(other), f"{(cost - other) / max(1, other):+.0%}")
    return table


def _clock(moment: str) -> str:
    return datetime.fromisoformat(moment).strftime("%H:%M")


def _money(cents: int) -> str:
    return f"{cents / 100:,.2f}"
