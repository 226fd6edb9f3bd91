"""The short texts of the activity tables: links such as "W-BUILD SS 30", demands such as "deminer 2", days such as "03-21"."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sarhad.errors import SpecError

LINK_TYPES = ("FS", "SS", "FF", "SF")
LEAP_YEAR = 2024  # a year in which every MM-DD is a day


class Link(NamedTuple):
    """The activity before, which ends are linked, and the elapsed days between them at least."""

    before: str
    type: str
    lag_days: int


class Demand(NamedTuple):
    """Kind of resource, and units that are held."""

    kind: str
    units: int


def parse_link(text: str) -> Link:
    """Return the link of ID, ID TYPE or ID TYPE LAG.

    Raises
    ------
    SpecError
        If the text is none.
    """
    parts = text.split()
    try:
        before, kind, lag = [*parts, *("FS", "0")[len(parts) - 1 :]]
        link = Link(before, kind, int(lag))
    except ValueError:
        link = Link("", "", 0)
    if link.type not in LINK_TYPES:
        raise SpecError(f"{text!r} is not a link. Write ID, ID TYPE or ID TYPE LAG, as W-BUILD SS 30.")
    return link


def parse_demand(text: str) -> Demand:
    """Return the demand of KIND or KIND UNITS.

    Raises
    ------
    SpecError
        If the text is none.
    """
    kind, _, units = text.partition(" ")
    if kind and (not units or units.strip().isdecimal()) and int(units or 1) > 0:
        return Demand(kind, int(units or 1))
    raise SpecError(f"{text!r} is not a demand. Write KIND or KIND UNITS, as deminer 2.")


def parse_day(text: str) -> tuple[int, int]:
    """Return month and day of MM-DD.

    Raises
    ------
    SpecError
        If the text is none.
    """
    try:
        day = date.fromisoformat(f"{LEAP_YEAR}-{text}")
    except ValueError as error:
        raise SpecError(f"{text!r} is not a day of the year. Write it as MM-DD.") from error
    return day.month, day.day


def day_in(year: int, text: str) -> date:
    """Return a day of the year, MM-DD, in a year; 02-29 is 1 March where there is none."""
    month, day = parse_day(text)
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 1) + timedelta(days=day - 1)
