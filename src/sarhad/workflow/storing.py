"""Commands about the programme itself: check, describe, pack, unpack."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sarhad.errors import SpecError
from sarhad.programme import Fault, Programme, declared
from sarhad.programme.checks import faults_of
from sarhad.programme.programme import read
from sarhad.workflow.creating import write_templates
from sarhad.workflow.folders import require_target
from sarhad.workflow.outcome import Outcome, plain
from sarhad.workflow.runs import without_stale
from sarhad.workflow.steps import OnStep, silent

STALE = Fault(
    table="run",
    row="",
    column="",
    value="",
    text="the derived tables or plans were made from other facts than these, so they are left out of this check",
    remedy="The next `sarhad plan` derives them anew and keeps the plans whose items still exist.",
    severity="notice",
)


def _left_out(table: str) -> Fault:
    """Return the notice that nothing was checked against a table that could not be read."""
    text = "could not be read whole, so what names it or depends on it was not checked"
    return Fault(table, "", "", "", text, "Correct it and check again.", "notice")


def check_programme(path: Path) -> Outcome:
    """Return every fault of the programme; none is left for a second run.

    Derived tables and plans that were made from other facts are no faults: the next `plan` makes them anew.
    """
    content, found = read(path)
    prog = Programme(content)
    current = without_stale(prog)
    unread = _unread(found)
    found += [fault for fault in faults_of(current, unread) if fault not in found]
    found += [_left_out(name) for name in sorted(unread)]
    if current.tables != prog.tables:
        found.append(STALE)
    faults = [dataclasses.asdict(fault) for fault in found]
    errors = sum(fault["severity"] == "error" for fault in faults)
    payload = {
        "programme": str(path),
        "errors": errors,
        "notices": len(faults) - errors,
        "faults": faults,
    }
    return Outcome(payload, _fault_lines)


def _unread(found: list[Fault]) -> frozenset[str]:
    """Return the tables whose file, or some lines of it, could not be read."""
    tables = declared().tables
    files = {fault.table.removesuffix(".csv") for fault in found if fault.table.endswith(".csv")}
    lines = {fault.table for fault in found if fault.row.startswith("line ") and not fault.column}
    return frozenset((files | lines) & set(tables))


def describe_programme(path: Path, *, on_step: OnStep = silent) -> Outcome:
    """Return the counts of a programme; derived tables are computed when they are missing or out of date."""
    from sarhad.workflow.prepare import counts, prepare

    prepared = prepare(Programme.open(path), on_step=on_step)
    payload = plain({**prepared.prog.describe(), **counts(prepared)})
    return Outcome(payload, _count_lines)


def convert(source: Path, target: Path, *, suffix: str, is_replacing: bool = False) -> Outcome:
    """Write the programme in the other form and return both places.

    In a folder, tables that a plan needs and the programme lacks are left as CSV files with a header only.

    Raises
    ------
    SpecError
        If the target's name does not say the form asked for, or a programme stands there and `is_replacing` is false.
    """
    if target.suffix != suffix:
        wanted = f"a name that ends in {suffix}" if suffix else "a folder, a name without an ending"
        raise SpecError(f"{target}: the target must be {wanted}.")
    prog = Programme.open(source)
    require_target(target, source, is_replacing=is_replacing)
    prog.save(target)
    payload = {
        "from": str(source),
        "to": str(target),
        "templates": list(write_templates(prog, target)),
        "tables": {name: len(prog[name]) for name in prog.tables},
        "data_hash": prog.data_hash,
    }
    return Outcome(payload, _convert_lines)


def _fault_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    for fault in payload["faults"]:
        where = ".".join(filter(None, (fault["table"], fault["column"])))
        row = f", row {fault['row']}" if fault["row"] else ""
        found = f"{fault['value']} " if fault["value"] else ""
        yield f"{fault['severity']}: {where}{row}: {found}{fault['text']}. {fault['remedy']}"
    yield f"{payload['errors']} fault(s), {payload['notices']} notice(s)."


def _count_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    for name, value in payload.items():
        yield f"{name:>24}  {value}"


def _convert_lines(payload: Mapping[str, Any]) -> Iterator[str]:
    rows = sum(payload["tables"].values())
    yield f"{payload['from']} -> {payload['to']}: {len(payload['tables'])} tables, {rows} rows."
    if payload["templates"]:
        yield f"to be filled, with a header only: {', '.join(f'{name}.csv' for name in payload['templates'])}"
    yield f"data hash {payload['data_hash']}"
