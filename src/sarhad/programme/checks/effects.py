"""Checks of effects: their forms, the parameters these need, and what supports support.

`measures` refuses by the same functions, so that what a check passes it does not refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sarhad import plugins
from sarhad.programme.checks.catalogue import candidates
from sarhad.programme.faults import Fault
from sarhad.programme.frames import is_missing
from sarhad.programme.values import render_number

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

SHARES = frozenset({"p", "availability", "assessment", "share_checked", "duty", "level"})
NEEDED = {"support": ("supports_measure_ids", "raises", "scope"), "prevention": ("threat_ids",)}
LEVELS = ("low", "likely", "high")

Parameters = Mapping[str, Mapping[Any, Any]]


def wrong_effects(prog: Programme) -> Iterator[Fault]:
    """Yield effects whose form is not installed, and parameters that their form does not declare or allow."""
    forms = plugins.forms()
    given: dict[str, dict[str, Mapping[Any, Any]]] = {}
    for row in prog["effect_parameter"].to_dict("records"):
        given.setdefault(row["effect_id"], {})[row["name"]] = row
    for row in prog["effect"].to_dict("records"):
        name = str(row["id"])
        if row["form"] not in forms:
            remedy = f"Installed forms: {', '.join(forms)}."
            yield Fault("effect", name, "form", str(row["form"]), "is not an installed form", remedy)
            continue
        form = forms[row["form"]]
        yield from _wrong_parameters(name, form, given.get(name, {}))
        for column in NEEDED.get(form.kind, ()):
            if row[column] == () or is_missing(row[column]):
                text = f"is missing for an effect of kind {form.kind}"
                yield Fault("effect", name, column, "", text, "Fill it.")


def is_allowed(name: str, value: float) -> bool:
    """Return whether a parameter may have a value: at least 0, and at most 1 where it is a share."""
    return value >= 0 and not (name in SHARES and value > 1)


def idle_supports(prog: Programme) -> Iterator[Fault]:
    """Yield supports of candidates that raise a parameter which no candidate they support has."""
    forms, known = plugins.forms(), set(candidates(prog)["id"])
    rows = [
        row
        for row in prog["effect"].to_dict("records")
        if row["measure_id"] in known and row["form"] in forms
    ]
    has: dict[str, set[str]] = {}
    for row in rows:
        if forms[row["form"]].kind == "edge":
            has.setdefault(row["measure_id"], set()).update(forms[row["form"]].parameters)
    for row in rows:
        raised, supported = row["raises"], row["supports_measure_ids"]
        if forms[row["form"]].kind != "support" or is_missing(raised) or not supported:
            continue
        if not any(raised in has.get(measure, ()) for measure in supported):
            text = f"names no candidate measure whose {raised} could be raised"
            remedy = "Correct raises or supports_measure_ids."
            yield Fault("effect", str(row["id"]), "supports_measure_ids", ";".join(supported), text, remedy)


def short_ranges(prog: Programme, cell_m: float | None = None) -> Iterator[Fault]:
    """Yield line of sight that ends within a cell of the terrain, by default of the setting's width: not visible."""
    cell_m = float(prog.setting("cell_m")) if cell_m is None else cell_m
    effect = prog["effect"]
    known = set(effect.loc[effect["measure_id"].isin(set(candidates(prog)["id"])), "id"])
    parameters = prog["effect_parameter"]
    seeing = known & set(parameters.loc[parameters["name"] == "observer_height_m", "effect_id"])
    rows = parameters[parameters["effect_id"].isin(seeing) & (parameters["name"] == "range_km")]
    for row in rows[rows["likely"] * 1000 < cell_m].to_dict("records"):
        text = f"km is less far than a cell of the terrain ({cell_m:g} m)"
        remedy = "Use the form barrier or smaller cells."
        place = f"{row['effect_id']}/range_km"
        yield Fault("effect_parameter", place, "likely", render_number(row["likely"]), text, remedy)


def _wrong_parameters(effect: str, form: type[plugins.Form], given: Parameters) -> Iterator[Fault]:
    table = "effect_parameter"
    for name, unit in form.parameters.items():
        if name not in given:
            yield Fault(
                table, f"{effect}/{name}", "name", "", "is missing for its form", f"Add it, in {unit}."
            )
    for name, row in given.items():
        place = f"{effect}/{name}"
        if name not in form.parameters:
            remedy = f"Its form has: {', '.join(form.parameters)}."
            yield Fault(table, place, "name", name, "is not a parameter of its form", remedy)
        elif row["unit"] != form.parameters[name]:
            remedy = f"Give it in {form.parameters[name]}."
            yield Fault(table, place, "unit", str(row["unit"]), "is not the unit of its form", remedy)
        for level in LEVELS:
            if not (np.isnan(row[level]) or is_allowed(name, row[level])):
                text = "is not in 0..1" if name in SHARES else "is not at least 0"
                remedy = "Percent? Divide by 100." if name in SHARES else "Correct it."
                yield Fault(table, place, level, render_number(row[level]), text, remedy)
