"""Settings: their typed values, in programme.toml and in the table `setting`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from sarhad.programme.dictionary import Setting, declared
from sarhad.programme.faults import Fault
from sarhad.programme.slips import slip_of_unit
from sarhad.programme.values import CellError, parse, render

Value = date | int | float | bool | str

FIELDS = ("value", "low", "high", "source_ids", "is_assumption", "reasoning")


def setting_value(frame: pd.DataFrame, name: str) -> Any:
    """Return the value of a setting: that of the programme, else the declared default."""
    setting = declared().setting(name)
    given = dict(zip(frame["id"], frame["value"], strict=True))
    return parse(setting.type, given.get(name, setting.default))


def setting_faults(frame: pd.DataFrame) -> list[Fault]:
    """Return what is wrong with the names and values of the table `setting`."""
    faults = []
    known = declared().settings
    for name, value in zip(frame["id"], frame["value"], strict=True):
        if name not in known:
            remedy = f"Remove it; settings: {', '.join(sorted(known))}."
            faults.append(Fault("setting", str(name), "id", str(name), "is not a declared setting", remedy))
        elif not isinstance(value, str):
            faults.append(
                Fault("setting", name, "value", "", "is missing", "Give a value or remove the setting.")
            )
        else:
            faults += _value_faults(known[name], value)
    return faults


def settings_from_toml(entries: Mapping[str, Any]) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the rows of the table `setting` that the [setting.NAME] entries of programme.toml give."""
    rows, faults = [], []
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            remedy = f"Write it as [setting.{name}] with value = ... below."
            faults.append(Fault("setting", name, "", str(entry), "is not a table", remedy))
            continue
        remedy = f"Fields: {', '.join(FIELDS)}."
        faults += [
            Fault("setting", name, field, "", "is not a field of a setting", remedy)
            for field in sorted(set(entry) - set(FIELDS))
        ]
        row = {"id": name, "is_assumption": False, **{k: v for k, v in entry.items() if k in FIELDS}}
        if "value" in row:
            row["value"] = _as_text(name, row["value"])
        rows.append(row)
    columns = ["id", *FIELDS]
    return pd.DataFrame({c: pd.Series([row.get(c) for row in rows], dtype=object) for c in columns}), faults


def settings_to_toml(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the [setting.NAME] entries of programme.toml for the table `setting`."""
    entries = {}
    for row in frame.to_dict("records"):
        setting = declared().settings.get(row["id"])
        entry: dict[str, Any] = {"value": _from_text(setting, row["value"])}
        entry |= {k: row[k] for k in ("low", "high") if not pd.isna(row[k])}
        if row["source_ids"]:
            entry["source_ids"] = list(row["source_ids"])
        entry["is_assumption"] = bool(row["is_assumption"])
        if isinstance(row["reasoning"], str):
            entry["reasoning"] = row["reasoning"]
        entries[row["id"]] = entry
    return entries


def _value_faults(setting: Setting, value: str) -> list[Fault]:
    try:
        parsed = parse(setting.type, value)
    except CellError as error:
        return [Fault("setting", setting.id, "value", value, error.text, error.remedy)]
    is_low = setting.low is not None and not parsed >= setting.low
    is_high = setting.high is not None and not parsed <= setting.high
    if not (is_low or is_high):
        return []
    remedy = slip_of_unit(setting, float(parsed))
    return [Fault("setting", setting.id, "value", value, f"is not in {setting.range}", remedy)]


def _as_text(name: str, value: Any) -> str:
    """Return the canonical text of a TOML value; an undeclared or mistyped one keeps its words."""
    setting = declared().settings.get(name)
    if setting is None:
        return str(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if setting.type == "number" and is_number:
        return render("number", value)
    return render("boolean", value) if isinstance(value, bool) else str(value)


def _from_text(setting: Setting | None, text: Any) -> Any:
    if not isinstance(text, str):
        return ""
    if setting is None or setting.type in ("date", "text", "choice"):
        return text
    try:
        return parse(setting.type, text)
    except CellError:
        return text
