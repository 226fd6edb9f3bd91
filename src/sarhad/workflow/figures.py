"""The figures that `trace` can follow: what each means, its formula, where it is written, its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sarhad.programme import Programme, declared
from sarhad.workflow import effect_rows
from sarhad.workflow import figure_rows as rows


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    Parameters
    ----------
    meaning, formula, page
        What it means, how it is computed, where that is written.
    table
        Table whose ids it is asked for by; blank for settings, whose ids are declared.
    rows
        The rows it reads, from the programme and the id.
    is_for_all
        May the id be left out, for all of them.
    needs
        Derived table without which it cannot be followed; blank where facts are enough.
    """

    meaning: str
    formula: str
    page: str
    table: str
    rows: Callable[[Programme, str], tuple[rows.Row, ...]]
    is_for_all: bool = False
    needs: str = ""

    def ids(self, prog: Programme) -> list[str]:
        """Return what it can be asked for."""
        return sorted(prog[self.table]["id"]) if self.table else sorted(declared().settings)


FIGURES: Mapping[str, Figure] = {
    "value:PLAN": Figure(
        "expected weighted attempts that get through, horizon and tail",
        "sum over periods t and scenarios s of years_t * consequence_s * attempts_s * exp(-prevention) * exp(-dist_s)",
        "docs/models/detection.md",
        "plan",
        rows.value,
        is_for_all=True,
        needs="plan",
    ),
    "bound:PLAN": Figure(
        "no plan that keeps the same money and limits has a lower value",
        "largest lower bound of the search, proved by relaxation; the money of every partner and year limits it",
        "docs/models/plan.md",
        "plan",
        rows.bound,
        is_for_all=True,
        needs="plan",
    ),
    "gap:PLAN": Figure(
        "by which share another plan could be lower at most, and the same as a share of the possible gain",
        "gap = (value - bound) / value; gap_of_gain = (value - bound) / (value_without_plan - bound)",
        "docs/models/plan.md",
        "plan",
        rows.gap,
        is_for_all=True,
        needs="plan",
    ),
    "range:PLAN": Figure(
        "the fixed plan with the assumptions all unfavourable and all favourable",
        "value of the same plan with effects, coverage and abandonment_per_hour at low and attempts at high, and the "
        "other way round; other assumptions stay likely",
        "docs/report.md",
        "plan",
        rows.moved,
        is_for_all=True,
        needs="plan",
    ),
    "cost:ITEM": Figure(
        "capital of an item in base-year dollars",
        "capital_likely_usd * units * cost_factor * index[price_year setting] / index[price_year of the measure]",
        "docs/models/measures.md",
        "item",
        rows.cost,
        needs="item",
    ),
    "upkeep:ITEM": Figure(
        "upkeep of an item in base-year dollars, and who pays it when",
        "annual_usd = annual_cost_usd * units * index[price_year setting] / index[price_year of the measure]; a quarter "
        "of it in every quarter of operation, and tail_years of it after the horizon",
        "docs/models/plan.md",
        "item",
        rows.upkeep,
        needs="item",
    ),
    "funding:ITEM": Figure(
        "who pays for an item, in which year, for what",
        "rows of the table funding; only partners that may pay for the category (table eligibility), within what each "
        "offers in a year and carries over (table budget)",
        "docs/models/plan.md",
        "item",
        rows.funding,
        needs="item",
    ),
    "marginal:ITEM": Figure(
        "what is lost when the item is left out and the rest of the plan stays",
        "value(plan without the item) - value(plan); its effects act at a higher level while an item that supports it "
        "operates, and those of the items it supports fall back with it",
        "docs/models/detection.md",
        "item",
        effect_rows.marginal,
        needs="item",
    ),
    "detection:SECTION": Figure(
        "chance to detect the best path that crosses the line in the section",
        "1 - exp(-(exposure that exists + exposure of operating items)) along that path; the items are those of the "
        "section and those that serve all of them, with what supports them (items near its ends may reach in)",
        "docs/models/detection.md",
        "section",
        effect_rows.detection,
    ),
    "attempts:THREAT": Figure(
        "attempts a year of a threat and how they are shared among movers",
        "rate * traffic share * weight * calibration factor; weight of origin o and destination d: people(o) * people(d) "
        "* exp(-hours / gravity_hours), as a share of all pairs",
        "docs/models/scenarios.md",
        "threat",
        rows.attempts,
    ),
    "flow:THREAT": Figure(
        "where the attempts of a threat cross the line, a year",
        "attempts_s of each scenario s, put at the edge where its least-exposed path crosses the line, summed by stretch",
        "docs/models/detection.md",
        "threat",
        rows.flow,
        needs="scenario",
    ),
    "calibration:THREAT": Figure(
        "attempts fitted to reported detections: a fit, not a validation",
        "factors >= 0 by region of origin and mover, such that the detected attempts split over regions of crossing and "
        "movers as detected_share says (least squares); factor and attempts are of the row's region as origin; residual "
        "= root of the sum of (share_fitted - detected_share)^2 over the threat",
        "docs/models/calibration.md",
        "threat",
        rows.calibration,
        is_for_all=True,
        needs="edge",
    ),
    "money:PARTNER": Figure(
        "what a partner offers by year",
        "rows of the table budget",
        "docs/models/plan.md",
        "partner",
        rows.money,
    ),
    "setting:NAME": Figure(
        "a setting of the programme", "as given", "docs/data_dictionary.md", "", rows.setting
    ),
    "length:BORDER": Figure(
        "length of the border line",
        "measured_km: geodesic length on the WGS 84 ellipsoid, vertex to vertex; length_km: the official figure",
        "docs/models/border.md",
        "border",
        rows.length,
        is_for_all=True,
    ),
}
