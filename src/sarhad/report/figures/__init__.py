"""The figures of the report, one file each; every one takes content, language and width."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from sarhad.report.content import Content
from sarhad.report.figures import (
    border_map,
    detection,
    drivers,
    flow,
    gantt,
    ladder,
    money,
    network,
    profile,
    quarters,
    schedule,
    sight,
    spending,
    terrain,
    tornado,
    travel,
    windows,
)
from sarhad.report.figures.canvas import Width
from sarhad.report.language import Language
from sarhad.report.timetable import Timetable

Draw = Callable[[Content, Language, Width], Figure]

TIMED: Mapping[str, Callable[[Timetable, Language, Width], Figure]] = {
    "schedule": schedule.draw,
    "spending": spending.draw,
    "drivers": drivers.draw,
    "windows": windows.draw,
}


def _of_timetable(draw: Callable[[Timetable, Language, Width], Figure]) -> Draw:
    """Return a figure of the timetable as one of the whole content."""

    def drawn(content: Content, language: Language, width: Width) -> Figure:
        assert content.timetable is not None
        return draw(content.timetable, language, width)

    return drawn


FIGURES: Mapping[str, Draw] = {
    "terrain": terrain.draw,
    "profile": profile.draw,
    "network": network.draw,
    "travel": travel.draw,
    "sight": sight.draw,
    "map": border_map.draw,
    "money": money.draw,
    "detection": detection.draw,
    "quarters": quarters.draw,
    "flow": flow.draw,
    "gantt": gantt.draw,
    "tornado": tornado.draw,
    "ladder": ladder.draw,
    **{name: _of_timetable(draw) for name, draw in TIMED.items()},
}

NEEDS: Mapping[str, str] = {
    "detection": "detection",
    "quarters": "by_quarter",
    "flow": "flow",
    "gantt": "items",
    "tornado": "swings",
}


OF_TIMETABLE: Mapping[str, str] = {
    "schedule": "measures",
    "spending": "curve",
    "drivers": "drivers",
    "windows": "windows",
}


OF_PLACE = frozenset({"profile", "network", "travel", "sight"})


def figures_of(content: Content) -> tuple[str, ...]:
    """Return the names of the figures that have something to show."""
    return tuple(name for name in FIGURES if _has(content, name))


def _has(content: Content, name: str) -> bool:
    if name in OF_TIMETABLE:
        table = content.timetable
        return table is not None and len(getattr(table, OF_TIMETABLE[name])) > 0
    if name in OF_PLACE:
        return content.landscape is not None
    if name == "terrain":
        return content.relief is not None
    return name not in NEEDS or len(getattr(content, NEEDS[name])) > 0
