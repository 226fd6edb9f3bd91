"""A schedule and its risk as the report shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sarhad import report
from sarhad import schedule as scheduler
from sarhad.detection.instance import FloatArray
from sarhad.programme.quarters import Quarter, horizon
from sarhad.workflow.assessing import Assessed
from sarhad.workflow.sequencing import Scheduled

NAMES = ("name_en", "name_ru", "name_ar")
MOST_CHAIN = 14  # activities of the critical chain that are shown, the last ones
MOST_WINDOWS = 24  # items whose missed season costs most
CURVE = (0.10, 0.50, 0.90)
SEASON = 28  # days without work that count as a closed season
MOST_DAYS = 3


def timetable(scheduled: Scheduled, assessed: Assessed) -> report.Timetable:
    """Return what the report shows of a schedule."""
    zones, simulation, loss = scheduled.expanded.zones, assessed.simulation, assessed.loss
    p50, p80 = (zones.day(float(np.quantile(simulation.finish, p))) for p in (0.5, 0.8))
    cost = [float(np.quantile(simulation.cost, p)) for p in (0.5, 0.8)]
    ready = scheduled.ready
    return report.Timetable(
        begin=zones.begin,
        finish=zones.day(float(scheduled.result.ends.max(initial=0))),
        finish_p50=p50,
        finish_p80=p80,
        cost_p50_usd=cost[0],
        cost_p80_usd=cost[1],
        draws=simulation.iterations,
        exact_draws=loss.n_exact,
        items=len(scheduled.expanded.works),
        items_late=sum(ready[work.id] > work.due for work in scheduled.expanded.works),
        activities=scheduled.expanded.project.n_activities,
        loss_mean=loss.mean,
        loss_error=loss.mean_error,
        loss_p80=loss.p80,
        loss_worst=loss.cvar80,
        value=assessed.on_time,
        measures=_measures(scheduled, simulation),
        chain=_chain(scheduled),
        closed=_closed(scheduled),
        curve=_curve(scheduled, assessed.kept),
        drivers=_drivers(scheduled, assessed),
        windows=_windows(scheduled, assessed.kept),
        quarters=tuple(str(quarter) for quarter in horizon(scheduled.prepared.prog)),
    )


def _named(frame: pd.DataFrame, column: str, names: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the names of what a column refers to."""
    return frame.merge(names[["id", *NAMES]].rename(columns={"id": column}), on=column, how="left")


def _measures(scheduled: Scheduled, simulation: scheduler.Simulation) -> pd.DataFrame:
    """Return first and last days by measure: plan, schedule, and quantiles of its last item."""
    expanded, result, zones = scheduled.expanded, scheduled.result, scheduled.expanded.zones
    at = {label: k for k, (kind, label) in enumerate(simulation.group_names) if kind == "item"}
    begun: dict[str, int] = {}
    for k, unit in enumerate(expanded.units):
        if not unit.is_shared:
            measure = unit.works[0].measure
            begun[measure] = min(begun.get(measure, int(result.starts[k])), int(result.starts[k]))
    rows = []
    for measure in sorted(begun):
        works = [work for work in expanded.works if work.measure == measure]
        last = simulation.group_finish[[at[work.id] for work in works]].max(axis=0)
        p50, p80 = (float(q) for q in np.quantile(last, (0.5, 0.8)))
        row = {
            "planned_start": min(work.release for work in works),
            "planned_end": max(work.due for work in works),
            "start": begun[measure],
            "end": max(scheduled.ready[work.id] for work in works),
            "p50": p50,
            "p80": p80,
        }
        days = {name: zones.day(max(0.0, float(period))) for name, period in row.items()}
        rows.append({"measure_id": measure, "count": len(works), **days})
    return _named(pd.DataFrame(rows), "measure_id", scheduled.prepared.prog["measure"])


def _chain(scheduled: Scheduled) -> pd.DataFrame:
    """Return the activities that follow each other up to the scheduled end, by links or for a resource.

    Of all that an activity waits for, the one that ends last is taken.
    """
    expanded, result, zones = scheduled.expanded, scheduled.result, scheduled.expanded.zones
    project = expanded.project
    held = project.demand[result.modes] > 0
    at = int(np.argmax(result.ends))
    found = []
    while at >= 0:
        found.append(at)
        linked = project.link_before[project.link_after == at]
        sharing = np.flatnonzero((held & held[at]).any(axis=1) & (result.ends <= result.starts[at]))
        late = sharing[result.ends[sharing] >= result.starts[at] - MOST_DAYS]
        before = np.union1d(linked, late)
        before = before[result.starts[before] < result.starts[at]]
        at = int(before[np.argmax(result.ends[before])]) if len(before) else -1
    rows: list[dict[str, Any]] = []
    for k in found[:MOST_CHAIN][::-1]:
        unit = expanded.units[k]
        if result.ends[k] > result.starts[k]:
            rows.append(
                {
                    "activity_id": unit.id,
                    **{name: unit.row[name] for name in NAMES},
                    "item_id": unit.works[0].measure if not unit.is_shared else "",
                    "start": zones.day(int(result.starts[k])),
                    "end": zones.day(int(result.ends[k])),
                }
            )
    return pd.DataFrame(rows, columns=["activity_id", *NAMES, "item_id", "start", "end"])


def _closed(scheduled: Scheduled) -> tuple[tuple[Any, Any], ...]:
    """Return the closed seasons of the calendar that most activities with a season keep."""
    zones, project = scheduled.expanded.zones, scheduled.expanded.project
    calendar = project.calendar_of_mode[scheduled.result.modes]
    seasonal = [k for k, row in enumerate(zones.rows) if isinstance(row["opens"], str)]
    counts = {k: int((calendar == k).sum()) for k in seasonal}
    if not any(counts.values()):
        return ()
    kept = max(counts, key=lambda k: counts[k])
    windows = [(int(o), int(c)) for k, o, c in _season_rows(zones) if k == kept]
    edges = [0, *(edge for window in windows for edge in window)]
    gaps = zip(edges[::2], edges[1::2], strict=False)
    return tuple((zones.day(a), zones.day(b)) for a, b in gaps if b - a >= SEASON)


def _season_rows(zones: Any) -> list[tuple[int, int, int]]:
    seasons = zones.seasons
    return list(zip(seasons.calendar.tolist(), seasons.opens.tolist(), seasons.closes.tolist(), strict=True))


def _curve(scheduled: Scheduled, kept: scheduler.Simulation) -> pd.DataFrame:
    """Return capital spent until the first day of each quarter; an activity's money counts on the day it ends."""
    expanded, result, zones = scheduled.expanded, scheduled.result, scheduled.expanded.zones
    last = float(np.quantile(kept.finish, 0.95))
    first = Quarter.of(zones.begin)
    count = max(2, int(last / 91.3) + 2)
    days = [zones.period(first.plus(k).first_day) for k in range(count)]
    edges = np.array([float(max(0, day)) for day in days])
    cost = expanded.cost[1] * expanded.cost_factor[result.modes]
    spent = np.zeros((kept.activity_finish.shape[1], count))
    for k in range(len(spent)):
        at = np.searchsorted(edges, kept.activity_finish[:, k])
        by_day = np.bincount(at, weights=kept.activity_cost[:, k], minlength=count + 1)
        spent[k] = np.cumsum(by_day[:count])
    p10, p50, p90 = np.quantile(spent, CURVE, axis=0)
    return pd.DataFrame(
        {
            "day": [zones.day(edge) for edge in edges],
            "planned_usd": _planned(scheduled, edges),
            "scheduled_usd": _sums(edges, result.ends.astype(np.float64), cost),
            "p10_usd": p10,
            "p50_usd": p50,
            "p90_usd": p90,
        }
    )


def _sums(edges: FloatArray, when: FloatArray, usd: FloatArray) -> FloatArray:
    """Return what is spent until each edge."""
    return np.asarray([float(usd[when <= edge].sum()) for edge in edges])


def _planned(scheduled: Scheduled, edges: FloatArray) -> FloatArray:
    """Return the capital that the plan has spent until each edge: evenly over the time of building."""
    total = np.zeros(len(edges))
    for work in scheduled.expanded.works:
        length = max(1, work.due - max(0, work.release))
        total += work.capital[1] * np.clip((edges - max(0, work.release)) / length, 0.0, 1.0)
    return total


def _drivers(scheduled: Scheduled, assessed: Assessed) -> pd.DataFrame:
    """Return what would be gained without each driver, names in all languages; the weather has none."""
    frame = assessed.blame[assessed.blame["kind"] == "driver"]
    return _named(frame[["id", "finish_days", "expected_undetected"]], "id", scheduled.prepared.prog["risk"])


def _windows(scheduled: Scheduled, kept: scheduler.Simulation) -> pd.DataFrame:
    """Return the items whose missed season costs most: the chance to miss it, by quarter of the scheduled end."""
    expanded, result, zones = scheduled.expanded, scheduled.result, scheduled.expanded.zones
    missed = kept.missed_by()["p_miss"].to_numpy(np.float64)
    year = scheduled.delay[scheduled.delay["months_late"] == scheduled.delay["months_late"].max()]
    price = year.set_index("item_id")["expected_undetected"]
    rows = []
    for k, unit in enumerate(expanded.units):
        calendar = int(expanded.project.calendar_of_mode[result.modes[k]])
        if unit.scope != "item" or calendar < 0 or not isinstance(zones.rows[calendar]["opens"], str):
            continue
        if result.ends[k] > result.starts[k]:
            quarter = str(Quarter.of(zones.day(int(result.ends[k]) - 1)))
            item = unit.works[0]
            rows.append(
                (item.id, item.measure, quarter, float(missed[k]), float(missed[k] * price.get(item.id, 0.0)))
            )
    frame = pd.DataFrame(rows, columns=["item_id", "measure_id", "quarter", "p_miss", "price"])
    top = frame.groupby("item_id")["price"].max().nlargest(MOST_WINDOWS)
    frame = frame[frame["item_id"].isin(top.index)]
    frame = frame.sort_values("p_miss").drop_duplicates(["item_id", "quarter"], keep="last")
    order = frame["item_id"].map({item: k for k, item in enumerate(top.index)})
    frame = frame.assign(order=order).sort_values(["order", "quarter"], ignore_index=True)
    return _named(frame, "measure_id", scheduled.prepared.prog["measure"])
