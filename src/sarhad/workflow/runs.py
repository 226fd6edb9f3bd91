"""The record of computations: which command ran on which facts."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

import sarhad
from sarhad.programme import Programme


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


def is_current(prog: Programme, verb: str) -> bool:
    """Return whether the last run of the verb read the very facts that the programme holds now."""
    runs = prog["run"]
    same = runs[runs["verb"] == verb]
    if same.empty:
        return False
    last = same.sort_values("id").iloc[-1]
    return bool(last["data_hash"] == prog.data_hash and last["version"] == sarhad.__version__)
