"""Checks of the catalogue: candidates, their prices, prerequisites.

`measures` refuses by the same functions, so that what a check passes it does not refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sarhad.programme.faults import Fault

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

BY_SPACING = ("line", "height", "base")


@dataclass(frozen=True)
class Need:
    """An enforced prerequisite: a measure, and the candidates any one of which serves."""

    id: str
    measure: str
    options: frozenset[str]


def incomplete_candidates(prog: Programme) -> Iterator[Fault]:
    """Yield candidate measures without what their sites and effects need."""
    measures = candidates(prog)
    useful = useful_measures(prog)
    for row in measures.to_dict("records"):
        name, rule = str(row["id"]), row["site_rule"]
        if rule == "none":
            remedy = "Give a rule, or set is_candidate to false."
            yield Fault("measure", name, "site_rule", "none", "gives a candidate no site", remedy)
        if rule in BY_SPACING and pd.isna(row["site_spacing_km"]):
            text, remedy = f"is missing for the rule {rule}", "Give the distance between sites."
            yield Fault("measure", name, "site_spacing_km", "", text, remedy)
        if not row["units_per_site"] > 0:
            text = "is missing or zero for a candidate"
            yield Fault("measure", name, "units_per_site", "", text, "Say how many units one item holds.")
        if name not in useful:
            text, remedy = (
                "has no effect and no enforced prerequisite names it",
                "It gets no items: no plan gains by it.",
            )
            yield Fault("measure", name, "is_candidate", "true", text, remedy, "notice")


def missing_prices(prog: Programme) -> Iterator[Fault]:
    """Yield years without a price index: those that prices of candidates are in, and the base year."""
    known = set(prog["price_index"]["year"].dropna().astype(int))
    base = int(prog.setting("price_year"))
    wanted = candidates(prog)
    wanted = wanted[wanted["id"].isin(useful_measures(prog))].dropna(subset=["price_year"])
    if len(wanted) and base not in known:
        text, remedy = (
            f"lacks {base}, the base year of all money",
            "Add the year or correct the setting price_year.",
        )
        yield Fault("price_index", "", "year", "", text, remedy)
    for year, rows in wanted.groupby(wanted["price_year"].astype(int)):
        if year not in known and year != base:
            text = f"lacks {year}, the price year of {', '.join(sorted(rows['id']))}"
            yield Fault("price_index", "", "year", "", text, "Add the year.")


def endless_prerequisites(prog: Programme) -> Iterator[Fault]:
    """Yield enforced prerequisites that can never be met: rings of measures that wait for each other.

    "Any one of these" is met as soon as one of them can be built, so only measures of which every
    way of meeting a prerequisite leads back to a ring are at fault.
    """
    rows = enforced(prog)
    rows = rows[rows["requires_measure_ids"].map(bool)]
    buildable = set(candidates(prog)["id"])
    needs = [
        Need(str(row["id"]), str(row["measure_id"]), frozenset(row["requires_measure_ids"]) & buildable)
        for row in rows.to_dict("records")
        if row["measure_id"] in buildable
    ]
    stuck = _stuck(needs, buildable)
    reported: set[frozenset[str]] = set()
    for need in needs:
        if not need.options:
            text = "names only measures that no plan may choose"
            remedy = f"Until one of them is a candidate, no plan can choose {need.measure}."
            yield Fault("prerequisite", need.id, "requires_measure_ids", "", text, remedy, "notice")
        elif need.options <= stuck:
            ring = _ring(need.measure, needs, stuck)
            if ring and frozenset(ring) not in reported:
                reported.add(frozenset(ring))
                text = f"is part of a ring: {' needs '.join(ring)}"
                yield Fault(
                    "prerequisite",
                    need.id,
                    "requires_measure_ids",
                    "",
                    text,
                    "Enforce one of them no longer.",
                )


def candidates(prog: Programme) -> pd.DataFrame:
    """Return the measures that a plan may choose."""
    measures = prog["measure"]
    return measures[measures["is_candidate"].fillna(value=False).astype(bool)]


def useful_measures(prog: Programme) -> frozenset[str]:
    """Return the measures that have an effect or that an enforced prerequisite names; only these get items."""
    needed = enforced(prog)["requires_measure_ids"]
    return frozenset(prog["effect"]["measure_id"]) | {one for several in needed for one in several}


def enforced(prog: Programme) -> pd.DataFrame:
    """Return the prerequisites that a plan must meet."""
    rows = prog["prerequisite"]
    return rows[rows["is_enforced"].fillna(value=False).astype(bool)]


def _stuck(needs: Sequence[Need], buildable: set[str]) -> set[str]:
    """Return the measures that can never be built: those left when all that can be has been."""
    free = buildable - {need.measure for need in needs}
    while True:
        waiting = buildable - free
        ready = {m for m in waiting if all(need.options & free for need in needs if need.measure == m)}
        if not ready:
            return waiting
        free |= ready


def _ring(start: str, needs: Sequence[Need], stuck: set[str]) -> list[str]:
    """Return a ring reached from a stuck measure, its first measure again at the end; empty when there is none."""
    path = [start]
    while True:
        steps = [
            need.options
            for need in needs
            if need.measure == path[-1] and need.options <= stuck and need.options
        ]
        if not steps:
            return []
        onward = min(steps[0])
        if onward in path:
            ring = path[path.index(onward) :]
            first = ring.index(min(ring))
            turned = ring[first:] + ring[:first]
            return [*turned, turned[0]]
        path.append(onward)
