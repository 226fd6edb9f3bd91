"""The figures themselves, for `trace`: read from tables, or worked out again by the functions that the report calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad.detection import NonAdaptive, evaluate
from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.programme import Programme, declared
from sarhad.programme.quarters import horizon
from sarhad.report import Spread
from sarhad.workflow import assumptions, contents
from sarhad.workflow.planning import Planned, timeline
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.reporting import MOVED_KM, before_after, value_of
from sarhad.workflow.steps import OnStep, Step, silent

ATTEMPTS = "weighted attempts that get through, horizon and tail"
A_YEAR = "attempts a year"
SHARE = "share"
MOST_SWINGS = 10


@dataclass(frozen=True)
class Value:
    """A figure's value.

    Parameters
    ----------
    name, value, unit
        What it is, how much (None where it is not known), of what; the unit `share` lies in 0..1.
    plan
        The plan it belongs to; blank where it belongs to none.
    """

    name: str
    value: float | str | None
    unit: str
    plan: str = ""


class Judged:
    """A programme and its plans, made ready for evaluation when a figure first asks for it."""

    def __init__(self, prog: Programme, *, on_step: OnStep = silent) -> None:
        self.prog = prog
        self._on_step = on_step

    @cached_property
    def prepared(self) -> Prepared:
        """Return the programme made ready."""
        found = prepare(self.prog, on_step=self._on_step)
        self._on_step(Step("figure", 0.0))
        return found

    def names(self, plan: str = "") -> list[str]:
        """Return the plan of this name, or all of them."""
        return [plan] if plan else sorted(self.prog["plan"]["id"])

    def planned(self, plan: str) -> Planned:
        """Return a plan as the programme holds it."""
        terms = planner.terms(self.prepared.prog, self.prepared.items)
        stored = planner.stored(self.prog, plan)
        return Planned(self.prepared, planner.dated(terms, stored.plan_items), stored)

    def timeline(self, plan: str) -> tuple[BoolArray, FloatArray]:
        """Return what operates in each period of a plan, and the years of the periods."""
        found = self.planned(plan)
        return timeline(found.terms, found.result.plan_items)


def value(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the value of a plan, without it, and the part that no item can touch."""
    for name in judged.names(plan):
        found = planner.stored(judged.prog, name)
        yield Value("value", found.value, ATTEMPTS, name)
        yield Value("value without the plan", found.value_without_plan, ATTEMPTS, name)
        yield Value("out of reach of any item, besides", found.constant, ATTEMPTS, name)


def bound(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the bound of a plan."""
    for name in judged.names(plan):
        yield Value("bound", planner.stored(judged.prog, name).bound, ATTEMPTS, name)


def gap(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the gap of a plan and that of the possible gain."""
    for name in judged.names(plan):
        found = planner.stored(judged.prog, name)
        yield Value("gap", found.gap, SHARE, name)
        yield Value("gap of gain", found.gap_of_gain, SHARE, name)


def moved(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the range of the headline: by how much the plan lowers the value, and the value without and with it."""
    for name in judged.names(plan):
        spread = _ranges(judged, name)
        for key, what, unit in (
            ("fall", "fall by the plan", SHARE),
            ("with", "value", ATTEMPTS),
            ("without", "value without the plan", ATTEMPTS),
        ):
            yield from _spread(what, spread[key], unit, name)


def detected(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the share of attempts detected in the final state, before and after."""
    for name in judged.names(plan):
        spread = _ranges(judged, name)
        yield from _spread("detected without the plan", spread["before"], SHARE, name)
        yield from _spread("detected with the plan", spread["after"], SHARE, name)


def displaced(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the share of attempts whose crossing moves along the line."""
    for name in judged.names(plan):
        flow = contents.flow(judged.prepared, judged.timeline(name)[0][-1])
        yield Value(f"moved by more than {MOVED_KM:g} km", contents.moved_share(flow, MOVED_KM), SHARE, name)


def old_ways(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the value of a plan if movers kept to their old ways."""
    for name in judged.names(plan):
        operating, years = judged.timeline(name)
        fixed = evaluate(judged.prepared.instance, operating, years, mover=NonAdaptive())
        constant = planner.stored(judged.prog, name).constant
        yield Value("value if movers keep their old ways", fixed.value - constant, ATTEMPTS, name)


def baselines(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the values of the two simple plans that the report shows beside a plan."""
    for name in judged.names(plan):
        found, instance = judged.planned(name), judged.prepared.instance
        yield Value("value", found.result.value, ATTEMPTS, name)
        greedy = value_of(found, planner.greedy(instance, found.terms))
        yield Value("value of the greedy plan", greedy, ATTEMPTS, name)
        even = value_of(found, planner.even_spread(instance, found.terms))
        yield Value("value of the same money spread evenly", even, ATTEMPTS, name)


def swings(judged: Judged, plan: str) -> Iterator[Value]:
    """Yield the widest swings: a year of the final state with one assumption at low and at high."""
    for name in judged.names(plan):
        rows = assumptions.swings(judged.prepared, judged.timeline(name)[0][-1]).head(MOST_SWINGS)
        for row in rows.to_dict("records"):
            for level in ("low", "high"):
                what = f"{row['name']} at {level}, {row[level]:g} {row['unit']}".removesuffix(" 1")
                unit = "weighted attempts that get through a year"
                yield Value(what, float(row[f"value_{level}"]), unit, name)


def cost(judged: Judged, item: str) -> Iterator[Value]:
    """Yield the capital of an item."""
    yield Value("capital", _item(judged, item, "capital_usd"), "usd")


def upkeep(judged: Judged, item: str) -> Iterator[Value]:
    """Yield the upkeep of an item."""
    yield Value("upkeep", _item(judged, item, "annual_usd"), "usd a year")


def funding(judged: Judged, item: str) -> Iterator[Value]:
    """Yield what each partner pays for an item, tail included where it has money of its own."""
    paid = judged.prog["funding"]
    paid = paid[paid["item_id"] == item]
    sums = paid.groupby(["plan_id", "partner_id"])["usd"].sum().reset_index()
    for row in sums.to_dict("records"):
        yield Value(f"paid by {row['partner_id']}", float(row["usd"]), "usd", row["plan_id"])


def marginal(judged: Judged, item: str) -> Iterator[Value]:
    """Yield the marginal value of an item in each plan that holds it."""
    rows = judged.prog["plan_item"]
    for row in rows[rows["item_id"] == item].sort_values("plan_id").to_dict("records"):
        known = None if pd.isna(row["marginal_value"]) else float(row["marginal_value"])
        yield Value("marginal value", known, ATTEMPTS, row["plan_id"])


def detection(judged: Judged, section: str) -> Iterator[Value]:
    """Yield the detection of a section today and in the final state of each plan."""
    if judged.prog["edge"].empty:
        return
    number = judged.prepared.instance.sections.index(section)
    for name in judged.names():
        found = before_after(judged.prepared, judged.timeline(name)[0][-1])
        for what, one in (("without", found.before), ("with", found.after)):
            share = float(one.detection_by_section[-1][number])
            yield Value(f"detection {what} the plan", share if np.isfinite(share) else None, SHARE, name)


def attempts(judged: Judged, threat: str) -> Iterator[Value]:
    """Yield the attempts a year of a threat."""
    threats = judged.prog["threat"]
    rates = threats.loc[threats["id"] == threat, ["rate_low", "rate", "rate_high"]].to_numpy(
        dtype=np.float64
    )[0]
    for what, rate in zip(("low", "likely", "high"), rates.tolist(), strict=True):
        yield Value(f"attempts, {what}", rate if np.isfinite(rate) else None, A_YEAR)


def flow(judged: Judged, threat: str) -> Iterator[Value]:
    """Yield the attempts that cross the line, and the share that each plan moves along it."""
    rows = judged.prog["scenario"]
    rows = rows[rows["threat_id"] == threat]
    yield Value("attempts that cross the line", float(rows["attempts"].sum()), A_YEAR)
    for name in judged.names() if len(rows) else []:
        found = contents.flow(judged.prepared, judged.timeline(name)[0][-1])
        share = contents.moved_share(found[found["threat_id"] == threat], MOVED_KM)
        yield Value(f"moved by more than {MOVED_KM:g} km", share, SHARE, name)


def money(judged: Judged, partner: str) -> Iterator[Value]:
    """Yield what a partner offers and what each plan asks of it within the horizon."""
    years = {quarter.year for quarter in horizon(judged.prog)}
    for table, column, what in (("budget", "amount_usd", "offered"), ("funding", "usd", "asked")):
        rows = judged.prog[table]
        rows = rows[(rows["partner_id"] == partner) & rows["year"].isin(years)]
        if table == "budget":
            yield Value(f"{what} within the horizon", float(rows[column].sum()), "usd")
            continue
        for name in judged.names():
            usd = float(rows.loc[rows["plan_id"] == name, column].sum())
            yield Value(f"{what} within the horizon", usd, "usd", name)


def setting(judged: Judged, name: str) -> Iterator[Value]:
    """Yield a setting."""
    yield Value(name, str(judged.prog.setting(name)), declared().setting(name).unit)


def length(judged: Judged, _border: str) -> Iterator[Value]:
    """Yield the length of the line, measured and official."""
    found = judged.prog.describe()
    yield Value("measured", found["border_length_km"], "km")
    yield Value("official", found["official_length_km"], "km")


def none(_judged: Judged, _argument: str) -> Iterator[Value]:
    """Yield nothing: the rows themselves hold the figures."""
    return iter(())


def _ranges(judged: Judged, plan: str) -> dict[str, Spread]:
    operating, years = judged.timeline(plan)
    constant = planner.stored(judged.prog, plan).constant
    return dict(assumptions.ranges(judged.prepared, operating, years, constant))


def _spread(what: str, found: Spread, unit: str, plan: str) -> Iterator[Value]:
    for level, figure in (("low", found.low), ("likely", found.likely), ("high", found.high)):
        yield Value(f"{what}, {level}", figure, unit, plan)


def _item(judged: Judged, item: str, column: str) -> float:
    items = judged.prog["item"]
    return float(items.loc[items["id"] == item, column].iloc[0])
