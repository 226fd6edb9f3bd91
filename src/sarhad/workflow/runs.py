"""The record of computations: which command ran on which facts, and what no longer follows from them."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

import sarhad
from sarhad.programme import Programme, declared

SHOWN = 5  # ids that a notice names


def with_run(prog: Programme, verb: str, *, plan_id: str | None = None, seed: int | None = None) -> Programme:
    """Return the programme with one more row in the table `run`; earlier rows stay."""
    runs = prog["run"]
    row = {
        "id": f"R{len(runs) + 1:04d}",
        "verb": verb,
        "plan_id": plan_id,
        "seed": seed,
        "data_hash": prog.data_hash,
        "version": sarhad.__version__,
        "at_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return prog.adopt({"run": pd.DataFrame([*runs.to_dict("records"), row])})


def is_current(prog: Programme) -> bool:
    """Return whether the derived tables are all there and were made from the very facts that the programme holds."""
    runs = prog["run"]
    made = runs[runs["verb"] == "prepare"]
    if made.empty or any(prog[name].empty for name in _of_group("derived")):
        return False
    last = made.sort_values("id").iloc[-1]
    return bool(last["data_hash"] == prog.data_hash and last["version"] == sarhad.__version__)


def without_stale(prog: Programme) -> Programme:
    """Return the programme without derived tables and plans, unless these are current: what can be checked."""
    if is_current(prog):
        return prog
    return prog.adopt({name: prog[name].iloc[:0] for name in _of_group("derived") + _of_group("decisions")})


def with_plans(prog: Programme, former: Programme) -> tuple[Programme, tuple[str, ...]]:
    """Return the programme, items derived, with the former plans that still fit, and a notice for each other one.

    A plan fits while all its items and payers exist; whether its value still holds is another question, which
    `plans.require_current` answers.
    """
    of_plan = {"plan": "id", "plan_item": "plan_id", "funding": "plan_id"}
    items, partners = set(prog["item"]["id"]), set(prog["partner"]["id"])
    kept, notices = [], []
    for plan in former["plan"]["id"].tolist():
        chosen, paid = former["plan_item"], former["funding"]
        chosen, paid = chosen[chosen["plan_id"] == plan], paid[paid["plan_id"] == plan]
        gone = sorted({*chosen["item_id"], *paid["item_id"]} - items)
        gone += sorted(set(paid["partner_id"]) - partners)
        if gone:
            names = ", ".join(gone[:SHOWN]) + (" and others" if len(gone) > SHOWN else "")
            notices.append(
                f"plan {plan} was dropped: the facts have changed and {len(gone)} of the items and partners it "
                f"names no longer exist: {names}"
            )
        else:
            kept.append(plan)
    scheduled = sorted(set(former["activity"]["plan_id"]) & set(kept))
    if scheduled:
        notices.append(
            f"the schedules of {', '.join(scheduled)} were dropped: the facts have changed; schedule them again"
        )
    tables = {name: former[name][former[name][column].isin(kept)] for name, column in of_plan.items()}
    return prog.adopt(tables), tuple(notices)


def _of_group(group: str) -> tuple[str, ...]:
    return tuple(name for name, table in declared().tables.items() if table.group == group)
