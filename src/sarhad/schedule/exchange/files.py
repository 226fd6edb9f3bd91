"""Which file is read and written by what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sarhad.errors import SpecError, StoreError
from sarhad.programme.written import write_whole
from sarhad.schedule.check import refuse_faults
from sarhad.schedule.exchange import mspdi, pmxml
from sarhad.schedule.exchange.icalendar_file import write_icalendar
from sarhad.schedule.exchange.model import Exchanged, as_project, progress_of, require_sound
from sarhad.schedule.exchange.mspdi import write_mspdi
from sarhad.schedule.exchange.table import read_table, write_table
from sarhad.schedule.exchange.xer import read_xer
from sarhad.schedule.exchange.xml import read_xml
from sarhad.schedule.project import Project
from sarhad.schedule.result import SequenceSpec


def _read_any_xml(path: Path) -> Exchanged:
    """Return the schedule of an XML file, whichever of the two forms it is of."""
    root = read_xml(path)
    if mspdi.is_mspdi(root):
        return mspdi.from_root(root, path)
    if root.tag == "APIBusinessObjects":
        return pmxml.from_root(root, path)
    raise StoreError(
        f"{path}: its root is {root.tag}, neither Project with Tasks (MSPDI) nor APIBusinessObjects (PMXML). "
        "Save the schedule as XML of Microsoft Project or Primavera P6."
    )


READERS: dict[str, Callable[[Path], Exchanged]] = {
    ".xml": _read_any_xml,
    ".xer": read_xer,
    ".csv": read_table,
}
WRITERS: dict[str, Callable[[Exchanged, Path], None]] = {
    ".xml": write_mspdi,
    ".csv": write_table,
    ".ics": write_icalendar,
}
SUFFIXES = tuple(READERS)


def read_exchanged(path: Path) -> Exchanged:
    """Return the schedule of a file of another tool, its parts checked against each other.

    Raises
    ------
    SpecError
        If no file of this kind is read.
    StoreError
        If the file cannot be read or is not of its form.
    DataError
        If its parts contradict each other; all faults at once.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise SpecError(f"{path}: the kind {path.suffix!r} is not read. Give one of {', '.join(READERS)}.")
    try:
        schedule = reader(path)
    except (ValueError, KeyError, ZeroDivisionError) as error:
        fault = f"lacks {error}" if isinstance(error, KeyError) else f"{error}"
        raise StoreError(f"{path}: {fault}. Correct the value or export it again.") from error
    require_sound(schedule, str(path))
    return schedule


def read_project(path: Path) -> tuple[Project, SequenceSpec]:
    """Return the project of a file of another tool, in days from its begin, and what of it has begun.

    Raises
    ------
    SpecError, StoreError, DataError
        As `read_exchanged`, and what can never be scheduled: a cycle is named in full.
    """
    schedule = read_exchanged(path)
    project = as_project(schedule)
    refuse_faults(project)
    return project, progress_of(schedule)


def write_exchanged(schedule: Exchanged, path: Path) -> None:
    """Write a schedule for another tool: MSPDI (.xml), CSV, or milestones and deadlines as iCalendar (.ics).

    The file is whole or not there.

    Raises
    ------
    SpecError
        If no file of this kind is written.
    StoreError
        If it cannot be written.
    """
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise SpecError(f"{path}: the kind {path.suffix!r} is not written. Give one of {', '.join(WRITERS)}.")
    write_whole(path, lambda part: writer(schedule, part))
