"""`trace`: follow a figure of the report to its formula, its rows and their sources."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from sarhad import __version__
from sarhad.errors import DataError, SpecError
from sarhad.programme import Programme, declared
from sarhad.workflow.explaining import shown
from sarhad.workflow.figure import Figure
from sarhad.workflow.figure_rows import Row
from sarhad.workflow.figure_values import SHARE, Judged
from sarhad.workflow.figures import FIGURES
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.planning import OF_SCHEDULE
from sarhad.workflow.plans import require_current
from sarhad.workflow.runs import is_current, without_stale
from sarhad.workflow.steps import OnStep, silent

NAMED = 12  # ids that an error names
STALE = "left out, made from other facts or by another version: derived tables and plans; the next plan makes them anew"
DEFAULTS = f"sarhad-{__version__}"  # source of the settings that a programme does not give


def trace_figure(source: Path, figure: str, *, on_step: OnStep = silent) -> Outcome:
    """Return value, formula, rows and sources of a figure named as KIND or KIND:ARGUMENT.

    Plans and derived tables that were made from other facts than the programme holds now are left out, with a notice.

    Raises
    ------
    SpecError
        If the kind is unknown, or the argument names nothing, or a plan made from other facts.
    DataError
        If the derived tables that the figure rests on are missing, or were made from other facts.
    """
    if figure == "list":
        payload: dict[str, Any] = {
            "figures": [
                {"figure": name, "meaning": kind.meaning, "formula": kind.formula}
                for name, kind in FIGURES.items()
            ]
        }
        return Outcome(payload, _list_lines)
    prog = Programme.open(source)
    name, _, argument = figure.partition(":")
    forms = {known.partition(":")[0]: known for known in FIGURES}
    if name not in forms:
        raise SpecError(f"{figure}: unknown figure. One of: {', '.join(FIGURES)}.")
    kind = FIGURES[forms[name]]
    if kind.table == "plan" and argument:
        require_current(prog, argument)
    prog, notices = _current(prog)
    _require(prog, source, forms[name], kind, argument)
    rows = [_resolve(prog, row) for row in kind.rows(prog, argument)]
    if not rows:
        raise SpecError(
            f"{figure}: the programme holds no row for it: it states nothing about {argument or name}."
        )
    payload = {
        "figure": figure,
        "meaning": kind.meaning,
        "formula": kind.formula,
        "page": kind.page,
        "values": [dataclasses.asdict(one) for one in kind.values(Judged(prog, on_step=on_step), argument)],
        "rows": rows,
        "sources": _sources(prog, {source_id for row in rows for source_id in row["source_ids"]}),
        "assumed_rows": sum(bool(row["is_assumption"]) for row in rows),
        "notices": list(notices),
    }
    return Outcome(plain(payload), _trace_lines)


def _current(prog: Programme) -> tuple[Programme, tuple[str, ...]]:
    """Return the programme without what was made from other facts than it holds now, and a notice of what that is."""
    stale = prog["plan"][prog["plan"]["data_hash"] != prog.data_hash]["id"].tolist()
    if not is_current(prog):
        kept = without_stale(prog)
        is_less = kept.tables != prog.tables
        return kept, ((STALE,) if is_less else ())
    if not stale:
        return prog, ()
    columns = {"plan": "id"} | dict.fromkeys(("plan_item", "funding", *OF_SCHEDULE), "plan_id")
    kept = prog.adopt({name: prog[name][~prog[name][column].isin(stale)] for name, column in columns.items()})
    return kept, (f"left out, made from other facts: plan {', '.join(sorted(stale))}",)


def _require(prog: Programme, source: Path, form: str, kind: Figure, argument: str) -> None:
    """Refuse a figure whose derived tables are missing or whose argument names nothing."""
    name, wanted = form.partition(":")[0], kind.table or "setting"
    if kind.needs and prog[kind.needs].empty:
        if kind.needs == "activity":
            raise DataError(
                f"{name}: the programme holds no schedule. Run `sarhad schedule {source} --plan NAME`, with --simulate for its risk.",
                table=kind.needs,
            )
        raise DataError(
            f"{name}: the table {kind.needs} is empty: the derived tables of {source} are missing, or were made from "
            f"other facts than it holds now. Run `sarhad plan {source} -o FILE.gpkg` and trace in that file.",
            table=kind.needs,
        )
    known = kind.ids(prog)
    if argument not in known and not (kind.is_for_all and not argument):
        said = f"no {wanted} {argument}" if argument else f"it needs the name of a {wanted}"
        more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
        names = ", ".join(known[:NAMED]) or "none"
        raise SpecError(f"{name}:{argument}: {said}. The programme has: {names}{more}.")


def _resolve(prog: Programme, row: Row) -> dict[str, Any]:
    table = prog[row.table]
    for column, value in row.key.items():
        table = table[table[column].astype(str) == value]
    if row.table == "setting" and table.empty:
        return _default(row)
    found = table.iloc[0]
    figures = {column: _shown(found[column]) for column in row.columns}
    return {
        "table": row.table,
        "row": " ".join(row.key.values()),
        "figures": {**figures, **row.computed},
        "is_assumption": bool(found.get("is_assumption", False)),
        "reasoning": str(found["reasoning"]) if pd.notna(found.get("reasoning")) else "",
        "source_ids": list(found.get("source_ids", ())),
    }


def _shown(cell: Any) -> Any:
    """Return a cell as an answer holds it: lists and days as text, blanks as None."""
    if isinstance(cell, tuple):
        return "; ".join(cell) or None
    if isinstance(cell, date) and pd.notna(cell):
        return cell.isoformat()[:10]
    return cell if pd.notna(cell) else None


def _default(row: Row) -> dict[str, Any]:
    """Return a setting that the programme leaves at its default."""
    setting = declared().setting(row.key["id"])
    return {
        "table": row.table,
        "row": setting.id,
        "figures": {"value": setting.default, "unit": setting.unit or None},
        "is_assumption": False,
        "reasoning": f"Not given by the programme, so the default of sarhad holds: {setting.description}",
        "source_ids": [DEFAULTS],
    }


def _sources(prog: Programme, wanted: set[str]) -> list[dict[str, Any]]:
    table = prog["source"]
    columns = ["id", "title", "publisher", "date", "url"]
    found = [
        {str(key): value for key, value in row.items()}
        for row in table[table["id"].isin(wanted)][columns].to_dict("records")
    ]
    if DEFAULTS in wanted:
        title = f"Defaults of sarhad {__version__}, docs/data_dictionary.md"
        found.append({"id": DEFAULTS, "title": title, "publisher": "sarhad", "date": None, "url": None})
    return found


def _list_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    for row in payload["figures"]:
        yield f"{row['figure']:<20} {row['meaning']}"


def _trace_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    yield f"{payload['figure']}: {payload['meaning']}"
    for one in payload["values"]:
        of = f" (plan {one['plan']})" if one["plan"] else ""
        yield f"  {one['name']}: {_told(one['value'], one['unit'])}{of}"
    yield f"formula: {payload['formula']}  ({payload['page']})"
    for row in payload["rows"]:
        mark = "assumed" if row["is_assumption"] else "sourced" if row["source_ids"] else "derived"
        figures = ", ".join(
            f"{name} {_cell(value, name)}" for name, value in row["figures"].items() if value is not None
        )
        yield f"  {row['table']} {row['row']} [{mark}] {figures}"
        if row["reasoning"]:
            yield f"      {row['reasoning']}"
    for source in payload["sources"]:
        of = ", ".join(str(source[key]) for key in ("publisher", "date") if source[key])
        yield f"  source {source['id']}: {source['title']} ({of}) {source['url'] or ''}".rstrip()
    for notice in payload["notices"]:
        yield f"notice: {notice}"


def _told(value: Any, unit: str) -> str:
    """Return a value with its unit, a share as percent."""
    if value is None:
        return "not known"
    if isinstance(value, str):
        return f"{value} {unit}".removesuffix(" 1").rstrip()
    if unit == SHARE:
        return f"{value:.1%}"
    if isinstance(value, int):
        return f"{value:,} {unit}"
    return f"{value:,.0f} {unit}" if unit.startswith("usd") else f"{shown(value)} {unit}"


def _cell(value: Any, name: str) -> str:
    """Return a cell for people: money with separators, other numbers as they were written, at most six digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if name.endswith("usd") else f"{value:.6g}"
    return str(value)
