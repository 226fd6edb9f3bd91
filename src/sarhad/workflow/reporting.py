"""`report`: gather what a report shows, and write it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import sarhad
from sarhad import measures, report, situation
from sarhad import plan as planner
from sarhad.detection import NonAdaptive, evaluate, value_by_period
from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.errors import DataError
from sarhad.plan.money import funding
from sarhad.programme import Programme, declared
from sarhad.workflow import assumptions, contents, varied
from sarhad.workflow.assessing import assess
from sarhad.workflow.evaluating import fine_and_coarse
from sarhad.workflow.folders import require_writable
from sarhad.workflow.landscapes import landscape
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.planning import VALUE_TOLERANCE, Planned, timeline
from sarhad.workflow.plans import certificate, plan_items, require_current, require_plan
from sarhad.workflow.prepare import Prepared, counts, prepare
from sarhad.workflow.sequencing import stored_schedule
from sarhad.workflow.steps import OnStep, Step, silent
from sarhad.workflow.timetables import timetable

MOVED_KM = 10.0
DRAWS, EXACT, SEED = 2000, 40, 1  # of the risk of a stored schedule


def report_plan(
    source: Path,
    plan: str,
    out: Path,
    *,
    langs: tuple[str, ...],
    is_fine: bool = False,
    on_step: OnStep = silent,
) -> Outcome:
    """Write the report of a plan of the programme, or in a plan.json; with `is_fine` on the terrain grid too.

    Raises
    ------
    SpecError
        If there is no such plan, or it was made from other facts.
    """
    prog = Programme.open(source)
    require_plan(prog, plan)
    require_current(prog, plan)
    for lang in langs:
        report.language(lang)
    require_writable(out)
    prepared = prepare(prog, on_step=on_step)
    on_step(Step("report", 0.0))
    terms = planner.dated(planner.terms(prepared.prog, prepared.items), plan_items(prepared.prog, plan))
    planned = Planned(prepared, terms, _result(prepared, terms, plan))
    times = _timetable(prepared, plan, on_step)
    pages = write_reports(gather(planned, plan, is_fine=is_fine, times=times), out, langs)
    payload = {
        "plan": plan,
        "out": str(out),
        "pages": [str(page) for page in pages],
        "data_hash": prog.data_hash,
    }
    return Outcome(payload, _lines)


def _timetable(prepared: Prepared, plan: str, on_step: OnStep) -> report.Timetable | None:
    """Return the schedule that the programme holds of a plan, its risk drawn anew; None where it holds none."""
    scheduled = stored_schedule(prepared, plan)
    if scheduled is None:
        return None
    assessed = assess(scheduled, iterations=DRAWS, seed=SEED, exact=EXACT, on_step=on_step)
    return timetable(scheduled, assessed)


def _result(prepared: Prepared, terms: planner.Terms, plan: str) -> planner.PlanResult:
    """Return the plan of this name, or that of a plan.json: paid for and valued anew, its bound as stated."""
    prog = prepared.prog
    if plan in set(prog["plan"]["id"]):
        return planner.stored(prog, plan)
    stated, rows = certificate(prog, Path(plan)), plan_items(prog, plan)
    operating, years = timeline(terms, rows)
    value = evaluate(prepared.instance, operating, years).value - float(stated["constant"])
    if abs(value - float(stated["value"])) > VALUE_TOLERANCE * max(1.0, abs(value)):
        raise DataError(
            f"{plan}: states the value {stated['value']:,.6g}, but its items give {value:,.6g}. Use the file as "
            "`sarhad plan --json` gave it.",
            table="plan",
            column="value",
        )
    paid = funding(terms, planner.starts(terms, rows))
    gain = float(stated["value_without_plan"]) - float(stated["bound"])
    apart = max(0.0, value - float(stated["bound"]))
    everything = stated["value_with_everything"]
    return planner.PlanResult(
        plan_items=rows.assign(marginal_value=rows["marginal_value"].astype(np.float64)),
        funding=paid.sort_values(["item_id", "partner_id", "year", "kind"], ignore_index=True),
        value=value,
        bound=float(stated["bound"]),
        gap=apart / value if value > 0 else 0.0,
        gap_of_gain=apart / gain if gain > 0 else 0.0,
        status=stated["status"],
        value_without_plan=float(stated["value_without_plan"]),
        value_with_everything=float("nan") if everything is None else float(everything),
        constant=float(stated["constant"]),
        seconds=float(stated["seconds"]),
        seed=int(stated["seed"]),
        stopped=stated["stopped"],
        notices=(),
    )


def write_reports(content: report.Content, out: Path, langs: tuple[str, ...]) -> list[Path]:
    """Write the report in each language and return the pages."""
    return [report.write(content, out, lang, also=langs).page for lang in langs]


def gather(
    planned: Planned, name: str, *, is_fine: bool = False, times: report.Timetable | None = None
) -> report.Content:
    """Return everything the report of a plan shows.

    Parameters
    ----------
    planned, name
        The plan and its name.
    is_fine
        Judge the final state on the terrain grid too; this takes as long as all the rest.
    times
        The plan's schedule and its risk, if there is one.
    """
    prepared, result = planned.prepared, planned.result
    prog, instance = prepared.prog, prepared.instance
    operating, years = timeline(planned.terms, result.plan_items)
    found = before_after(prepared, operating[-1])
    apart = situation.programme_rates(prog)
    flow = contents.flow(prepared, operating[-1])
    swings = assumptions.swings(prepared, operating[-1])
    headline = _headline(planned, operating, years, contents.moved_share(flow, MOVED_KM))
    if is_fine:
        final_year = report.FinalYear(**fine_and_coarse(prepared, operating[-1]))
        headline = dataclasses.replace(headline, final_year=final_year)
    return report.Content(
        identity=_identity(prepared, planned, name),
        headline=headline,
        sections=contents.sections(prog, found),
        crossings=contents.points_of(prog["crossing"]),
        settlements=_settlements(prog),
        threats=contents.threats(prog, instance, found),
        threats_apart=contents.threats_apart(prog, apart, _kept(prepared, operating[-1])),
        threats_never=contents.threats_never(prog, set(apart["threat_id"])),
        partners=_partners(planned),
        items=contents.items(prog, result.plan_items),
        funding=result.funding,
        budget=_budget(prog, planned.terms),
        detection=contents.detection(instance, found),
        flow=flow,
        by_quarter=contents.by_quarter(prepared.instance, planned.terms.quarters, operating, years),
        swings=swings,
        not_varied=varied.not_varied(prog, swings),
        calibration=contents.calibration(situation.fitted_scenarios(prog, prepared.network)),
        patrols=contents.patrols(prog, prepared.views),
        not_candidates=_not_candidates(prog),
        settings=_settings(prog),
        sources=prog["source"],
        ground=_ground(prepared),
        relief=_relief(prepared),
        landscape=landscape(prepared, result.plan_items),
        timetable=times,
        rounds=_rounds(prog, name),
        movers=prog["mover"],
        rivers=prog["river"],
        notices=tuple(dict.fromkeys((*prepared.notices, *planned.terms.notices, *result.notices))),
    )


def _rounds(prog: Programme, plan: str) -> pd.DataFrame | None:
    """Return the rounds from which a plan of the programme came, None where it was made in one."""
    rows = prog["plan_round"]
    rows = rows[rows["plan_id"] == plan]
    return None if rows.empty else rows.reset_index(drop=True)


def before_after(prepared: Prepared, final: BoolArray) -> contents.BeforeAfter:
    """Return a year of the final state without and with the plan."""
    one = np.ones(1)
    return contents.BeforeAfter(
        before=evaluate(prepared.instance, np.zeros_like(final)[None, :], one),
        after=evaluate(prepared.instance, final[None, :], one),
    )


def _headline(planned: Planned, operating: BoolArray, years: FloatArray, moved: float) -> report.Headline:
    prepared, result = planned.prepared, planned.result
    spread = assumptions.ranges(prepared, operating, years, result.constant)
    budget = _budget(prepared.prog, planned.terms)
    fixed = evaluate(prepared.instance, operating, years, mover=NonAdaptive())
    return report.Headline(
        status=result.status,
        value_without_plan=result.value_without_plan,
        value=result.value,
        bound=result.bound,
        gap=result.gap,
        gap_of_gain=result.gap_of_gain,
        fall_range=spread["fall"],
        value_range=spread["with"],
        without_range=spread["without"],
        detected_before=spread["before"],
        detected_after=spread["after"],
        cost_usd=float(result.plan_items["cost_usd"].sum()),
        budget_usd=float(budget["amount_usd"].sum()),
        greedy_value=value_of(planned, planner.greedy(prepared.instance, planned.terms)),
        even_value=value_of(planned, planner.even_spread(prepared.instance, planned.terms)),
        value_everything=_everything(planned, operating, years),
        value_fixed_paths=fixed.value - result.constant,
        moved_share=moved,
        moved_km=MOVED_KM,
        constant=result.constant,
    )


def _everything(planned: Planned, operating: BoolArray, years: FloatArray) -> float:
    """Return the value with every candidate operating from the first quarter."""
    instance = planned.prepared.instance
    total = value_by_period(instance, np.ones_like(operating), years).sum()
    return float(total) - planned.result.constant


def value_of(planned: Planned, plan_items: pd.DataFrame) -> float:
    """Return the value of other items under the limits of a plan."""
    operating, years = timeline(planned.terms, plan_items)
    total = value_by_period(planned.prepared.instance, operating, years).sum()
    return float(total) - planned.result.constant


def _identity(prepared: Prepared, planned: Planned, name: str) -> report.Identity:
    prog = prepared.prog
    described = prog.describe()
    official = prog["border"]["length_km"].iloc[0]
    return report.Identity(
        title_en=str(prog.meta.get("title_en", "")),
        title_ru=str(prog.meta.get("title_ru", "")),
        title_ar=str(prog.meta.get("title_ar", "")),
        plan_id=name,
        version=sarhad.__version__,
        data_hash=prog.data_hash,
        seed=planned.result.seed,
        status_date=prog.setting("status_date"),
        price_year=prog.setting("price_year"),
        tail_years=prog.setting("tail_years"),
        quarters=planned.terms.quarters,
        cell_m=prepared.terrain.cell_m,
        corridor_km=prog.setting("corridor_km"),
        border_km=described["border_length_km"],
        official_border_km=described.get(
            "official_length_km", None if pd.isna(official) else float(official)
        ),
        assumed_share=described["assumed_share"],
        inside_country=str(prog["border"]["inside_country"].iloc[0]),
        beyond_country=str(prog["border"]["beyond_country"].iloc[0]),
        is_inside_left=bool(prog["border"]["inside_side"].iloc[0] == "left"),
        seconds=planned.result.seconds,
        stopped=planned.result.stopped,
        counts={"sections": described["sections"], "segments": described["segments"], **counts(prepared)},
    )


def _kept(prepared: Prepared, final: BoolArray) -> dict[str, float]:
    """Return the share of each threat's rate that the plan's prevention leaves."""
    effects = measures.prevention(prepared.items, measures.effects(prepared.prog))
    chosen = {item for item, is_in in zip(prepared.instance.exposure.item_ids, final, strict=True) if is_in}
    lowered = effects[effects["item_id"].isin(chosen)].groupby("threat_id")["b"].sum()
    return {str(threat): float(np.exp(-b)) for threat, b in lowered.items()}


def _settlements(prog: Programme) -> pd.DataFrame:
    frame = contents.points_of(prog["settlement"])
    first = {
        new: frame[old].fillna("").astype(str).str.split("|").str[0].replace("", None)
        for new, old in (("name_ar", "name_arabic"), ("name_ru", "name_cyrillic"))
    }
    return frame.assign(**first)


def _partners(planned: Planned) -> pd.DataFrame:
    prog = planned.prepared.prog
    frame = prog["partner"]
    offered = _offered(prog)
    frame = frame[frame["id"].isin(offered["partner_id"])].sort_values("id")
    whole_tail = planner.tail_upkeep(planned.terms, planned.result.plan_items)
    years = planned.terms.tail_years
    a_year = [whole_tail.get(partner, 0.0) / years if years > 0 else 0.0 for partner in frame["id"]]
    late = offered[offered["year"] > planned.terms.quarter_year[-1]]
    by_partner = late.groupby("partner_id")["amount_usd"].sum()
    is_paid = planned.terms.is_tail_paid and years > 0
    tail = [float(by_partner.get(partner, 0.0)) / years if is_paid else np.nan for partner in frame["id"]]
    assumed = late.groupby("partner_id")["is_assumption"].any()
    is_assumed = [bool(assumed.get(partner, False)) for partner in frame["id"]]
    return frame.assign(tail_upkeep_usd=a_year, tail_offered_usd=tail, is_tail_assumed=is_assumed)


def _offered(prog: Programme) -> pd.DataFrame:
    """Return the rows of the budget and, as if they were such, the pledges in the year they are given for."""
    budget, pledges = prog["budget"], prog["pledge"]
    if pledges.empty:
        return budget
    rows = pledges.assign(carries_over=False)[list(budget.columns)]
    return pd.concat([budget, rows], ignore_index=True)


def _budget(prog: Programme, terms: planner.Terms) -> pd.DataFrame:
    frame = _offered(prog)
    within = frame["year"].isin({int(year) for year in terms.quarter_year})
    return frame[within].reset_index(drop=True)


def _not_candidates(prog: Programme) -> pd.DataFrame:
    frame = prog["measure"]
    frame = frame[~frame["is_candidate"]].sort_values("id")
    return frame.rename(columns={"id": "measure_id", "candidate_reason": "reason"}).reset_index(drop=True)


def _settings(prog: Programme) -> pd.DataFrame:
    given = prog["setting"].set_index("id")
    rows = []
    for setting in declared().settings.values():
        is_given = setting.id in given.index
        rows.append(
            {
                "id": setting.id,
                "value": str(prog.setting(setting.id)),
                "unit": setting.unit,
                "is_assumption": bool(given.loc[setting.id, "is_assumption"]) if is_given else False,
                "description": setting.description,
            }
        )
    return pd.DataFrame(rows)


def _ground(prepared: Prepared) -> report.Ground:
    terrain = prepared.terrain
    titles = prepared.prog["source"].set_index("id")["title"]
    sources = prepared.prog["raster"].set_index("id")["source_ids"]
    names = {str(raster): str(titles[ids[0]]) for raster, ids in sources.items() if len(ids)}
    return report.Ground(terrain.distortion, terrain.share_filled, terrain.share_missing, names)


def _relief(prepared: Prepared) -> report.Relief:
    terrain = prepared.terrain
    height, width = terrain.elevation_m.shape
    left, top = terrain.transform @ (0, 0)
    right, bottom = terrain.transform @ (width, height)
    return report.Relief(terrain.elevation_m, terrain.side > 0, left, right, bottom, top, str(terrain.crs))


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    for page in payload["pages"]:
        yield f"report: {page}"
