"""The plan as a dispatcher reads it on paper: a table for each technician, what stays out and why, the figures."""

from collections.abc import Iterator, Mapping, Sequence
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


NARROW = 120
"""Columns below which a stop's details stand in one cell, below each other."""


def print_proposal(console: Console, proposal: Mapping[str, Any], part_names: Mapping[str, str]) -> None:
    """Print routes, unplanned visits and figures."""
    is_narrow = console.width < NARROW
    console.print("!! emergency, ! high priority; parts with where they come from", style="dim")
    for route in proposal["routes"]:
        console.print((_narrow_route_table if is_narrow else _route_table)(route, part_names))
    console.print((_narrow_unplanned_table if is_narrow else _unplanned_table)(proposal["unplanned"]))
    console.print(_figures_table(proposal["kpis"]))


def _empty_route_table(route: Mapping[str, Any]) -> Table:
    visits = sum(stop["kind"] == "job" for stop in route["stops"])
    title = (
        f"{route['technician']}: {visits} visits, leaves {_clock(route['departs_at'])}, "
        f"back {_clock(route['returns_at'])}, "
        f"{route['travel_s'] // 60} min and {route['travel_m'] / 1000:.1f} km on the road"
    )
    return Table(title=title, title_justify="left", title_style="bold", expand=True)


def _route_table(route: Mapping[str, Any], part_names: Mapping[str, str]) -> Table:
    table = _empty_route_table(route)
    table.add_column("#", justify="right", no_wrap=True)
    for name in ("stop", "arrive", "start", "end"):
        table.add_column(name, no_wrap=True)
    for name, ratio in (("where", 3), ("skill", 2), ("parts", 3)):
        table.add_column(name, ratio=ratio)
    table.add_column("travel", justify="right", no_wrap=True)
    for position, stop in _numbered(route["stops"]):
        times = (_clock(stop[name]) for name in ("arrival", "start", "end"))
        parts = "\n".join(_parts(stop, part_names))
        table.add_row(position, _stop_name(stop), *times, _place(stop), _skills(stop), parts, _travel(stop))
    return table


def _narrow_route_table(route: Mapping[str, Any], part_names: Mapping[str, str]) -> Table:
    table = _empty_route_table(route)
    table.add_column("#", justify="right", no_wrap=True)
    for name in ("arrive", "start"):
        table.add_column(name, no_wrap=True)
    table.add_column("stop, where, skill, parts", ratio=1)
    table.add_column("travel", justify="right", no_wrap=True)
    for position, stop in _numbered(route["stops"]):
        where = ", ".join(text for text in (_stop_name(stop), _place(stop)) if text)
        details = "\n".join(line for line in (where, _skills(stop), *_parts(stop, part_names)) if line)
        table.add_row(position, _clock(stop["arrival"]), _clock(stop["start"]), details, _travel(stop))
    return table


def _numbered(stops: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Stops with the position of those that are visits."""
    position = 0
    for stop in stops:
        is_visit = stop["kind"] == "job"
        position += is_visit
        yield (str(position) if is_visit else ""), stop


def _place(stop: Mapping[str, Any]) -> str:
    return "" if stop["kind"] == "break" else str(stop["place"])


def _skills(stop: Mapping[str, Any]) -> str:
    return ", ".join(f"{skill} {level}" for skill, level in stop.get("skills", {}).items())


def _travel(stop: Mapping[str, Any]) -> str:
    return f"{stop['travel_s'] // 60} min" if stop["travel_s"] else ""


def _stop_name(stop: Mapping[str, Any]) -> str:
    if stop["kind"] == "break":
        return "break"
    if stop["kind"] == "warehouse":
        return f"pick up at {stop['id']}"
    mark = {"emergency": " !!", "high": " !"}.get(stop["priority"], "")
    return f"{stop['number']}{mark}"


def _parts(stop: Mapping[str, Any], part_names: Mapping[str, str]) -> list[str]:
    """What a visit takes, each with where it comes from, or what is loaded at a warehouse."""
    is_pickup = stop["kind"] == "warehouse"
    return [
        f"{own['quantity']} × {part_names.get(own['part'], own['part'])}" + ("" if is_pickup else f" ({own['from']})")
        for own in stop["loads" if is_pickup else "parts"]
    ]


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


def _narrow_unplanned_table(unplanned: list[Mapping[str, Any]]) -> Table:
    table = Table(title=f"Unplanned: {len(unplanned)} visits", title_justify="left", title_style="bold", expand=True)
    table.add_column("visit", no_wrap=True)
    table.add_column("why, and what to do", ratio=1)
    for visit in unplanned:
        causes = (f"{cause['reason']}: {cause['sentence']} {cause['remedy']}" for cause in visit["causes"])
        table.add_row(f"{visit['number']}\n{visit['priority']}", "\n".join(causes))
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
