"""Find a plan again: by its name in the programme, or in a plan.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from sarhad.errors import DataError, SpecError, StoreError
from sarhad.programme import Programme

NEEDED = ("item", "start_quarter", "operating_quarter", "cost_usd")
CERTIFICATE = (
    *("status", "value", "bound", "value_without_plan", "value_with_everything", "constant"),
    *("seconds", "stopped", "seed", "data_hash"),
)


def require_current(prog: Programme, plan: str) -> None:
    """Refuse a stored plan that was made from other facts than the programme holds now.

    Raises
    ------
    SpecError
        If the facts have changed since.
    """
    rows = prog["plan"][prog["plan"]["id"] == plan]
    if not rows.empty and rows["data_hash"].iloc[0] != prog.data_hash:
        raise SpecError(
            f"plan {plan} was made from other facts (data hash {rows['data_hash'].iloc[0][:12]}, now "
            f"{prog.data_hash[:12]}): its value and bound no longer hold. Plan again under another name."
        )


def plan_items(prog: Programme, plan: str, *, option: str = "--plan") -> pd.DataFrame:
    """Return the items of a plan: item_id, start_quarter, operating_quarter, cost_usd, marginal_value.

    Parameters
    ----------
    prog
        The programme, items derived.
    plan
        Name of a plan in the programme, or path of a plan.json.
    option
        How the user named it.

    Raises
    ------
    SpecError
        If there is neither.
    DataError
        If the file names items that the programme does not have.
    """
    require_plan(prog, plan, option=option)
    if plan in set(prog["plan"]["id"]):
        rows = prog["plan_item"]
        return rows[rows["plan_id"] == plan].drop(columns="plan_id").reset_index(drop=True)
    return _from_file(prog, Path(plan))


def require_plan(prog: Programme, plan: str, *, option: str = "--plan") -> None:
    """Refuse what is neither a plan of the programme nor a file.

    Raises
    ------
    SpecError
        If it is neither.
    """
    if plan not in set(prog["plan"]["id"]) and not Path(plan).is_file():
        known = ", ".join(sorted(prog["plan"]["id"])) or "none"
        raise SpecError(
            f"{option} {plan}: neither a plan of the programme (it has: {known}) nor a file. Run `sarhad plan` first."
        )


def read_plan(path: Path) -> dict[str, Any]:
    """Return what a plan.json holds.

    Raises
    ------
    StoreError
        If it cannot be read, or is something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror}). Name a plan.json.") from error
    except UnicodeDecodeError as error:
        raise _no_plan(path, "it is not UTF-8") from error
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _no_plan(path, "it is not JSON") from error
    if not isinstance(content, dict):
        raise _no_plan(path, "it is not one object")
    return content


def certificate(prog: Programme, path: Path) -> Mapping[str, Any]:
    """Return status, value, bound, value_without_plan, constant, seed, seconds and stopped of a plan.json.

    Raises
    ------
    StoreError
        If it is no plan.json.
    SpecError
        If it was made from other facts than the programme holds.
    """
    content = read_plan(path)
    may_be_blank = ("value_with_everything", "stopped")
    lacking = [name for name in CERTIFICATE if content.get(name) is None and name not in may_be_blank]
    if lacking:
        raise _no_plan(path, f"it lacks {', '.join(lacking)}")
    if content["data_hash"] != prog.data_hash:
        raise SpecError(
            f"{path} was made from other facts (data hash {str(content['data_hash'])[:12]}, now "
            f"{prog.data_hash[:12]}): its value and bound do not hold here. Plan again."
        )
    return {name: content.get(name) for name in CERTIFICATE}


def file_items(path: Path) -> pd.DataFrame:
    """Return the items of a plan.json, whatever programme they belong to; columns as of `plan_items`.

    Raises
    ------
    StoreError
        If it is no plan.json.
    DataError
        If an item stands in it twice.
    """
    content = read_plan(path)
    try:
        rows = content["items"]
        frame = pd.DataFrame(
            [
                {name: row[name] for name in NEEDED} | {"marginal_value": row.get("marginal_value")}
                for row in rows
            ],
            columns=[*NEEDED, "marginal_value"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        parts = f"a list items, each with {', '.join(NEEDED)}"
        raise _no_plan(path, f"it lacks {parts}") from error
    twice = sorted(set(frame.loc[frame["item"].duplicated(), "item"]))
    if twice:
        raise DataError(
            f"{path.name}: {len(twice)} items stand in it more than once: {', '.join(twice[:5])}. Keep one row each.",
            table="plan_item",
            column="item_id",
            ids=twice,
        )
    return frame.rename(columns={"item": "item_id"})


def _from_file(prog: Programme, path: Path) -> pd.DataFrame:
    frame = file_items(path)
    unknown = sorted(set(frame["item_id"]) - set(prog["item"]["id"]))
    if unknown:
        raise DataError(
            f"{path.name}: {len(unknown)} of {len(frame)} items are not in the programme: {', '.join(unknown[:5])}. "
            "The plan belongs to other facts; plan again.",
            table="plan_item",
            column="item_id",
            ids=unknown,
        )
    return frame


def _no_plan(path: Path, why: str) -> StoreError:
    return StoreError(f"{path} is not a plan.json: {why}. Use the file that `sarhad plan --json` gives.")
