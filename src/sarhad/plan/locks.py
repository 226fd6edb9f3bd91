"""What a person has decided: which starts remain allowed, and which decisions conflict."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sarhad.detection.instance import BoolArray, IntArray
from sarhad.errors import SpecError
from sarhad.plan.limits import Terms
from sarhad.plan.money import Outlays, demand, pay, purse
from sarhad.plan.result import PlanSpec
from sarhad.plan.rows import change_row, start_rows


@dataclass(frozen=True)
class Locks:
    """Decisions as arrays.

    Parameters
    ----------
    allowed
        Starts that remain possible, shape (I, T).
    forced
        Items that must be in the plan.
    start
        Start of each commitment, -1 for other items, shape (I,).
    warm
        Start of each item in the former plan, -1 for others, shape (I,).
    """

    allowed: BoolArray
    forced: IntArray
    start: IntArray
    warm: IntArray


def with_former(terms: Terms, spec: PlanSpec) -> Terms:
    """Return the limits with the plan that is to be kept, and what of it may change.

    Raises
    ------
    SpecError
        If changes are limited without a plan to keep, or below zero.
    """
    if spec.max_changes is None and not spec.keep:
        return terms
    if spec.max_changes is not None and spec.max_changes < 0:
        raise SpecError(f"at most {spec.max_changes} changes: changes cannot be negative. Give 0 or more.")
    if not spec.keep:
        raise SpecError("changes are limited, but no plan is named that is to be kept. Name it.")
    quarter = {label: q for q, label in enumerate(terms.quarters)}
    former = np.array([quarter.get(spec.keep.get(item, ""), -1) for item in terms.item_ids], dtype=np.int64)
    lost = sorted(set(spec.keep) - {i for i, q in zip(terms.item_ids, former, strict=True) if q >= 0})
    past = [terms.item_ids[i] for i in np.flatnonzero((former >= 0) & (former < terms.first_start)).tolist()]
    past = [item for item in past if spec.lock_in.get(item) is None]
    notices = list(terms.notices)
    if lost:
        notices.append(
            f"{len(lost)} items of the kept plan are no candidates within the horizon: {', '.join(lost[:5])}"
        )
    if past:
        notices.append(
            f"{len(past)} items of the kept plan began before {terms.quarters[terms.first_start % len(terms.quarters)]} "
            f"and count as changes unless locked in with their quarter: {', '.join(past[:5])}"
        )
    rows = terms.rows or start_rows((terms.n_items, terms.n_quarters), [])
    if spec.max_changes is not None:
        words = f"at most {spec.max_changes} changes against the kept plan"
        rows = rows.with_rows(change_row((terms.n_items, terms.n_quarters), former, spec.max_changes, words))
    return replace(terms, former=former, rows=rows, notices=tuple(notices))


def read_locks(terms: Terms, spec: PlanSpec) -> Locks:
    """Return the decisions as arrays.

    Raises
    ------
    SpecError
        If an item or a quarter does not exist, or an item is locked both in and out.
    """
    index = {item: i for i, item in enumerate(terms.item_ids)}
    named = sorted({*spec.lock_in, *spec.lock_out} - set(index))
    if named:
        raise SpecError(
            f"{len(named)} locked items do not exist: {', '.join(named[:5])}. Name items of the table item."
        )
    both = sorted(set(spec.lock_in) & set(spec.lock_out))
    if both:
        raise SpecError(f"{len(both)} items are locked both in and out: {', '.join(both[:5])}. Decide which.")
    quarter = np.arange(terms.n_quarters)
    allowed = (quarter >= terms.first_start) & terms.startable
    start = np.full(terms.n_items, -1, dtype=np.int64)
    for item, label in sorted(spec.lock_in.items()):
        if label is not None:
            i, start[index[item]] = index[item], _quarter(terms, item, label)
            allowed[i] = (quarter == start[i]) & terms.startable[i]
    allowed[[index[item] for item in sorted(spec.lock_out)]] = False
    warm = np.full(terms.n_items, -1, dtype=np.int64) if terms.former is None else terms.former.copy()
    for item, label in sorted(spec.warm_start.items()):
        if item in index:
            warm[index[item]] = _quarter(terms, item, label)
    for i in np.flatnonzero(warm >= 0).tolist():
        later = np.flatnonzero(allowed[i, warm[i] :])
        warm[i] = warm[i] + later[0] if len(later) else -1
    forced = np.array(sorted(index[item] for item in spec.lock_in), dtype=np.int64)
    return Locks(allowed, forced, start, warm)


def _quarter(terms: Terms, item: str, label: str) -> int:
    """Return the index of a quarter's label."""
    if label not in terms.quarters:
        text = f"{item}: {label} is no quarter of the horizon {terms.quarters[0]} to {terms.quarters[-1]}."
        raise SpecError(f"{text} Give a quarter such as {terms.quarters[0]}.")
    return terms.quarters.index(label)


def conflicts(terms: Terms, locks: Locks, out: Outlays) -> tuple[str, ...]:
    """Return the limits that the decisions break whatever else is chosen, in the user's words."""
    found = []
    ids = terms.item_ids
    can: BoolArray = np.asarray(locks.allowed.any(axis=1))
    held = "" if terms.soonest is None else " or waits in its schedule"
    for i in locks.forced.tolist():
        if not can[i]:
            found.append(
                f"{ids[i]} is locked in, but takes {terms.build_quarters[i]} quarters to build{held} and cannot operate "
                f"by {terms.quarters[-1]} from {terms.quarters[max(locks.start[i], terms.first_start)]}"
                if terms.first_start < terms.n_quarters
                else f"{ids[i]} is locked in, but nothing can start before the horizon ends"
            )
        found += [
            f"{ids[i]} is locked in and requires one of {', '.join(ids[j] for j in members[:5]) or 'nothing in reach'}, "
            "none of which can be chosen"
            for members in terms.requires[i]
            if not any(can[j] for j in members)
        ]
    for clique in terms.exclusive:
        chosen = [ids[i] for i in clique if i in set(locks.forced.tolist())]
        if len(chosen) > 1:
            found.append(f"{' and '.join(chosen)} are locked in, but exclude each other")
    return tuple(found) or money_conflict(terms, locks, out)


def money_conflict(terms: Terms, locks: Locks, out: Outlays) -> tuple[str, ...]:
    """Return which money cannot pay for the locked items, each started where given, else as late as can be."""
    last = terms.n_quarters - 1 - locks.allowed[:, ::-1].argmax(axis=1)
    start = np.full(terms.n_items, -1, dtype=np.int64)
    start[locks.forced] = np.where(locks.start >= 0, locks.start, last)[locks.forced]
    source, need = purse(terms), demand(terms, out.total, start)
    _, mask = pay(source.supply, need, source.is_open)
    free = locks.forced[locks.start[locks.forced] < 0]
    if not mask.any() or len(free):
        return _lump(terms, locks, out) if mask.any() else ()
    return (_words(terms, mask, int(need[mask].sum()), int(source.cover(mask[None])[0])),)


def _lump(terms: Terms, locks: Locks, out: Outlays) -> tuple[str, ...]:
    """Return a conflict of the locked items' least cost with all money that may pay for it, if there is one."""
    cost = np.where(locks.allowed, out.total[:, :, : terms.n_horizon_years].sum(axis=2), 2**62).min(axis=1)
    found, source = [], purse(terms)
    for k in range(len(terms.payers)):
        members = locks.forced[terms.item_class[locks.forced] == k]
        mask = np.zeros((len(terms.payers), len(terms.years)), dtype=np.bool_)
        mask[k, : terms.n_horizon_years] = True
        need, have = int(cost[members].sum()), int(source.cover(mask.reshape(1, -1))[0])
        if need > have:
            found.append(_words(terms, mask.ravel(), need, have))
    return tuple(found)


def _words(terms: Terms, mask: BoolArray, need: int, have: int) -> str:
    """Return a broken money limit in words."""
    classes, years = np.nonzero(mask.reshape(len(terms.payers), -1))
    within = set(classes.tolist())
    categories = sorted(
        {c for c, k in zip(terms.category, terms.item_class.tolist(), strict=True) if k in within}
    )
    source = purse(terms)
    reach = source.is_open[:, mask].any(axis=1)
    payers = [terms.partners[p] for p in np.unique(source.partner[reach]).tolist()]
    span = f"{terms.years[years.min()]}-{terms.years[years.max()]}"
    may = f"{', '.join(payers)} may pay only {have:,} usd" if payers and have else "no partner may pay"
    return f"the locked items need {need:,} usd for {', '.join(categories)} in {span}, but {may} for it"


def why_nothing(terms: Terms, locks: Locks, out: Outlays, otherwise: str) -> str:
    """Return what keeps every item out of a plan: dates, partners, `otherwise` if it says anything, or money."""
    allowed = locks.allowed
    counted = slice(None) if terms.is_tail_paid else slice(terms.n_horizon_years)
    cost = np.where(allowed, out.total[:, :, counted].sum(axis=2), 2**62).min(axis=1, initial=2**62)
    source = purse(terms)
    has_payer = np.asarray(source.is_open.any(axis=0).reshape(len(terms.payers), -1).any(axis=1))
    payable = np.asarray(allowed.any(axis=1)) & has_payer[terms.item_class] & (cost > 0)
    if not allowed.any():
        return f"no item can start and still operate by {terms.quarters[-1]}"
    if not payable.any() or source.total == 0:
        return "no partner has money that may pay for any of the items"
    return otherwise or (
        "no item that lowers the value fits the money of its years, tail included "
        f"(the cheapest costs {int(cost[payable].min()):,} usd)"
    )
