"""Read the limits of a plan from the tables of a programme."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.errors import DataError, SpecError
from sarhad.plan.limits import Terms

if TYPE_CHECKING:
    from sarhad.programme import Programme

Sets = tuple[tuple[int, ...], ...]


def terms(prog: Programme, items: pd.DataFrame) -> Terms:
    """Return the limits that the tables of the programme set for these items.

    Parameters
    ----------
    prog
        The programme: budgets, eligibility, prerequisites, alternatives, sites and the settings
        `horizon_start`, `horizon_quarters`, `status_date` and `tail_years`.
    items
        Table `item`.

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
    places = _places(prog, items)
    partners, years, budget, carries, is_tail_paid = _money(prog, quarter_year, tail_years)
    item_class, payers = _classes(prog["eligibility"], items, partners)
    requires, missing = _requirements(prog["prerequisite"], items, places)
    notices = [
        f"{len(ids)} items can never meet prerequisite {row}: no candidate {what} is in reach ({', '.join(ids[:3])}"
        + (", ..." if len(ids) > 3 else "")
        + ")"
        for row, what, ids in missing
    ]
    return Terms(
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
        chainage_km=(places.start + places.end) / 2,
        item_class=item_class,
        payers=payers,
        partners=partners,
        years=years,
        budget_usd=budget,
        carries_over=carries,
        is_tail_paid=is_tail_paid,
        requires=requires,
        exclusive=_exclusions(prog["alternative"], places),
        notices=tuple(notices),
    )


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


class _Places(NamedTuple):
    """Where each item stands, in the order of the items."""

    measure: npt.NDArray[np.str_]
    site: npt.NDArray[np.str_]
    section: npt.NDArray[np.str_]
    start: FloatArray
    end: FloatArray

    @property
    def is_wide(self) -> BoolArray:
        """Return which items serve the whole line."""
        result: BoolArray = (self.section == "") & np.isnan(self.start)
        return result


def _places(prog: Programme, items: pd.DataFrame) -> _Places:
    """Return the stretch, site, section and measure of each item, in the order of the items."""
    site = prog["site"].set_index("id")
    strange = sorted(set(items["site_id"]) - set(site.index))
    if strange:
        text = (
            f"item.site_id: {len(strange)} sites do not exist: {', '.join(strange[:5])}. "
            "Derive sites and items together."
        )
        raise DataError(text, table="item", column="site_id", ids=strange)
    at = site.loc[items["site_id"]]
    start = at["chainage_from_km"].to_numpy(np.float64)
    return _Places(
        measure=np.array(items["measure_id"].to_list(), dtype=np.str_),
        site=np.array(items["site_id"].to_list(), dtype=np.str_),
        section=np.array(items["section_id"].fillna("").to_list(), dtype=np.str_),
        start=start,
        end=at["chainage_to_km"].fillna(at["chainage_from_km"]).to_numpy(np.float64),
    )


def _money(
    prog: Programme, quarter_year: IntArray, tail_years: float
) -> tuple[tuple[str, ...], tuple[int, ...], IntArray, BoolArray, bool]:
    """Return partners, years, whole dollars, what carries over, and whether the tail has money of its own."""
    rows = prog["budget"]
    first, last = int(quarter_year[0]), int(quarter_year[-1])
    years = tuple(range(first, last + 1 + int(np.ceil(tail_years))))
    rows = rows[rows["year"].isin(years)]
    partners = tuple(sorted(set(rows.loc[rows["amount_usd"] >= 1, "partner_id"])))
    budget = np.zeros((len(partners), len(years)), dtype=np.int64)
    carries = np.zeros(budget.shape, dtype=np.bool_)
    for row in rows[rows["partner_id"].isin(partners)].sort_values("id").itertuples():
        at = partners.index(str(row.partner_id)), years.index(int(str(row.year)))
        budget[at] += int(float(str(row.amount_usd)))
        carries[at] |= bool(row.carries_over)
    carries[:, last - first :] = False
    is_tail_paid = bool((rows["year"] > last).any())
    return partners, years, budget, carries, is_tail_paid


def _classes(
    eligibility: pd.DataFrame, items: pd.DataFrame, partners: tuple[str, ...]
) -> tuple[IntArray, BoolArray]:
    """Return the funding class of each item and the payers of each class."""
    pays = set(zip(eligibility["partner_id"], eligibility["category"], strict=True))
    by_category = {c: tuple((p, c) in pays for p in partners) for c in sorted(set(items["category"]))}
    classes = sorted(set(by_category.values()), reverse=True)
    payers = np.array(classes, dtype=np.bool_).reshape(len(classes), len(partners))
    return np.array([classes.index(by_category[c]) for c in items["category"]], dtype=np.int64), payers


def _requirements(
    table: pd.DataFrame, items: pd.DataFrame, places: _Places
) -> tuple[tuple[Sets, ...], list[tuple[str, str, list[str]]]]:
    """Return what each item requires, and the prerequisites that nothing can serve."""
    result: list[list[tuple[int, ...]]] = [[] for _ in range(len(items))]
    missing = []
    for row in table[table["is_enforced"]].sort_values("id").to_dict("records"):
        wanted = [str(m) for m in row["requires_measure_ids"]]
        if not wanted:
            continue
        servers = np.flatnonzero(np.isin(places.measure, wanted))
        unserved = []
        for item in np.flatnonzero(places.measure == str(row["measure_id"])).tolist():
            near = _in_scope(places, item, servers, str(row["scope"]), float(row["reach_km"]))
            result[item].append(tuple(int(j) for j in near if j != item))
            if not result[item][-1]:
                unserved.append(str(items["id"].iloc[item]))
        if unserved:
            missing.append((str(row["id"]), " or ".join(wanted), unserved))
    return tuple(tuple(dict.fromkeys(sets)) for sets in result), missing


def _in_scope(places: _Places, item: int, servers: IntArray, scope: str, reach_km: float) -> IntArray:
    """Return those of the servers that stand where the item needs them."""
    if scope == "programme":
        return servers
    wide = places.is_wide[servers]
    if scope == "site":
        return np.asarray(servers[(places.site[servers] == places.site[item]) | wide])
    if scope == "section":
        return np.asarray(servers[(places.section[servers] == places.section[item]) | wide])
    reach = 0.0 if np.isnan(reach_km) else reach_km
    apart = np.maximum(places.start[servers] - places.end[item], places.start[item] - places.end[servers])
    return np.asarray(servers[(apart <= reach + 1e-9) | wide])


def _exclusions(table: pd.DataFrame, places: _Places) -> tuple[tuple[int, ...], ...]:
    """Return sets of items that exclude each other: cliques that cover every excluding pair."""
    rivals: set[tuple[int, int]] = set()
    for _, rows in table.groupby("group", sort=True):
        members = np.flatnonzero(np.isin(places.measure, [str(m) for m in rows["measure_id"]]))
        for n, i in enumerate(members.tolist()):
            others = members[n + 1 :]
            rivals.update((i, int(j)) for j in others[_overlapping(places, i, others)])
    return _cliques(rivals)


def _overlapping(places: _Places, i: int, others: IntArray) -> BoolArray:
    """Tell which stretches of other measures overlap item `i` by more than half of the shorter one."""
    common = np.minimum(places.end[i], places.end[others]) - np.maximum(places.start[i], places.start[others])
    length = places.end - places.start
    shorter = np.minimum(length[i], length[others])
    overlap = np.where(shorter > 0, common > 0.5 * shorter, common >= 0)
    without_place = np.isnan(common)
    overlap = np.where(without_place, places.site[others] == places.site[i], overlap)
    result: BoolArray = overlap & (places.measure[others] != places.measure[i])
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
