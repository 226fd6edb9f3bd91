"""Checks of the catalogue: candidates, effects and their forms, prerequisites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from sarhad import plugins
from sarhad.programme.faults import Fault
from sarhad.programme.frames import is_missing

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

NEEDS_SPACING = ("line", "height", "base")


@dataclass(frozen=True)
class Need:
    """An enforced prerequisite: a measure, and the candidates any one of which serves."""

    id: str
    measure: str
    options: frozenset[str]


def incomplete_candidates(prog: Programme) -> Iterator[Fault]:
    """Yield candidate measures without what their sites and effects need."""
    measures = candidates(prog)
    useful = set(prog["effect"]["measure_id"])
    useful |= {name for names in prog["prerequisite"]["requires_measure_ids"] for name in names}
    for row in measures.to_dict("records"):
        name, rule = str(row["id"]), row["site_rule"]
        if rule == "none":
            remedy = "Give a rule, or set is_candidate to false."
            yield Fault("measure", name, "site_rule", "none", "gives a candidate no site", remedy)
        if rule in NEEDS_SPACING and pd.isna(row["site_spacing_km"]):
            text, remedy = f"is missing for the rule {rule}", "Give the distance between sites."
            yield Fault("measure", name, "site_spacing_km", "", text, remedy)
        if not row["units_per_site"] > 0:
            text = "is missing or zero for a candidate"
            yield Fault("measure", name, "units_per_site", "", text, "Say how many units one item holds.")
        if name not in useful:
            text, remedy = "has no effect and nothing needs it", "No plan gains by it."
            yield Fault("measure", name, "is_candidate", "true", text, remedy, "notice")


def wrong_effects(prog: Programme) -> Iterator[Fault]:
    """Yield effects whose form is not installed, and parameters that their form does not declare."""
    forms = plugins.forms()
    parameters = prog["effect_parameter"]
    for row in prog["effect"].to_dict("records"):
        name = str(row["id"])
        if row["form"] not in forms:
            remedy = f"Installed forms: {', '.join(forms)}."
            yield Fault("effect", name, "form", str(row["form"]), "is not an installed form", remedy)
            continue
        form = forms[row["form"]]
        given = parameters[parameters["effect_id"] == name]
        yield from _wrong_parameters(name, form, dict(zip(given["name"], given["unit"], strict=True)))
        for column in _needed(form.kind):
            if row[column] == () or is_missing(row[column]):
                text = f"is missing for an effect of kind {form.kind}"
                yield Fault("effect", name, column, "", text, "Fill it.")


def endless_prerequisites(prog: Programme) -> Iterator[Fault]:
    """Yield enforced prerequisites that can never be met: rings of measures that wait for each other.

    "Any one of these" is met as soon as one of them can be built, so only measures of which every
    way of meeting a prerequisite leads back to a ring are at fault.
    """
    rows = prog["prerequisite"]
    rows = rows[rows["is_enforced"].fillna(value=False).astype(bool) & rows["requires_measure_ids"].map(bool)]
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


def _needed(kind: str) -> tuple[str, ...]:
    return {"support": ("supports_measure_ids", "raises", "scope"), "prevention": ("threat_ids",)}.get(
        kind, ()
    )


def _wrong_parameters(effect: str, form: type[plugins.Form], given: Mapping[str, str]) -> Iterator[Fault]:
    for name, unit in form.parameters.items():
        if name not in given:
            remedy = f"Add it, in {unit}."
            yield Fault("effect_parameter", f"{effect}/{name}", "name", "", "is missing for its form", remedy)
    for name, unit in given.items():
        row = f"{effect}/{name}"
        if name not in form.parameters:
            remedy = f"Its form has: {', '.join(form.parameters)}."
            yield Fault("effect_parameter", row, "name", name, "is not a parameter of its form", remedy)
        elif unit != form.parameters[name]:
            remedy = f"Give it in {form.parameters[name]}."
            yield Fault("effect_parameter", row, "unit", str(unit), "is not the unit of its form", remedy)


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
