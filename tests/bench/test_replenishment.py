import argparse
import json
from dataclasses import replace

import pytest

from bench import replenishment
from bench.replenishment import (
    ALL,
    COMPARED,
    by_rule,
    comparisons,
    figures_of,
    fill_of,
    losses_of,
    scaled_figures,
    stock_value_cents,
    value_of,
)
from bench.replenishment_parts import HISTORY_WEEKS, WEEKS, PartKind, SparePart, spare_parts
from bench.replenishment_weeks import Aim, Books, fixed_levels, forecasts_of, levels_of, lived
from bench.results import COLUMNS
from fieldsvc.domain.reordering import StockLevels

PART = SparePart(
    kind=PartKind.STEADY,
    unit_cost_cents=100,
    lot_size=1,
    minimum_quantity=1,
    history=(1,) * HISTORY_WEEKS,
    demand=(3, 3, 0, 1) + (0,) * (WEEKS - 4),
    past_lead_weeks=(2, 2),
    lead_weeks=(2,) * WEEKS,
)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser("replenishment")
    replenishment.add_command(parser)
    return parser.parse_args(["--no-save", *arguments])


def test_parts_are_made_from_their_arguments_alone() -> None:
    parts = spare_parts(30, seed=1)
    assert parts == spare_parts(30, seed=1) == spare_parts(40, seed=1)[:30]
    assert parts != spare_parts(30, seed=2)
    assert {part.kind for part in parts} == set(PartKind)
    for part in parts:
        assert len(part.demand) == len(part.lead_weeks) == WEEKS
        assert (len(part.history) < HISTORY_WEEKS) == (part.kind is PartKind.NEW)
        assert min(part.lead_weeks) >= 1


def test_weeks_by_hand() -> None:
    # Kept up to 4 from 2 on. Week 0: 4, 3 used. Week 1: 1 is at the point, 3 ordered for week 3; 1 used, 2 wait.
    # Week 2: position 0 - 2 + 3 = 1, 3 ordered for week 4. Week 3: 3 arrive, 2 go to those who waited, 1 is left;
    # position 4; used. Week 4: 3 arrive. Position 3 from then on.
    outcome = lived(PART, [StockLevels(2, 4)] * WEEKS)
    assert outcome.breaches == ()
    assert (outcome.asked, outcome.served_at_once, outcome.orders) == (7, 3 + 1 + 0 + 1, 2)
    assert outcome.unit_weeks == 1 + 0 + 0 + 0 + 3 * (WEEKS - 4)


def test_lots_are_ordered_whole() -> None:
    assert lived(replace(PART, lot_size=10), [StockLevels(2, 4)] * WEEKS).orders == 1


def test_the_fixed_rule_is_what_a_shop_would_set() -> None:
    assert fixed_levels(PART) == [StockLevels(4, 8)] * WEEKS  # twice 1 a week for 2 weeks, and 4 weeks more
    assert fixed_levels(PART, scale=0.5)[0] == StockLevels(2, 6)
    assert fixed_levels(replace(PART, history=(0,) * 9))[0] == StockLevels(0, 1)


def test_the_forecast_of_a_week_knows_nothing_of_what_comes_after() -> None:
    later = replace(PART, demand=(*PART.demand[:10], *(50,) * (WEEKS - 10)))
    assert forecasts_of(later)[:11] == forecasts_of(PART)[:11]
    assert forecasts_of(later)[-1] != forecasts_of(PART)[-1]


def test_a_balanced_target_spends_less_on_what_is_dear() -> None:
    dear, (forecast, *_) = replace(PART, unit_cost_cents=400_000), forecasts_of(PART)
    cheap_and_dear = [levels_of(part, forecast, Aim(), is_balanced=True) for part in (PART, dear)]
    assert cheap_and_dear[0].reorder_point > cheap_and_dear[1].reorder_point
    same = [levels_of(part, forecast, Aim(), is_balanced=False) for part in (PART, dear)]
    assert same[0] == same[1]


def test_units_that_appear_or_vanish_are_found() -> None:
    right = Books(at_first=4, on_hand=1, backordered=0, ordered=3, asked=3, handed_out=3)
    right.on_order[5] = 3
    assert right.breaches() == []
    for wrong in (
        replace(right, on_hand=2),
        replace(right, ordered=4),
        replace(right, asked=4),
        replace(right, on_hand=-1, at_first=2),
        replace(right, backordered=1, asked=4),
    ):
        assert len(wrong.breaches()) == 1


def test_the_scaled_rule_has_what_the_other_has() -> None:
    outcomes = by_rule(spare_parts(80, seed=3), Aim())
    found = {(str(one["engine"]), str(one["instance"])): one for one in scaled_figures(outcomes)}
    assert len(found) == len(COMPARED) * 2 * (len(PartKind) + 1)
    for rule in COMPARED:
        value = stock_value_cents(outcomes[rule])
        assert value <= float(found[value_of(rule), ALL]["stock_value_cents"]) + 1 < 1.1 * value
        (ours,) = (one for one in figures_of({rule: outcomes[rule]}) if one["instance"] == ALL)
        assert float(found[fill_of(rule), ALL]["fill_rate_percent"]) >= float(ours["fill_rate_percent"])


def row(engine: str, fill: float, value: int, seed: int = 1) -> dict[str, str | int | float]:
    figures = {"units_asked": 9, "fill_rate_percent": fill, "stock_units": 3, "stock_value_cents": value, "orders": 2}
    return {"instance": ALL, "engine": engine, "seed": seed, **figures}


def test_comparisons_and_losses_by_hand() -> None:
    rows = [row(engine, 90, 300) for rule in COMPARED for engine in (rule, value_of(rule), fill_of(rule))]
    rows += [
        row(COMPARED[0], 95, 300, 2),
        row(value_of(COMPARED[0]), 91, 310, 2),
        row(fill_of(COMPARED[0]), 95, 400, 2),
    ]
    rows += [
        row(COMPARED[0], 88, 300, 3),
        row(value_of(COMPARED[0]), 91, 310, 3),
        row(fill_of(COMPARED[0]), 87, 900, 3),
    ]
    compared, _ = comparisons(rows)
    assert (compared["points_at_equal_value"], compared["worst_points"]) == (0, -3)
    assert (compared["value_at_equal_fill"], compared["worst_value"]) == (0.875, 1)  # of 1 and 0.75
    assert compared["never_as_many"] == 1
    assert losses_of(rows) == ["lost: forecast, all, seed 3: 88.0 % at once against 91.0 %, with 300 cents in stock"]


def test_a_small_run(capsys: pytest.CaptureFixture[str]) -> None:
    options = parsed("--parts", "20", "--seeds", "1,2")
    assert options.run(options) == 0
    *_, last = capsys.readouterr().out.splitlines()
    told = json.loads(last.removeprefix("RESULT "))
    assert told["breaches"] == 0
    assert len(told["rows"]) == 2 * (4 + 2 * len(COMPARED)) * (len(PartKind) + 1)
    assert all(set(row) <= set(COLUMNS) for row in told["rows"])
    assert {one["instance"] for one in told["comparisons"]} == {ALL, *PartKind}
    assert len({one["units_asked"] for one in told["rows"] if one["instance"] == ALL and one["seed"] == 1}) == 1


def test_units_that_vanish_fail_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(Books, "breaches", lambda _books: ["one is missing"])
    options = parsed("--parts", "5", "--seeds", "1")
    assert options.run(options) == 1
    assert "seed 1, forecast: week 0: one is missing" in capsys.readouterr().out


def test_a_fill_rate_of_all_is_refused() -> None:
    options = parsed("--fill-rate", "1")
    with pytest.raises(ValueError, match="level is 1"):
        options.run(options)
