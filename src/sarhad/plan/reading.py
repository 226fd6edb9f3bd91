"""Read the limits of a plan from the tables of a programme."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sarhad.detection.instance import BoolArray, IntArray
from sarhad.errors import DataError, SpecError
from sarhad.plan.limits import Pace, Terms
from sarhad.plan.obligations import obligations, security_floors
from sarhad.plan.places import Places, places
from sarhad.plan.pledges import money
from sarhad.plan.rows import start_rows
from sarhad.plan.seasons import never_ready, seasons

if TYPE_CHECKING:
    from sarhad.programme import Programme

Sets = tuple[tuple[int, ...], ...]


def terms(prog: Programme, items: pd.DataFrame, pace: Pace | None = None) -> Terms:
    """Return the limits that the tables of the programme set for these items.

    Parameters
    ----------
    prog
        The programme: budgets, pledges, eligibility, seasons, resources, prerequisites, alternatives, packages,
        floors, sites and the settings
        `horizon_start`, `horizon_quarters`, `status_date` and `tail_years`.
    items
        Table `item`.
    pace
        What a schedule can keep up with; None: every item operates when its build is over.

    Raises
    ------
    DataError
        If an item names a site that does not exist, or two items share an id.
    SpecError
        If the horizon has no quarter.

    Notes
    -----
    Budgets are cut to whole dollars. A prerequisite that is not enforced, or that names no measure, binds
    nothing. Where no item could ever serve an enforced prerequisite, the item cannot be chosen and a notice
    says so.
    """
    items = items.sort_values("id").reset_index(drop=True)
    _refuse_twins(items)
    labels, quarter_year, first_start = _quarters(prog)
    tail_years = float(prog.setting("tail_years"))
    at = places(prog, items)
    paid = money(prog, items, at, quarter_year, tail_years)
    works, may_pause = seasons(prog, at, labels)
    requires, missing = _requirements(prog["prerequisite"], items, at)
    notices = [
        f"{len(ids)} items can never meet prerequisite {row}: no candidate {what} is in reach ({', '.join(ids[:3])}"
        + (", ..." if len(ids) > 3 else "")
        + ")"
        for row, what, ids in missing
    ]
    plain = Terms(
        item_ids=tuple(items["id"]),
        quarters=labels,
        quarter_year=quarter_year,
        first_start=first_start,
        tail_years=tail_years,
        capital_usd=_whole(items["capital_usd"]),
        annual_usd=_whole(items["annual_usd"]),
        build_quarters=items["build_quarters"].to_numpy(np.int64),
        category=tuple(items["category"]),
        section_id=tuple(items["section_id"].fillna("")),
        chainage_km=(at.start + at.end) / 2,
        item_class=paid.item_class,
        payers=paid.payers,
        partners=paid.partners,
        years=paid.years,
        budget_usd=paid.budget,
        carries_over=paid.carries,
        is_tail_paid=paid.is_tail_paid,
        requires=requires,
        exclusive=_exclusions(prog["alternative"], at),
        notices=(*notices, *paid.notices),
        tied=paid.tied,
        works=works,
        may_pause=may_pause,
        floors=security_floors(prog),
        soonest=None if pace is None else pace.soonest,
    )
    rows, packages = obligations(prog, plain, at)
    if pace is not None:
        rows = rows.with_rows(start_rows((plain.n_items, plain.n_quarters), pace.crews))
    told = (*plain.notices, *never_ready(plain))
    return replace(plain, rows=rows, packages=packages, notices=told)


def _refuse_twins(items: pd.DataFrame) -> None:
    """Refuse items that share an id."""
    twins = sorted(set(items.loc[items["id"].duplicated(), "id"]))
    if twins:
        text = (
            f"item.id: {len(twins)} ids stand in more than one row: {', '.join(twins[:5])}. Make them unique."
        )
        raise DataError(text, table="item", column="id", ids=twins)


def _whole(usd: pd.Series) -> IntArray:
    """Return whole dollars, halves up."""
    return np.floor(usd.to_numpy(np.float64) + 0.5).astype(np.int64)


def _quarters(prog: Programme) -> tuple[tuple[str, ...], IntArray, int]:
    """Return the labels and years of the quarters, and the first that may still start something."""
    begin, status = prog.setting("horizon_start"), prog.setting("status_date")
    count = int(prog.setting("horizon_quarters"))
    if count < 1:
        text = f"setting.horizon_quarters: {count} quarters leave nothing to plan. Set it to 1 or more."
        raise SpecError(text)
    at = begin.year * 4 + (begin.month - 1) // 3 + np.arange(count)
    labels = tuple(f"{q // 4}Q{q % 4 + 1}" for q in at.tolist())
    passed = sum(date(q // 4, 3 * (q % 4) + 1, 1) < status for q in at.tolist())
    return labels, (at // 4).astype(np.int64), int(passed)


def _requirements(
    table: pd.DataFrame, items: pd.DataFrame, at: Places
) -> tuple[tuple[Sets, ...], list[tuple[str, str, list[str]]]]:
    """Return what each item requires, and the prerequisites that nothing can serve."""
    result: list[list[tuple[int, ...]]] = [[] for _ in range(len(items))]
    missing = []
    for row in table[table["is_enforced"]].sort_values("id").to_dict("records"):
        wanted = [str(m) for m in row["requires_measure_ids"]]
        if not wanted:
            continue
        servers = np.flatnonzero(np.isin(at.measure, wanted))
        unserved = []
        for item in np.flatnonzero(at.measure == str(row["measure_id"])).tolist():
            near = _in_scope(at, item, servers, str(row["scope"]), float(row["reach_km"]))
            result[item].append(tuple(int(j) for j in near if j != item))
            if not result[item][-1]:
                unserved.append(str(items["id"].iloc[item]))
        if unserved:
            missing.append((str(row["id"]), " or ".join(wanted), unserved))
    return tuple(tuple(dict.fromkeys(sets)) for sets in result), missing


def _in_scope(at: Places, item: int, servers: IntArray, scope: str, reach_km: float) -> IntArray:
    """Return those of the servers that stand where the item needs them."""
    if scope == "programme":
        return servers
    wide = at.is_wide[servers]
    if scope == "site":
        return np.asarray(servers[(at.site[servers] == at.site[item]) | wide])
    if scope == "section":
        return np.asarray(servers[(at.section[servers] == at.section[item]) | wide])
    reach = 0.0 if np.isnan(reach_km) else reach_km
    apart = np.maximum(at.start[servers] - at.end[item], at.start[item] - at.end[servers])
    return np.asarray(servers[(apart <= reach + 1e-9) | wide])


def _exclusions(table: pd.DataFrame, at: Places) -> tuple[tuple[int, ...], ...]:
    """Return sets of items that exclude each other: cliques that cover every excluding pair."""
    rivals: set[tuple[int, int]] = set()
    for _, rows in table.groupby("group", sort=True):
        members = np.flatnonzero(np.isin(at.measure, [str(m) for m in rows["measure_id"]]))
        for n, i in enumerate(members.tolist()):
            others = members[n + 1 :]
            rivals.update((i, int(j)) for j in others[_overlapping(at, i, others)])
    return _cliques(rivals)


def _overlapping(at: Places, i: int, others: IntArray) -> BoolArray:
    """Tell which stretches of other measures overlap item `i` by more than half of the shorter one."""
    common = np.minimum(at.end[i], at.end[others]) - np.maximum(at.start[i], at.start[others])
    length = at.end - at.start
    shorter = np.minimum(length[i], length[others])
    overlap = np.where(shorter > 0, common > 0.5 * shorter, common >= 0)
    without_place = np.isnan(common)
    overlap = np.where(without_place, at.site[others] == at.site[i], overlap)
    result: BoolArray = overlap & (at.measure[others] != at.measure[i])
    return result


def _cliques(rivals: set[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Return cliques that cover every pair once or more, grown greedily in the order of the items."""
    near: dict[int, set[int]] = {}
    for i, j in rivals:
        near.setdefault(i, set()).add(j)
        near.setdefault(j, set()).add(i)
    open_pairs, result = set(rivals), []
    for i, j in sorted(rivals):
        if (i, j) not in open_pairs:
            continue
        clique = [i, j]
        for k in sorted(near[i] & near[j]):
            if all(k in near[m] for m in clique):
                clique.append(k)
        clique.sort()
        open_pairs -= set(combinations(clique, 2))
        result.append(tuple(clique))
    return tuple(result)
