"""How much the assumptions move the result: the fixed plan at low and at high, one at a time and together."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sarhad import measures, situation
from sarhad.detection import Exposure, columns_on, evaluate, prevention, value_by_period, value_by_threat
from sarhad.detection.instance import BoolArray, FloatArray, Instance
from sarhad.programme import declared
from sarhad.report import Spread
from sarhad.workflow.game import LIKELY, Levels, assemble, attempts, valued_threats
from sarhad.workflow.prepare import Prepared
from sarhad.workflow.varied import value_with_setting, varied_settings

MOST_MEASURES = 8  # parameters of measures that matter less than these are not swung
COLUMNS = (
    *("name", "table", "row", "low", "likely", "high", "unit", "value_low", "value_high"),
    *("is_assumption", "source_ids", "reasoning"),
    *("what", "subject_id", "name_en", "name_ru", "name_ar"),
)
SETTINGS = {
    "abandonment_per_hour": "Attempts given up per hour of travel",
    "choice_theta": "Sharpness of choice in the fit to reported detections",
    "deterrence_elasticity": "Attempts deterred: per cent fewer for one per cent fewer that get through",
    "gravity_hours": "Hours over which attraction falls by e",
    "reference_speed_kmh": "Speed of the reference walker",
    "refraction": "Refraction in the line of sight",
    "watch_depth_km": "Depth to each side of the line that is watched",
}

Split = tuple[FloatArray, FloatArray]  # exposure by mover and edge, prevention by threat


class FinalState:
    """The final state of a fixed plan, its exposure kept apart by measure so that one can be changed quickly."""

    def __init__(self, prepared: Prepared, final: BoolArray) -> None:
        self.prepared = prepared
        self.final = final
        ids = np.array(prepared.instance.exposure.item_ids)[final]
        chosen = prepared.items[prepared.items["id"].isin(set(ids))]
        self.items_of = {str(m): list(part["id"]) for m, part in chosen.groupby("measure_id")}

    @cached_property
    def rate(self) -> FloatArray:
        """Return the exposure per hour of the coverage that exists."""
        return situation.existing_rate(self.prepared.prog, self.prepared.network)

    @cached_property
    def by_measure(self) -> Mapping[str, Split]:
        """Return the exposure and the prevention of each measure's items."""
        return {measure: self.exposure_of({measure}) for measure in sorted(self.items_of)}

    def exposure_of(self, measure_ids: set[str], levels: Levels = LIKELY) -> Split:
        """Return what the chosen items of these measures add, others left out."""
        prepared = self.prepared
        only = [item for measure in sorted(measure_ids) for item in self.items_of.get(measure, ())]
        found = measures.exposure(
            prepared.prog, prepared.views, existing_rate=self.rate, levels=levels.effects, only=only
        )
        return split(found, self.final & np.isin(np.array(found.item_ids), only), self.final)

    def value(
        self,
        changed: Mapping[str, Split] | None = None,
        existing: FloatArray | None = None,
        instance: Instance | None = None,
    ) -> FloatArray:
        """Return the weighted attempts a year that get through, by threat.

        `changed` replaces measures' parts, `existing` the coverage that exists, `instance` attempts and weights.
        """
        instance = instance or self.prepared.instance
        changed = changed or {}
        kept = [part for measure, part in self.by_measure.items() if measure not in changed]
        weight = instance.effort + (instance.existing if existing is None else existing)
        prevented = np.zeros(len(instance.threats))
        for exposure, spared in (*kept, *changed.values()):
            weight += exposure
            prevented += spared
        return value_by_threat(instance, weight, prevented)

    def measures_that_matter(self) -> list[str]:
        """Return the measures whose absence would raise the value most, the most important first.

        Without a measure its support is gone too: what others add only while its items operate.
        """
        instance, left = self.prepared.instance, {}
        for measure, items in self.items_of.items():
            others = self.final & ~np.isin(np.array(instance.exposure.item_ids), items)
            left[measure] = float(value_by_period(instance, others[None, :], np.ones(1))[0])
        return sorted(left, key=lambda measure: (-left[measure], measure))[:MOST_MEASURES]


def swings(prepared: Prepared, final: BoolArray) -> pd.DataFrame:
    """Return the weighted attempts a year that get through in the final state, each assumption at low and at high.

    Parameters
    ----------
    prepared
        The programme made ready.
    final
        Items that operate in the final state, shape (I,).

    Returns
    -------
    DataFrame
        One row an assumption, the widest swing first; columns `COLUMNS`.
    """
    state = FinalState(prepared, final)
    rows = [*_threats(state), _coverage(state), *_settings(state), *_effects(state)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    width = (frame["value_high"] - frame["value_low"]).abs()
    ranked = frame.assign(width=width).sort_values(["width", "name"], ascending=[False, True])
    return ranked.drop(columns="width").reset_index(drop=True)


def _threats(state: FinalState) -> Iterator[dict[str, object]]:
    prepared, base = state.prepared, state.value()
    threats = valued_threats(prepared.prog)
    for prefix, what, unit in (
        ("rate", "attempts a year", "attempts/year"),
        ("consequence", "weight", "1"),
    ):
        low, high = (state.value(instance=_threats_at(prepared, prefix, level)) for level in ("low", "high"))
        for number, row in enumerate(threats.to_dict("records")):
            others = base.sum() - base[number]
            yield _row(
                f"{row['id']} {row['name_en']}: {what}",
                ("threat", row["id"]),
                (row[f"{prefix}_low"], row[prefix], row[f"{prefix}_high"], unit),
                (others + low[number], others + high[number]),
                row,
                (prefix, row),
            )


def _threats_at(prepared: Prepared, prefix: str, level: str) -> Instance:
    """Return the game with the rates or the weights of all threats at a level."""
    if prefix == "rate":
        return dataclasses.replace(prepared.instance, attempts_per_year=attempts(prepared.prog, level))
    weights = valued_threats(prepared.prog)[f"{prefix}_{level}"].to_numpy(dtype=np.float64)
    return dataclasses.replace(prepared.instance, consequence=weights)


def _coverage(state: FinalState) -> dict[str, object]:
    prog, network = state.prepared.prog, state.prepared.network
    frame = prog["coverage"]
    values = [
        state.value(existing=situation.existing(prog, network, level=level)).sum()
        for level in ("low", "high")
    ]
    low, likely, high = (
        float(frame[name].median()) for name in ("detection_low", "detection", "detection_high")
    )
    return _row(
        "Detection that exists today (median of sections and movers)",
        ("coverage", "all"),
        (low, likely, high, "1"),
        (values[0], values[1]),
        _provenance(frame, (low, likely, high)),
        ("coverage", {}),
    )


def _provenance(coverage: pd.DataFrame, shown: tuple[float, float, float]) -> dict[Hashable, Any]:
    """Return the provenance of the rows that hold the figures shown; where none holds all three, the likely one."""
    is_likely = coverage["detection"] == shown[1]
    is_all = is_likely & (coverage["detection_low"] == shown[0]) & (coverage["detection_high"] == shown[2])
    rows = coverage[is_all] if is_all.any() else coverage[is_likely] if is_likely.any() else coverage
    told = rows["reasoning"].dropna().value_counts()
    return {
        "is_assumption": bool(rows["is_assumption"].any()),
        "source_ids": tuple(sorted({source for several in rows["source_ids"] for source in several})),
        "reasoning": str(min(told.index[told == told.max()])) if len(told) else None,
    }


def _settings(state: FinalState) -> Iterator[dict[str, object]]:
    known = declared().settings
    for row in varied_settings(state.prepared.prog).to_dict("records"):
        name = str(row["id"])
        low, high = (
            value_with_setting(state.prepared, state.final, name, row[level]) for level in ("low", "high")
        )
        yield _row(
            SETTINGS[name],
            ("setting", name),
            (row["low"], float(row["value"]), row["high"], known[name].unit),
            (low, high),
            row,
            (name, {}),
        )


def _effects(state: FinalState) -> Iterator[dict[str, object]]:
    prog = state.prepared.prog
    effects = prog["effect"].set_index("id")
    subjects = {row["id"]: row for row in prog["measure"].to_dict("records")}
    matter = set(state.measures_that_matter())
    for row in prog["effect_parameter"].sort_values(["effect_id", "name"]).to_dict("records"):
        effect = effects.loc[row["effect_id"]]
        if effect["measure_id"] not in matter or row["low"] == row["high"]:
            continue
        touched = {effect["measure_id"], *effect["supports_measure_ids"]} & set(state.items_of)
        values = []
        for level in (row["low"], row["high"]):
            levels = Levels(effects={(row["effect_id"], row["name"]): level})
            changed = {measure: state.exposure_of({measure}, levels) for measure in touched}
            values.append(state.value(changed).sum())
        yield _row(
            f"{effect['measure_id']} {subjects[effect['measure_id']]['name_en']}: {row['name'].replace('_', ' ')}",
            ("effect_parameter", f"{row['effect_id']} {row['name']}"),
            (row["low"], row["likely"], row["high"], row["unit"]),
            (values[0], values[1]),
            row,
            (row["name"], subjects[effect["measure_id"]]),
        )


def _row(
    name: str,
    where: tuple[str, str],
    figures: tuple[float, float, float, str],
    values: tuple[float, float],
    row: Mapping[Hashable, Any],
    subject: tuple[str, Mapping[Hashable, Any]],
) -> dict[str, object]:
    """Return a row; `subject` is what is assumed of which threat or measure, for names in other languages."""
    what, of = subject
    named = (what, of.get("id"), of.get("name_en"), of.get("name_ru"), of.get("name_ar"))
    reasoning = row["reasoning"] if isinstance(row["reasoning"], str) else ""
    content = (name, *where, *figures, *values, row["is_assumption"], row["source_ids"], reasoning, *named)
    return dict(zip(COLUMNS, content, strict=True))


def split(found: Exposure, own: BoolArray, final: BoolArray) -> Split:
    """Return what the items `own` add by mover and edge, and by threat, while all of `final` operate."""
    on = columns_on(found, final) & own[found.item]
    added = [one[np.flatnonzero(on)].sum(axis=0) for one in found.by_mover]
    exposure: FloatArray = np.stack([np.asarray(one, dtype=np.float64) for one in added])
    spared: FloatArray = prevention(found, on)
    return exposure, spared


def ranges(
    prepared: Prepared, operating: BoolArray, years: FloatArray, constant: float = 0.0
) -> Mapping[str, Spread]:
    """Return the figures of the fixed plan with the assumptions at their unfavourable, likely and favourable values.

    Unfavourable: every effect parameter, the existing coverage and the effort at low, attempts at high; favourable:
    the other way round. Other assumptions (weights, other settings) stay likely.

    Parameters
    ----------
    prepared, operating, years
        The game and the plan, shapes (T, I) and (T,).
    constant
        Part of the value that no item can touch, left out.

    Returns
    -------
    Mapping
        `without` and `with`: value without and with the plan; `fall`: the share by which the plan lowers it;
        `before` and `after`: share of the attempts detected in the final state [0..1].
    """
    found: dict[str, list[float]] = {"without": [], "with": [], "fall": [], "before": [], "after": []}
    for effects, rates in (("low", "high"), ("likely", "likely"), ("high", "low")):
        instance = _all_at(prepared, operating[-1], effects, rates)
        last, one = operating[-1:], np.ones(1)
        without = float(value_by_period(instance, np.zeros_like(operating), years).sum()) - constant
        left = float(value_by_period(instance, operating, years).sum()) - constant
        found["without"].append(without)
        found["with"].append(left)
        found["fall"].append(1.0 - left / without if without > 0 else 0.0)
        found["before"].append(
            float(np.nan_to_num(evaluate(instance, np.zeros_like(last), one).detected_share[0]))
        )
        found["after"].append(float(np.nan_to_num(evaluate(instance, last, one).detected_share[0])))
    return {name: Spread(min(row), row[1], max(row)) for name, row in found.items()}


def _all_at(prepared: Prepared, final: BoolArray, level: str, rates: str) -> Instance:
    """Return the game with effects, coverage and effort at one level and attempts at another."""
    prog = prepared.prog
    ids = np.array(prepared.instance.exposure.item_ids)[final].tolist()
    levels = Levels(effects=_all_effects(prepared, level), coverage=level, attempts=rates)
    instance = assemble(prog, prepared.network, prepared.views, levels, only=ids)
    if level == "likely":
        return instance
    setting = prog["setting"]
    stated = setting.loc[setting["id"] == "abandonment_per_hour", level].dropna()
    effort = prepared.network.hours * float(stated.iloc[0]) if len(stated) else instance.effort
    return dataclasses.replace(instance, effort=effort)


def _all_effects(prepared: Prepared, level: str) -> dict[tuple[str, str], float]:
    frame = prepared.prog["effect_parameter"]
    return {(row["effect_id"], row["name"]): float(row[level]) for row in frame.to_dict("records")}
