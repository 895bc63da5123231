"""Spare parts ordered by a forecast made anew every week, beside a minimum and maximum that a shop has set once."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from bench.options import numbers
from bench.replenishment_parts import WEEKS, PartKind, SparePart, spare_parts
from bench.replenishment_weeks import Aim, Outcome, fixed_levels, forecasts_of, levels_of, lived
from bench.results import ROOT, Row, append, commit, result_line, table

FORECAST = "forecast"
ONCE = "forecast_once"
"""The same, but from the history alone: what estimating anew is worth."""
BALANCED = "balanced"
"""The forecast with a target for each part that balances what keeping a unit and waiting for one cost."""
FIXED = "min_max"
COMPARED = (FORECAST, BALANCED)
ALL = "all"
FIGURES = ("units_asked", "fill_rate_percent", "stock_units", "stock_value_cents", "orders")
_MOST_SCALED = 64.0
_HALVINGS = 16
_Lived = Sequence[tuple[SparePart, Outcome]]
_Figures = dict[str, str | int | float]


def add_command(parser: argparse.ArgumentParser) -> None:
    """Describe the options of this benchmark."""
    aim = Aim()
    parser.add_argument("--parts", type=int, default=400)
    parser.add_argument("--fill-rate", type=float, default=aim.fill_rate, help=f"that `{FORECAST}` orders for")
    parser.add_argument(
        "--shortage-cents", type=int, default=aim.shortage_cents, help=f"of a unit waited for, in `{BALANCED}`"
    )
    parser.add_argument("--seeds", type=numbers, default=[11, 12, 13, 14, 15], help="separated by commas")
    parser.add_argument("--no-save", action="store_true", help="print only, for a trial")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Live through the weeks by every rule; 1 if units appear or vanish. Seeds are of parts, demand and lead times."""
    aim = Aim(options.fill_rate, options.shortage_cents)
    rows: list[Row] = []
    breaches: list[str] = []
    for seed in options.seeds:
        parts = spare_parts(options.parts, seed)
        outcomes = by_rule(parts, aim)
        for rule, of_parts in outcomes.items():
            breaches += [f"seed {seed}, {rule}: {breach}" for _, one in of_parts for breach in one.breaches]
        figures = [*figures_of(outcomes), *scaled_figures(outcomes)]
        rows += [{"instance": one["instance"], "engine": one["engine"], "seed": seed} | one for one in figures]
        print(table([row for row in rows if row["seed"] == seed and row["instance"] == ALL]), flush=True)
    middle, compared, losses = medians(rows), comparisons(rows), losses_of(rows)
    print(f"\nmedians over seeds\n{table(middle)}\n\nbeside {FIXED}, scaled\n{table(compared)}")
    for finding in (*losses, *breaches):
        print(finding)
    if not options.no_save:
        print(f"appended to {append(rows, 'replenishment').relative_to(ROOT)}")
    told = {"command": "replenishment", "commit": commit(), "breaches": len(breaches), "medians": middle}
    print(result_line(told | {"comparisons": compared, "losses": losses, "rows": rows}))
    return int(bool(breaches))


def by_rule(parts: Sequence[SparePart], aim: Aim) -> dict[str, _Lived]:
    """What came of all parts by each rule, the demand and the suppliers being the same."""
    found: dict[str, list[tuple[SparePart, Outcome]]] = {FORECAST: [], ONCE: [], BALANCED: [], FIXED: []}
    for part in parts:
        forecasts = forecasts_of(part)
        same = [levels_of(part, forecast, aim, is_balanced=False) for forecast in forecasts]
        balanced = [levels_of(part, forecast, aim, is_balanced=True) for forecast in forecasts]
        found[FORECAST].append((part, lived(part, same)))
        found[ONCE].append((part, lived(part, [same[0]] * WEEKS)))
        found[BALANCED].append((part, lived(part, balanced)))
        found[FIXED].append((part, lived(part, fixed_levels(part))))
    return dict(found)


def figures_of(outcomes: dict[str, _Lived]) -> list[_Figures]:
    """The figures of each kind of part, and of all, by rule."""
    return [
        {"instance": name, "engine": rule, **_figures_of(group)}
        for rule, of_parts in outcomes.items()
        for name, group in by_kind(of_parts).items()
    ]


def scaled_figures(outcomes: dict[str, _Lived]) -> list[_Figures]:
    """Of the fixed rule, its minima scaled until a kind, or all, have as much money in stock as another rule, or serve
    as many units at once.
    """
    found: list[_Figures] = []
    for rule in COMPARED:
        for name, group in by_kind(outcomes[rule]).items():
            parts = [part for part, _ in group]
            by_value = least_scaled(parts, stock_value_cents, stock_value_cents(group))
            by_fill = least_scaled(parts, fill_rate, fill_rate(group))
            found.append({"instance": name, "engine": value_of(rule), **_figures_of(by_value)})
            found.append({"instance": name, "engine": fill_of(rule), **_figures_of(by_fill)})
    return found


def least_scaled(parts: Sequence[SparePart], figure: Callable[[_Lived], float], wanted: float) -> _Lived:
    """The fixed rule with the least minima that reach a figure, by halving; with the highest if none do."""
    low, high = 0.0, _MOST_SCALED
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if figure(_scaled(parts, middle)) >= wanted:
            high = middle
        else:
            low = middle
    return _scaled(parts, high)


def value_of(rule: str) -> str:
    """The name of the fixed rule with the stock of another in money."""
    return f"{FIXED}_value_of_{rule}"


def fill_of(rule: str) -> str:
    """The name of the fixed rule with the fill rate of another."""
    return f"{FIXED}_fill_of_{rule}"


def by_kind(outcomes: _Lived) -> dict[str, _Lived]:
    """The parts of each kind of which there are any, and all."""
    kinds = {kind.value: [one for one in outcomes if one[0].kind is kind] for kind in PartKind}
    return {name: group for name, group in kinds.items() if group} | {ALL: outcomes}


def fill_rate(outcomes: _Lived) -> float:
    """Units served at once of all units asked for; 1 if none was."""
    asked = sum(outcome.asked for _, outcome in outcomes)
    return sum(outcome.served_at_once for _, outcome in outcomes) / asked if asked else 1.0


def stock_value_cents(outcomes: _Lived) -> float:
    """What the units on hand cost, on average over the weeks."""
    return sum(part.unit_cost_cents * outcome.unit_weeks for part, outcome in outcomes) / WEEKS


def medians(rows: Sequence[Row]) -> list[_Figures]:
    """Medians over seeds by kind and rule."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((str(row["instance"]), str(row["engine"])), []).append(row)
    return [
        {
            "instance": kind,
            "engine": rule,
            **{figure: median(float(row[figure]) for row in group) for figure in FIGURES},
        }
        for (kind, rule), group in sorted(groups.items())
    ]


def comparisons(rows: Sequence[Row]) -> list[_Figures]:
    """By rule and kind, medians and the worst of the seeds: points of fill rate above the fixed rule with as much money
    in stock, and money in stock over that of the fixed rule with as many units served, where it can serve as many.
    """
    found: list[_Figures] = []
    for rule, kind, seeds in _compared(rows):
        points = [ours["fill_rate_percent"] - value["fill_rate_percent"] for ours, value, _ in seeds.values()]
        ratios = [
            ours["stock_value_cents"] / fill["stock_value_cents"]
            for ours, _, fill in seeds.values()
            if _reaches(ours, fill)
        ]
        orders = [ours["orders"] / value["orders"] for ours, value, _ in seeds.values() if value["orders"]]
        found.append(
            {
                "engine": rule,
                "instance": kind,
                "points_at_equal_value": round(median(points), 2),
                "worst_points": round(min(points), 2),
                "value_at_equal_fill": round(median(ratios), 3) if ratios else "",
                "worst_value": round(max(ratios), 3) if ratios else "",
                "never_as_many": len(points) - len(ratios),
                "orders_at_equal_value": round(median(orders), 3) if orders else "",
            }
        )
    return found


def losses_of(rows: Sequence[Row]) -> list[str]:
    """Every kind and seed of which the fixed rule served more at once with as much money in stock."""
    return [
        f"lost: {rule}, {kind}, seed {seed}: {ours['fill_rate_percent']} % at once against "
        f"{value['fill_rate_percent']} %, with {ours['stock_value_cents']:,.0f} cents in stock"
        for rule, kind, seeds in _compared(rows)
        for seed, (ours, value, _) in seeds.items()
        if ours["fill_rate_percent"] < value["fill_rate_percent"]
    ]


_Numbers = dict[str, float]


def _compared(rows: Sequence[Row]) -> Iterator[tuple[str, str, dict[int, tuple[_Numbers, _Numbers, _Numbers]]]]:
    """By rule and kind, for each seed the figures of the rule and of the two fixed rules scaled to it."""
    figures = {
        (str(row["engine"]), str(row["instance"]), int(row["seed"])): {name: float(row[name]) for name in FIGURES}
        for row in rows
    }
    for rule in COMPARED:
        for kind in (*PartKind, ALL):
            seeds = {
                seed: ours for (engine, instance, seed), ours in figures.items() if (engine, instance) == (rule, kind)
            }
            if seeds:
                yield (
                    rule,
                    str(kind),
                    {
                        seed: (ours, figures[value_of(rule), kind, seed], figures[fill_of(rule), kind, seed])
                        for seed, ours in seeds.items()
                    },
                )


def _reaches(ours: _Numbers, fixed: _Numbers) -> bool:
    return fixed["fill_rate_percent"] >= ours["fill_rate_percent"] and fixed["stock_value_cents"] > 0


def _scaled(parts: Sequence[SparePart], scale: float) -> _Lived:
    return [(part, lived(part, fixed_levels(part, scale))) for part in parts]


def _figures_of(outcomes: _Lived) -> _Figures:
    return {
        "units_asked": sum(outcome.asked for _, outcome in outcomes),
        "fill_rate_percent": round(100 * fill_rate(outcomes), 2),
        "stock_units": round(sum(outcome.unit_weeks for _, outcome in outcomes) / WEEKS, 1),
        "stock_value_cents": round(stock_value_cents(outcomes)),
        "orders": sum(outcome.orders for _, outcome in outcomes),
    }
