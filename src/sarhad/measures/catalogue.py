"""The effects of a programme, read, checked and ready to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sarhad import plugins
from sarhad.errors import DataError, SpecError
from sarhad.programme import Programme

SHARES = frozenset({"p", "availability", "assessment", "share_checked", "duty", "level"})

Levels = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Effect:
    """One effect of a measure with the values of its parameters.

    Parameters
    ----------
    id, measure_id
        See the table effect.
    form
        The registered form.
    parameters
        Value of each parameter.
    movers
        Movers it detects.
    threat_ids
        Prevention: threats whose attempts it reduces.
    supported, raises, scope
        Support: measures served, the parameter it raises, how far it serves.
    """

    id: str
    measure_id: str
    form: plugins.Form
    parameters: Mapping[str, float]
    movers: tuple[str, ...]
    threat_ids: tuple[str, ...]
    supported: tuple[str, ...]
    raises: str
    scope: str


def effects(prog: Programme, levels: Levels | None = None) -> tuple[Effect, ...]:
    """Return the effects of candidate measures, sorted by id, at likely values except where `levels` says.

    Raises
    ------
    DataError
        If a form is not installed, a parameter is missing, unknown, in another unit or out of range, or a support
        or prevention lacks what it needs; all faults at once.
    SpecError
        If `levels` names a parameter that no effect has.
    """
    forms = plugins.forms()
    values = _values(prog["effect_parameter"], levels or {})
    candidates = set(prog["measure"].query("is_candidate")["id"])
    anywhere = tuple(sorted(prog["mover"].query("crosses == 'anywhere'")["id"]))
    rows = prog["effect"].sort_values("id").to_dict("records")
    faults: list[tuple[str, str]] = []
    found = []
    for row in rows:
        name = str(row["form"])
        if name not in forms:
            faults.append((str(row["id"]), f"form {name} is not installed (known: {', '.join(forms)})"))
            continue
        form = forms[name]()
        wrong = _faults(row, form, values.get(str(row["id"]), {}))
        faults += [(str(row["id"]), text) for text in wrong]
        if not wrong and row["measure_id"] in candidates:
            numbers = {key: value for key, (value, _) in values.get(str(row["id"]), {}).items()}
            found.append(_effect(row, form, numbers, anywhere))
    if faults:
        texts = "; ".join(f"{name}: {text}" for name, text in faults)
        raise DataError(
            f"effect: {len(faults)} faults: {texts}. Correct these rows of effect and effect_parameter.",
            table="effect",
            column="form",
            ids=tuple(dict.fromkeys(name for name, _ in faults)),
        )
    return tuple(found)


def _effect(
    row: Mapping[Any, Any], form: plugins.Form, numbers: Mapping[str, float], anywhere: tuple[str, ...]
) -> Effect:
    return Effect(
        id=row["id"],
        measure_id=row["measure_id"],
        form=form,
        parameters=numbers,
        movers=tuple(sorted(row["mover_ids"])) or anywhere,
        threat_ids=tuple(sorted(row["threat_ids"])),
        supported=tuple(sorted(row["supports_measure_ids"])),
        raises="" if pd.isna(row["raises"]) else row["raises"],
        scope="" if pd.isna(row["scope"]) else row["scope"],
    )


def _values(frame: pd.DataFrame, levels: Levels) -> dict[str, dict[str, tuple[float, str]]]:
    values: dict[str, dict[str, tuple[float, str]]] = {}
    for effect, name, likely, unit in frame[["effect_id", "name", "likely", "unit"]].itertuples(index=False):
        values.setdefault(effect, {})[name] = (float(levels.get((effect, name), likely)), unit)
    unknown = sorted(f"{effect} {name}" for effect, name in levels if name not in values.get(effect, {}))
    if unknown:
        raise SpecError(
            f"levels name parameters that no effect has: {', '.join(unknown)}. Correct the names."
        )
    return values


def _faults(row: Mapping[Any, Any], form: plugins.Form, values: Mapping[str, tuple[float, str]]) -> list[str]:
    faults = []
    missing = sorted(set(form.parameters) - set(values))
    unknown = sorted(set(values) - set(form.parameters))
    if missing:
        faults.append(f"parameters missing: {', '.join(missing)}")
    if unknown:
        faults.append(f"parameters its form does not have: {', '.join(unknown)}")
    for name, (value, unit) in sorted(values.items()):
        declared = form.parameters.get(name, unit)
        if unit != declared:
            faults.append(f"{name} is in {unit}, its form needs {declared}")
        if not value >= 0 or (name in SHARES and value > 1):
            faults.append(f"{name} is {value:g}, not {'in 0..1' if name in SHARES else '>= 0'}")
    if form.kind == "support" and (pd.isna(row["raises"]) or pd.isna(row["scope"])):
        faults.append("a support needs raises and scope")
    if form.kind == "support" and not row["supports_measure_ids"]:
        faults.append("a support needs supports_measure_ids")
    if form.kind == "prevention" and not row["threat_ids"]:
        faults.append("a prevention needs threat_ids")
    return faults
