"""What a schedule can keep up with: when an item can operate by the quarter it starts in, and the work that asks of crews."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sarhad.programme import Programme
from sarhad.programme.quarters import first_open, horizon
from sarhad.schedule.bounds import free_heads
from sarhad.schedule.expansion import Expanded, expand_works, is_operation, works_of, zones_of
from sarhad.schedule.offers import units_by_day
from sarhad.schedule.project import FloatArray, IntArray
from sarhad.schedule.result import ScheduleResult
from sarhad.schedule.units import Work, units
from sarhad.schedule.zones import Zones

PLENTY = 10**15  # dollars: money holds back no chain
TABLES = ("calendar", "activity_template", "resource")  # whose rows may hold in some sections only
Pool = frozenset[str]


@dataclass(frozen=True, eq=False)
class Chain:
    """The activities of an item that waits for nobody's crew, by the quarter in which it starts.

    Parameters
    ----------
    ready
        Day from which it operates, counted from the status date, shape (T,); 0 where it cannot start.
    work
        Unit-days that its own activities ask in each quarter (columns) when it starts in a quarter (rows), shape (T, T),
        by the resources one of which does them.
    """

    ready: IntArray
    work: Mapping[Pool, FloatArray]


@dataclass(frozen=True, eq=False)
class Chains:
    """The chains of all candidates.

    Parameters
    ----------
    kind
        Kind of each item: items of a kind have the same chains; items without activities have none.
    of
        The chain by kind and lead payer.
    offered
        Unit-days that each pool of resources, one of which some work needs, offers in each quarter, shape (T,), on days when work may go on.
    """

    kind: Mapping[str, int]
    of: Mapping[tuple[int, str], Chain]
    offered: Mapping[Pool, FloatArray]

    def around(self, pool: Pool) -> set[Pool]:
        """Return the pools that hold a pool, itself included: work that only these can do must fit into each of them."""
        return {other for other in self.offered if pool <= other}


def chains(prog: Programme, items: pd.DataFrame, leads: Mapping[str, Sequence[str]]) -> Chains:
    """Return the chains of items without waiting for resources, each item bought alone and paid by one partner.

    Parameters
    ----------
    prog
        The programme: activity_template, activity_mode, calendar, resource, resource_quarter.
    items
        Candidates: columns of table `item`.
    leads
        Partners that may pay for each item, by its id; none: nobody's approval is waited for.

    Notes
    -----
    Modes are the quickest ones; work is that of the mode that asks least, spread evenly over the working days between
    earliest start and earliest end. What is done for a lot or for a partner asks for no crew here: it is shared.
    """
    zone = zones_of(prog)
    quarters = horizon(prog)
    kind, samples = _kinds(prog, zone, items, leads)
    found: dict[tuple[int, str], Chain] = {}
    held: dict[str, set[int]] = {}
    for (_, lead), own in _grouped(samples, leads).items():
        begun = [
            (k, q, _started(work, lead, (quarters[q].first_day - zone.begin).days, f"{k}/{q}"))
            for k, work in own
            for q in range(first_open(prog), len(quarters))
        ]
        if begun:
            _measure(prog, zone, begun, lead, found, held)
    return Chains(kind, found, _offered(prog, zone, found, held))


def _kinds(
    prog: Programme, zone: Zones, items: pd.DataFrame, leads: Mapping[str, Sequence[str]]
) -> tuple[dict[str, int], list[Work]]:
    """Return the kind of each item, and an item of each kind: same measure, payers, rows that hold at its place."""
    first = str(horizon(prog)[0])
    plan = pd.DataFrame({"item_id": items["id"], "start_quarter": first, "operating_quarter": first})
    nobody = pd.DataFrame({"item_id": [], "partner_id": [], "kind": pd.Series([], dtype="str"), "usd": []})
    named = [set(ids) for table in TABLES for ids in prog[table]["section_ids"] if len(ids)]
    edges = np.unique(prog["calendar"][["from_m", "to_m"]].to_numpy(np.float64))
    known: dict[tuple[Any, ...], int] = {}
    kind: dict[str, int] = {}
    samples: list[Work] = []
    for work in works_of(prog, plan, nobody, zone.begin):
        band = int(np.searchsorted(edges[~np.isnan(edges)], work.altitude_m, side="right"))
        place = tuple(work.section in sections for sections in named)
        key = (work.measure, place, band, tuple(leads.get(work.id, ())))
        if key not in known:
            known[key] = len(samples) if _is_done(prog, work, leads.get(work.id, ())) else -1
            samples += [work] * (known[key] >= 0)
        if known[key] >= 0:
            kind[work.id] = known[key]
    return kind, samples


def _is_done(prog: Programme, work: Work, leads: Sequence[str]) -> bool:
    """Tell whether the templates say, whoever pays, when an item operates."""
    return all(
        any(map(is_operation, units(prog["activity_template"], [_started(work, lead, 0, "")])))
        for lead in leads or ("",)
    )


def _grouped(
    samples: Sequence[Work], leads: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], list[tuple[int, Work]]]:
    """Return the kinds by measure and lead payer: what is done for all of them together is done for each alone."""
    found: dict[tuple[str, str], list[tuple[int, Work]]] = {}
    for k, work in enumerate(samples):
        for lead in leads.get(work.id, ()) or ("",):
            found.setdefault((work.measure, lead), []).append((k, work))
    return found


def _started(work: Work, lead: str, release: int, name: str) -> Work:
    shares = {lead: 1.0} if lead else {}
    return replace(work, id=name, lot=name, lead=lead, shares=shares, release=release, due=0)


def _measure(
    prog: Programme,
    zone: Zones,
    begun: Sequence[tuple[int, int, Work]],
    lead: str,
    found: dict[tuple[int, str], Chain],
    held: dict[str, set[int]],
) -> None:
    """Add the chains of items of one measure that one partner pays, and the calendars in which resources are held."""
    money = pd.Series([PLENTY] * bool(lead), index=[lead] * bool(lead), dtype="int64")
    needs = pd.DataFrame({"item_id": [], "needs_item_id": []})
    expanded = expand_works(prog, zone, [work for _, _, work in begun], needs, money)
    project, count = expanded.project, len(horizon(prog))
    longest = np.zeros(project.n_activities, dtype=np.int64)
    np.maximum.at(longest, project.mode_activity, project.duration)
    own = np.array([not unit.is_shared for unit in expanded.units])
    chain_days = (
        int(longest[~own].sum()) + -(-int(longest[own].sum()) // len(begun)) + int(project.lag.clip(0).sum())
    )
    heads = free_heads(project, project.calendars.shape[1] + chain_days + 1)
    at = {work.id: (k, q) for k, q, work in begun}
    for k, q, work in begun:
        chain = found.setdefault((k, lead), Chain(np.zeros(count, dtype=np.int64), {}))
        chain.ready[q] = heads[1][expanded.ready[work.id]]
    edges = _edges(prog, zone)
    for a, unit in enumerate(expanded.units):
        part, least, kept = _asked(expanded, a)
        for name in part:
            held.setdefault(name, set()).update(kept)
        if unit.scope == "item" and part and least > 0:
            k, q = at[unit.works[0].id]
            chain = found[k, lead]
            assert isinstance(chain.work, dict)
            table = chain.work.setdefault(part, np.zeros((count, count)))
            table[q] += _spread(expanded, kept[0], heads[0][a], heads[1][a], edges) * least


def _asked(expanded: Expanded, activity: int) -> tuple[Pool, int, list[int]]:
    """Return the resources that some mode of an activity holds, the unit-days of the mode that holds least, and its calendar.

    The calendars of the other modes follow.
    """
    project = expanded.project
    own = slice(*np.searchsorted(project.mode_activity, [activity, activity + 1]))
    held = project.demand[own].any(axis=0)
    asked = project.demand[own].sum(axis=1) * project.duration[own]
    order = np.argsort(asked, kind="stable")
    part = frozenset(project.resource_ids[r] for r in np.flatnonzero(held).tolist())
    return part, int(asked[order[0]]), project.calendar_of_mode[own][order].tolist()


def _edges(prog: Programme, zone: Zones) -> IntArray:
    """Return the days on which the quarters of the horizon begin, and its end, none before the status date, (T + 1,)."""
    quarters = horizon(prog)
    days = [quarter.first_day for quarter in (*quarters, quarters[-1].plus(1))]
    return np.array([max(0, zone.period(day)) for day in days], dtype=np.int64)


def _spread(expanded: Expanded, calendar: int, start: int, end: int, edges: IntArray) -> FloatArray:
    """Return the share of an activity's working days that lies in each quarter, shape (T,)."""
    low, high = np.maximum(edges[:-1], start), np.minimum(edges[1:], end)
    if calendar < 0 or end > expanded.zones.works.shape[1]:
        return np.asarray(np.maximum(high - low, 0) / max(end - start, 1))
    worked = np.append(0, np.cumsum(expanded.zones.works[calendar]))
    days = np.where(high > low, worked[high] - worked[low], 0)
    return np.asarray(days / max(int(worked[end] - worked[start]), 1))


def _offered(
    prog: Programme,
    zone: Zones,
    found: Mapping[tuple[int, str], Chain],
    held: Mapping[str, Collection[int]],
) -> dict[Pool, FloatArray]:
    """Return what each pool offers in each quarter: resources that can do the same work, and all that are joined so."""
    edges = _edges(prog, zone)
    n_days = max(int(edges[-1]), 1)
    works = np.vstack(
        [zone.works[:, :n_days], np.ones((1, n_days), dtype=np.bool_)]
    )  # the last one works always
    ids, units = units_by_day(prog, zone.begin, n_days)
    offered = {}
    parts = {part for chain in found.values() for part in chain.work}
    for pool in sorted({*parts, *_pools(parts)}, key=sorted):
        days = np.zeros(n_days, dtype=np.int64)
        for name in pool:
            days += units[ids.index(name)] * works[sorted(held[name])].any(axis=0)
        total = np.append(0, np.cumsum(days))
        offered[pool] = np.asarray(total[edges[1:]] - total[edges[:-1]], dtype=np.float64)
    return offered


def waits(expanded: Expanded, result: ScheduleResult) -> tuple[IntArray, dict[str, set[Pool]]]:
    """Return when each activity could end if nobody waited for resources (A,), and what each item waited for.

    An activity of an item waited when it starts later, against that, than all it follows ends later.
    """
    project = expanded.project
    starts, ends = free_heads(project, max(int(result.ends.max(initial=0)), project.calendars.shape[1]) + 1)
    late = np.zeros(project.n_activities, dtype=np.int64)
    np.maximum.at(late, project.link_after, (result.ends - ends)[project.link_before])
    waited: dict[str, set[Pool]] = {}
    for a in np.flatnonzero(result.starts - starts > late).tolist():
        unit, (part, _, _) = expanded.units[a], _asked(expanded, a)
        if unit.scope == "item" and part:
            waited.setdefault(unit.works[0].id, set()).add(part)
    return ends, waited


def _pools(parts: Iterable[Pool]) -> list[Pool]:
    """Return the sets of resources joined where they share one, in order of their first ids."""
    pools: list[Pool] = []
    for part in sorted(set(parts), key=sorted):
        joined = part.union(*(pool for pool in pools if pool & part))
        pools = [pool for pool in pools if not pool & part] + [joined]
    return sorted(pools, key=sorted)
