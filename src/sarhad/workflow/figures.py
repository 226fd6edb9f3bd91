"""The figures that `trace` can follow: what each means, its formula, where it is written, its rows."""

from __future__ import annotations

from collections.abc import Mapping

from sarhad.workflow import effect_rows, schedule_rows, schedule_values
from sarhad.workflow import figure_rows as rows
from sarhad.workflow import figure_values as values
from sarhad.workflow.figure import Figure

FIGURES: Mapping[str, Figure] = {
    "value:PLAN": Figure(
        "expected weighted attempts that get through, horizon and tail",
        "sum over periods t and scenarios s of years_t * consequence_s * attempts_s * exp(-prevention) * exp(-dist_s)",
        "docs/models/detection.md",
        "plan",
        rows.value,
        is_for_all=True,
        needs="plan",
        values=values.value,
    ),
    "bound:PLAN": Figure(
        "no plan that keeps the same money and limits has a lower value",
        "largest lower bound of the search, proved by relaxation; the money of every partner and year limits it",
        "docs/models/plan.md",
        "plan",
        rows.bound,
        is_for_all=True,
        needs="plan",
        values=values.bound,
    ),
    "gap:PLAN": Figure(
        "by which share another plan could be lower at most, and the same as a share of the possible gain",
        "gap = (value - bound) / value; gap_of_gain = (value - bound) / (value_without_plan - bound)",
        "docs/models/plan.md",
        "plan",
        rows.gap,
        is_for_all=True,
        needs="plan",
        values=values.gap,
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
        values=values.moved,
    ),
    "detected:PLAN": Figure(
        "share of the attempts detected in the final state, without and with the plan",
        "detected attempts / attempts, over all scenarios, in a year of the final state; the range as in range:PLAN; it may "
        "fall when movers take the long way round",
        "docs/models/detection.md",
        "plan",
        rows.moved,
        is_for_all=True,
        needs="plan",
        values=values.detected,
    ),
    "displaced:PLAN": Figure(
        "share of the attempts that cross the line elsewhere because of the plan",
        "mass of each threat's crossings, by stretch of 10 km, that cannot be matched before and after within 10 km, as a "
        "share of all attempts in a year of the final state",
        "docs/report.md",
        "plan",
        rows.value,
        is_for_all=True,
        needs="plan",
        values=values.displaced,
    ),
    "old-ways:PLAN": Figure(
        "the value if movers kept to the paths they take without the plan",
        "value of the same plan with the non-adaptive mover, less what no item can touch; what displacement takes from the "
        "plan is its distance to value:PLAN",
        "docs/models/detection.md",
        "plan",
        rows.value,
        is_for_all=True,
        needs="plan",
        values=values.old_ways,
    ),
    "baseline:PLAN": Figure(
        "simple plans with the same money",
        "greedy on the logit value with one pass of swaps; the same money spread evenly along the line; both valued as the "
        "plan is",
        "docs/models/plan.md",
        "plan",
        rows.bound,
        is_for_all=True,
        needs="plan",
        values=values.baselines,
    ),
    "swing:PLAN": Figure(
        "the ten assumptions that move the result most",
        "weighted attempts that get through in a year of the fixed plan's final state, one assumption at low and at high, "
        "all others likely",
        "docs/report.md",
        "plan",
        rows.swung,
        is_for_all=True,
        needs="plan",
        values=values.swings,
    ),
    "cost:ITEM": Figure(
        "capital of an item in base-year dollars",
        "capital_likely_usd * units * cost_factor * index[price_year setting] / index[price_year of the measure]",
        "docs/models/measures.md",
        "item",
        rows.cost,
        needs="item",
        values=values.cost,
    ),
    "upkeep:ITEM": Figure(
        "upkeep of an item in base-year dollars, and who pays it when",
        "annual_usd = annual_cost_usd * units * index[price_year setting] / index[price_year of the measure]; a quarter "
        "of it in every quarter of operation, and tail_years of it after the horizon",
        "docs/models/plan.md",
        "item",
        rows.upkeep,
        needs="item",
        values=values.upkeep,
    ),
    "funding:ITEM": Figure(
        "who pays for an item, in which year, for what",
        "rows of the table funding; only partners that may pay for the category (table eligibility), within what each "
        "offers in a year and carries over (table budget)",
        "docs/models/plan.md",
        "item",
        rows.funding,
        needs="item",
        values=values.funding,
    ),
    "marginal:ITEM": Figure(
        "what is lost when the item is left out and the rest of the plan stays",
        "value(plan without the item) - value(plan); its effects act at a higher level while an item that supports it "
        "operates, and those of the items it supports fall back with it",
        "docs/models/detection.md",
        "item",
        effect_rows.marginal,
        needs="item",
        values=values.marginal,
    ),
    "detection:SECTION": Figure(
        "chance to detect the best path that crosses the line in the section",
        "1 - exp(-(exposure that exists + exposure of operating items)) along that path; the items are those of the "
        "section and those that serve all of them, with what supports them (items near its ends may reach in)",
        "docs/models/detection.md",
        "section",
        effect_rows.detection,
        values=values.detection,
    ),
    "attempts:THREAT": Figure(
        "attempts a year of a threat and how they are shared among movers",
        "rate * traffic share * weight * calibration factor; weight of origin o and destination d: people(o) * people(d) "
        "* exp(-hours / gravity_hours), as a share of all pairs",
        "docs/models/scenarios.md",
        "threat",
        rows.attempts,
        values=values.attempts,
    ),
    "flow:THREAT": Figure(
        "where the attempts of a threat cross the line, a year",
        "attempts_s of each scenario s, put at the edge where its least-exposed path crosses the line, summed by stretch",
        "docs/models/detection.md",
        "threat",
        rows.flow,
        needs="scenario",
        values=values.flow,
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
    "schedule:PLAN": Figure(
        "when the programme is complete by its schedule",
        "the largest finish of an activity; each starts no earlier than its links, calendar, resources and the status date "
        "let it; of such schedules one with little lateness, weighted by what a month of delay costs in security",
        "docs/models/schedule.md",
        "plan",
        schedule_rows.schedule,
        is_for_all=True,
        needs="activity",
        values=schedule_values.schedule,
    ),
    "risk:PLAN": Figure(
        "how likely the schedule is to hold: dates, money and security lost to delay in many draws, and what drives them",
        "quantiles over draws of durations, costs, risks and weather with the resource order of the schedule kept; lost to "
        "delay: value(operating as drawn) - value(operating as planned); of a driver: mean of all - mean without it",
        "docs/models/schedule_risk.md",
        "plan",
        schedule_rows.risk,
        is_for_all=True,
        needs="activity",
        values=schedule_values.risk,
    ),
    "dates:ITEM": Figure(
        "when an item operates: by the plan, by the schedule, in half and in eight of ten draws",
        "finish of its last activity; duration = likely of the template * factor of the mode, in working days of the calendar",
        "docs/models/activities.md",
        "item",
        schedule_rows.dates,
        needs="activity",
        values=schedule_values.dates,
    ),
    "delay:ITEM": Figure(
        "what is lost in security when the item alone operates so many months late",
        "value(item, and what cannot operate without it, absent until the later day) - value(plan on time), month by month",
        "docs/models/delay.md",
        "item",
        schedule_rows.delay,
        needs="activity",
        values=schedule_values.delay,
    ),
    "money:PARTNER": Figure(
        "what a partner offers by year",
        "rows of the table budget",
        "docs/models/plan.md",
        "partner",
        rows.money,
        values=values.money,
    ),
    "setting:NAME": Figure(
        "a setting of the programme",
        "as given",
        "docs/data_dictionary.md",
        "",
        rows.setting,
        values=values.setting,
    ),
    "length:BORDER": Figure(
        "length of the border line",
        "measured_km: geodesic length on the WGS 84 ellipsoid, vertex to vertex; length_km: the official figure",
        "docs/models/border.md",
        "border",
        rows.length,
        is_for_all=True,
        values=values.length,
    ),
}
