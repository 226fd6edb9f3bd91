"""The rows that detection rests on, for `trace`: items, their effects, and the items that support them."""

from __future__ import annotations

from collections.abc import Collection

from sarhad import measures
from sarhad.measures.columns import RAISABLE
from sarhad.measures.supports import ladder, places
from sarhad.programme import Programme
from sarhad.workflow.figure_rows import Row, measure_of, where

EFFECT = ("form", "supports_measure_ids", "raises", "scope")
PARAMETER = ("low", "likely", "high", "unit")


def detection(prog: Programme, section: str) -> tuple[Row, ...]:
    """Return what the detection of a section rests on: what stands there today, and what plans build for it."""
    levels = ("mover_id", "detection_low", "detection", "detection_high")
    items = prog["item"]
    serves = items["section_id"].isna() | (items["section_id"] == section)
    planned = set(prog["plan_item"]["item_id"])
    known = [one for one in measures.effects(prog) if one.form.kind == "edge"]
    acting = items[
        serves & items["id"].isin(planned) & items["measure_id"].isin({e.measure_id for e in known})
    ]
    own = set(acting["id"])
    helping = {helper for helped, helper in supports(prog, planned) if helped in own}
    return (
        *where(prog, "section", "id", section, ("chainage_from_km", "chainage_to_km")),
        *where(prog, "coverage", "section_id", section, levels),
        *_plan_items(prog, own | helping, ("operating_quarter",)),
        *_effects(prog, own | helping),
    )


def marginal(prog: Programme, item: str) -> tuple[Row, ...]:
    """Return what the marginal value of an item rests on: its effects, what supports it and what it supports."""
    pairs = supports(prog, {*prog["plan_item"]["item_id"], item})
    others = {helper for helped, helper in pairs if helped == item}
    others |= {helped for helped, helper in pairs if helper == item}
    return (
        *_plan_items(prog, {item}, ("marginal_value",)),
        *_plan_items(prog, others, ("operating_quarter",)),
        *_effects(prog, {item, *others}),
    )


def supports(prog: Programme, chosen: Collection[str]) -> set[tuple[str, str]]:
    """Return which of the chosen items support which: pairs of the supported and the supporting item."""
    items = prog["item"]
    ids, known = items["id"].tolist(), measures.effects(prog)
    place = places(items, prog["site"])
    supporting = [one for one in known if one.form.kind == "support"]
    is_chosen = items["id"].isin(list(chosen))
    pairs = set()
    for effect in known:
        own = (is_chosen & (items["measure_id"] == effect.measure_id)).to_numpy().nonzero()[0].tolist()
        for parameter in RAISABLE:
            if effect.form.kind != "edge" or parameter not in effect.parameters:
                continue
            for serving in ladder(effect, parameter, own, place, supporting).serving:
                pairs |= {
                    (ids[i], ids[j]) for i, by in zip(own, serving, strict=True) for j in by if is_chosen[j]
                }
    return pairs


def _plan_items(prog: Programme, items: Collection[str], columns: tuple[str, ...]) -> tuple[Row, ...]:
    return tuple(row for item in sorted(items) for row in where(prog, "plan_item", "item_id", item, columns))


def _effects(prog: Programme, items: Collection[str]) -> tuple[Row, ...]:
    """Return the effects of the items' measures, each with its parameters."""
    effects = prog["effect"]
    built = {measure_of(prog, item) for item in items}
    return tuple(
        row
        for effect in sorted(effects[effects["measure_id"].isin(built)]["id"])
        for row in (
            *where(prog, "effect", "id", effect, EFFECT),
            *where(prog, "effect_parameter", "effect_id", effect, PARAMETER),
        )
    )
