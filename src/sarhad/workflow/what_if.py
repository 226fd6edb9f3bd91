"""Named sets of changed facts: the rows of the table `what_if`, applied."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from sarhad.errors import SpecError
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.what_ifs import idle_changes


def named(prog: Programme) -> dict[str, str]:
    """Return the what-ifs by name, each with its title."""
    rows = prog["what_if"].sort_values(["name", "id"])
    return {
        str(name): "; ".join(dict.fromkeys(part["title_en"].dropna().astype("str")))
        for name, part in rows.groupby("name", sort=True)
    }


def applied(prog: Programme, name: str) -> Programme:
    """Return the programme with the changes of a what-if; derived tables no longer follow from its facts.

    Raises
    ------
    SpecError
        If there is no such what-if.
    DataError
        If one of its changes finds nothing to change.
    """
    rows = prog["what_if"]
    rows = rows[rows["name"] == name].sort_values("id")
    own = set(rows["id"])
    require_none([replace(fault, severity="error") for fault in idle_changes(prog) if fault.row in own])
    if rows.empty:
        raise SpecError(
            f"what-if {name}: the table what_if has no such name. It has: {', '.join(named(prog))}."
        )
    frames: dict[str, pd.DataFrame] = {}
    for row in rows.to_dict("records"):
        table = str(row["changed_table"])
        frame = frames.setdefault(table, prog[table])
        key = row["key_column"]
        chosen = (
            frame[key].astype("str").isin(list(row["key_values"])).to_numpy()
            if isinstance(key, str) and key
            else np.ones(len(frame), dtype=np.bool_)
        )
        for column in row["changed_columns"]:
            before = frame.loc[chosen, column]
            after = _changed(before.astype("float64"), str(row["operation"]), float(row["amount"]))
            whole = pd.api.types.is_integer_dtype(frame[column].dtype)
            frame.loc[chosen, column] = after.round().astype(before.dtype) if whole else after
    return prog.with_changes(frames)


def _changed(values: pd.Series[float], operation: str, amount: float) -> pd.Series[float]:
    """Return the figures changed; blanks stay blank."""
    if operation == "multiply":
        return values * amount
    return values + amount if operation == "add" else values.where(values.isna(), amount)
