"""One setting at another value: the final state of a fixed plan judged again; and the assumptions that nobody moves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sarhad import measures, place, situation
from sarhad.detection import evaluate, value_by_period
from sarhad.detection.instance import BoolArray
from sarhad.errors import SpecError
from sarhad.programme import Programme, declared
from sarhad.workflow.game import LIKELY, assemble
from sarhad.workflow.prepare import Prepared

# what must be worked out again, from the stored network on, when a setting changes; sites stay where they are
TOUCHES: Mapping[str, frozenset[str]] = {
    "abandonment_per_hour": frozenset(),
    "choice_theta": frozenset({"scenario"}),
    "deterrence_elasticity": frozenset(),
    "gravity_hours": frozenset({"scenario"}),
    "reference_speed_kmh": frozenset({"views"}),
    "refraction": frozenset({"views"}),
    "watch_depth_km": frozenset({"network", "views"}),
}

# why the assumed rows of a table are not varied; tables that no model reads for the value are not listed
WHY: Mapping[str, str] = {
    "settlement": "no_range",
    "traffic": "shares",
    "calibration": "shares",
    "border": "no_range",
    "section": "no_range",
    "crossing": "no_range",
    "river": "network",
    "road": "network",
    "mover": "network",
    "raster": "network",
    "measure": "kept",
    "prerequisite": "kept",
    "alternative": "kept",
    "budget": "kept",
    "pledge": "kept",
    "resource": "kept",
    "resource_need": "kept",
    "resource_quarter": "kept",
    "season": "kept",
    "package": "kept",
    "floor": "kept",
    "eligibility": "kept",
    "price_index": "kept",
    "effect": "no_range",
}


def varied_settings(prog: Programme) -> pd.DataFrame:
    """Return the settings that are varied: those with a low and a high value that need no new network, by id."""
    rows = prog["setting"].sort_values("id")
    has_range = rows["low"].notna() & rows["high"].notna()
    return rows[has_range & rows["id"].isin(list(TOUCHES))]


def value_with_setting(prepared: Prepared, final: BoolArray, name: str, value: float) -> float:
    """Return the weighted attempts a year that get through in the final state with one setting at another value.

    Nodes, edges and hours stay as they are, and so do the sites; scenarios are made and fitted again where the
    setting acts on them. Only a swing of `deterrence_elasticity` lets attempts react to detection.

    Parameters
    ----------
    prepared
        The programme made ready.
    final
        Items that operate in the final state, shape (I,).
    name, value
        The setting, one of `TOUCHES` and given by the programme.

    Raises
    ------
    SpecError
        If the programme does not give it.
    """
    prog = _with_setting(prepared.prog, name, value)
    ids = np.array(prepared.instance.exposure.item_ids)[final].tolist()
    network, views, state = prepared.network, prepared.views, final
    if "network" in TOUCHES[name]:
        network = place.network_from(prog, prepared.terrain)
    if "scenario" in TOUCHES[name]:
        prog = prog.adopt({"scenario": situation.scenarios(prog, network)})
    if "views" in TOUCHES[name]:
        chosen = prog["item"][prog["item"]["id"].isin(ids)]
        views = measures.views(prog, chosen, prog["site"], prepared.terrain, network)
        state = np.ones(len(chosen), dtype=np.bool_)
    instance = assemble(prog, network, views, LIKELY, only=ids)
    if name == "deterrence_elasticity":
        return evaluate(instance, state[None, :], np.ones(1), elasticity=value).value
    return float(value_by_period(instance, state[None, :], np.ones(1))[0])


def not_varied(prog: Programme, swings: pd.DataFrame) -> pd.DataFrame:
    """Return how many assumed rows of each table no swing moves, and why: table, rows, reason."""
    rows = [
        (table, int(prog[table]["is_assumption"].sum()), WHY[table])
        for table in declared().tables
        if table in WHY
    ]
    parameters = prog["effect_parameter"]
    parameters = parameters[parameters["is_assumption"]]
    is_fixed = parameters["low"] == parameters["high"]
    moved = int((swings["is_assumption"] & (swings["table"] == "effect_parameter")).sum())
    threats = prog["threat"]
    settings = prog["setting"]
    settings = settings[settings["is_assumption"] & ~settings["id"].isin(varied_settings(prog)["id"])]
    rows += [
        ("effect_parameter", int((~is_fixed).sum()) - moved, "lesser"),
        ("effect_parameter", int(is_fixed.sum()), "no_effect"),
        ("threat", int((threats["is_assumption"] & ~threats["enters_value"]).sum()), "no_effect"),
        ("setting", int((settings["low"].isna() | settings["high"].isna()).sum()), "no_range"),
        ("setting", int((settings["low"].notna() & settings["high"].notna()).sum()), "network"),
    ]
    frame = pd.DataFrame(rows, columns=["table", "rows", "reason"])
    return frame[frame["rows"] > 0].sort_values(["reason", "table"], ignore_index=True)


def _with_setting(prog: Programme, name: str, value: float) -> Programme:
    frame = prog["setting"]
    if name not in set(frame["id"]):
        raise SpecError(f"setting {name}: the programme does not give it, so it has no range to move in.")
    frame.loc[frame["id"] == name, "value"] = repr(float(value))
    return prog.with_changes({"setting": frame})
