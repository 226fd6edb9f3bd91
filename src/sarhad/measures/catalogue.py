"""The effects of a programme, read, checked and ready to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from sarhad import plugins
from sarhad.errors import SpecError
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.catalogue import candidates
from sarhad.programme.checks.effects import is_allowed, wrong_effects

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
        If `levels` names a parameter that no effect has, or gives one a value out of range.
    """
    require_none(wrong_effects(prog))
    forms = plugins.forms()
    values = _values(prog["effect_parameter"], levels or {})
    known = set(candidates(prog)["id"])
    anywhere = tuple(sorted(prog["mover"].query("crosses == 'anywhere'")["id"]))
    return tuple(
        _effect(row, forms[row["form"]](), values.get(row["id"], {}), anywhere)
        for row in prog["effect"].sort_values("id").to_dict("records")
        if row["measure_id"] in known
    )


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


def _values(frame: pd.DataFrame, levels: Levels) -> dict[str, dict[str, float]]:
    values: dict[str, dict[str, float]] = {}
    for effect, name, likely in frame[["effect_id", "name", "likely"]].itertuples(index=False):
        values.setdefault(effect, {})[name] = float(levels.get((effect, name), likely))
    unknown = sorted(f"{effect} {name}" for effect, name in levels if name not in values.get(effect, {}))
    if unknown:
        raise SpecError(
            f"levels name parameters that no effect has: {', '.join(unknown)}. Correct the names."
        )
    wrong = sorted(
        f"{effect} {name} {value:g}"
        for (effect, name), value in levels.items()
        if not is_allowed(name, float(value))
    )
    if wrong:
        raise SpecError(f"levels out of range: {', '.join(wrong)}. Give shares in 0..1, others at least 0.")
    return values
