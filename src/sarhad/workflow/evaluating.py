"""`evaluate`: judge any plan without a solver, for any mover, on the network or on the fine grid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sarhad import measures, place
from sarhad import plan as planner
from sarhad.detection import (
    CrossingLogit,
    Evaluation,
    Informed,
    Mover,
    NonAdaptive,
    PartlyInformed,
    evaluate,
    evaluation_bytes,
    value_by_period,
)
from sarhad.detection.deterrence import FORMULA
from sarhad.detection.instance import BoolArray
from sarhad.errors import SpecError
from sarhad.plan.game import changeable
from sarhad.programme import Programme
from sarhad.programme.memory import held_bytes
from sarhad.workflow.game import assemble
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.planning import timeline
from sarhad.workflow.plans import file_items, plan_items, require_current
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.steps import OnStep, Step, silent

GIGABYTE = 1e9
MOVERS = ("informed", "logit", "fixed", "partly")


def evaluate_plan(
    source: Path,
    plan: str,
    *,
    mover: str = "informed",
    known: str | None = None,
    is_fine: bool = False,
    memory_limit_gb: float | None = None,
    on_step: OnStep = silent,
) -> Outcome:
    """Return value, detection and flow of a plan for one kind of mover.

    `value` is the total; `constant` is the part of it that no item can touch when movers are informed, which the
    figures of a plan leave out.

    Parameters
    ----------
    source, plan
        The programme; a plan of its, or a plan.json.
    mover
        One of `MOVERS`.
    known
        Of the mover `partly`, the items that it knows: their ids with commas between, or a file that holds them (a
        plan.json, or one id a line). None: every other item.
    is_fine
        Judge the final state on the fine grid too.
    memory_limit_gb
        Memory that the process may take for the evaluation on the network; without it four fifths of the machine's.
    """
    if mover not in MOVERS:
        raise SpecError(f"--mover {mover}: not one of {', '.join(MOVERS)}.")
    if known is not None and mover != "partly":
        raise SpecError(
            f"--known says what the mover partly knows, not {mover}. Give --mover partly with it."
        )
    prog = Programme.open(source)
    require_current(prog, plan)
    prepared = prepare(prog, on_step=on_step)
    rows = plan_items(prepared.prog, plan)
    terms = planner.terms(prepared.prog, prepared.items)
    operating, years = timeline(terms, rows)
    is_known = known_items(prepared.instance.exposure.item_ids, known)
    elasticity = float(prepared.prog.setting("deterrence_elasticity"))
    chosen = mover_named(prepared, mover, is_known)
    _require_room(prepared, operating, chosen, memory_limit_gb, on_step)
    found = evaluate(prepared.instance, operating, years, chosen, elasticity=elasticity)
    payload = {
        "plan": plan,
        "mover": mover,
        **({"known": int((is_known & operating[-1]).sum())} if mover == "partly" else {}),
        "years": float(years.sum()),
        "data_hash": prepared.prog.data_hash,
        "constant": changeable(prepared.instance)[0].constant * float(years.sum()),
        **as_payload(prepared, terms, found),
        "deterrence": {
            "elasticity": elasticity,
            "is_assumption": True,
            "formula": FORMULA,
            "deterred": float(found.deterred.sum()),
        },
    }
    if is_fine:
        on_step(Step("fine grid", 0.0))
        payload["final_year"] = fine_and_coarse(prepared, operating[-1])
    return Outcome(plain(payload), _lines)


def _require_room(
    prepared: Prepared, operating: BoolArray, mover: Mover, limit_gb: float | None, on_step: OnStep
) -> None:
    """State what the evaluation needs of memory; refuse more than is allowed."""
    adds = evaluation_bytes(prepared.instance, len(np.unique(operating, axis=0)), mover)
    needed_gb = (adds + held_bytes()) / GIGABYTE
    on_step(Step("evaluate", 0.0, f"needs about {needed_gb:.2g} GB"))
    planner.require_gigabytes(
        "the evaluation", needed_gb, limit_gb, "a coarser network (setting of the grid)"
    )


def known_items(item_ids: tuple[str, ...], known: str | None) -> BoolArray:
    """Return which items a partly informed mover knows, shape (I,).

    Parameters
    ----------
    item_ids
        Ids of all items.
    known
        Ids with commas between, or a file that holds them. None: every other item in order of id, a fixed rule, so
        that the same call gives the same number.

    Raises
    ------
    SpecError
        If an id is not one of an item.
    """
    if known is None:
        is_known: BoolArray = np.arange(len(item_ids)) % 2 == 0
        return is_known
    path = Path(known)
    if not path.is_file():
        named = known.split(",")
    elif path.suffix == ".json":
        named = file_items(path)["item_id"].tolist()
    else:
        named = re.split(r"[,\s]+", path.read_text(encoding="utf-8"))
    wanted = {name.strip() for name in named} - {""}
    unknown = sorted(wanted - set(item_ids))
    if unknown:
        raise SpecError(
            f"--known: {len(unknown)} of {len(wanted)} are neither items nor a file: {', '.join(unknown[:5])}. Give ids "
            "with commas between, a file with one a line, or a plan.json."
        )
    return np.isin(np.array(item_ids), sorted(wanted))


def mover_named(prepared: Prepared, name: str, is_known: BoolArray) -> Mover:
    """Return the kind of mover that a word names; `partly` knows these items, shape (I,)."""
    kinds: dict[str, Mover] = {
        "informed": Informed(),
        "logit": CrossingLogit(theta=prepared.prog.setting("choice_theta")),
        "fixed": NonAdaptive(),
        "partly": PartlyInformed(known=is_known),
    }
    return kinds[name]


def as_payload(prepared: Prepared, terms: planner.Terms, found: Evaluation) -> dict[str, Any]:
    """Return an evaluation as the JSON of `evaluate` holds it; detection and flow are those of the final state."""
    instance = prepared.instance
    labels = [*terms.quarters, "tail"]
    edges = [instance.graph.edge_ids[edge] for edge in found.crossing]
    attempts, detected = float(found.attempts.sum()), float(found.detected.sum())
    detection = found.detection_by_section_threat[-1]
    return {
        "value": found.value,
        "by_threat": dict(zip(instance.threats, found.by_threat, strict=True)),
        "by_section": dict(zip(instance.sections, found.by_section, strict=True)),
        "by_quarter": dict(zip(labels, found.by_period, strict=True)),
        "attempts": attempts,
        "detected": detected,
        "detected_share": detected / attempts if attempts > 0 else 0.0,
        "detection_by_section": {
            section: dict(zip(instance.threats, detection[number], strict=True))
            for number, section in enumerate(instance.sections)
        },
        "flow_by_crossing_edge": {
            edge: amount for edge, amount in zip(edges, found.flow[-1], strict=True) if amount > 0
        },
    }


def fine_and_coarse(prepared: Prepared, final: BoolArray) -> dict[str, float]:
    """Return the weighted attempts a year that get through, network beside fine grid, without and with the plan.

    A coarse network flatters a plan: on the fine grid the mover has every cell to walk through. Movers are informed
    whatever mover the rest of an evaluation speaks of.
    """
    prog = prepared.prog
    grid = place.grid_network(prog, prepared.terrain)
    chosen = prog["item"][prog["item"]["id"].isin(np.array(prepared.instance.exposure.item_ids)[final])]
    views = measures.views(prog, chosen, prog["site"], prepared.terrain, grid)
    fine = assemble(prog, grid, views)
    everything = np.ones((1, fine.exposure.n_items), dtype=bool)
    year = np.ones(1)
    return {
        "network_without_plan": float(
            value_by_period(prepared.instance, np.zeros_like(final)[None, :], year)[0]
        ),
        "network_with_plan": float(value_by_period(prepared.instance, final[None, :], year)[0]),
        "fine_without_plan": float(value_by_period(fine, ~everything, year)[0]),
        "fine_with_plan": float(value_by_period(fine, everything, year)[0]),
    }


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    knows = f" that knows {found['known']} items of it" if "known" in found else ""
    yield (
        f"value {found['value']:,.2f} over {found['years']:g} years for the {found['mover']} mover{knows}, "
        f"{found['constant']:,.2f} of it out of reach of any item; {found['detected_share']:.1%} of attempts detected"
    )
    if found["deterrence"]["elasticity"] > 0:
        yield (
            f"assumption: attempts react to the chance to get through with elasticity "
            f"{found['deterrence']['elasticity']:g} ({FORMULA}); {found['deterrence']['deterred']:,.0f} are not made "
            "for it. A plan counts attempts that do not react"
        )
    for group in ("by_threat", "by_section"):
        yield f"{group.replace('_', ' ')}: weighted attempts that get through in {found['years']:g} years"
        for name, value in found[group].items():
            yield f"  {name:<6} {value:>14,.2f}"
    if "final_year" in found:
        yield "final state: weighted attempts that get through a year, informed movers"
        for name, value in found["final_year"].items():
            yield f"  {name.replace('_', ' '):<24} {value:>14,.2f}"
