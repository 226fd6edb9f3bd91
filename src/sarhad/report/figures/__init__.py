"""The figures of the report, one file each; every one takes content, language and width."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from sarhad.report.content import Content
from sarhad.report.figures import border_map, detection, flow, gantt, ladder, money, quarters, tornado
from sarhad.report.figures.canvas import Width
from sarhad.report.language import Language

Draw = Callable[[Content, Language, Width], Figure]

FIGURES: Mapping[str, Draw] = {
    "map": border_map.draw,
    "money": money.draw,
    "detection": detection.draw,
    "quarters": quarters.draw,
    "flow": flow.draw,
    "gantt": gantt.draw,
    "tornado": tornado.draw,
    "ladder": ladder.draw,
}

NEEDS: Mapping[str, str] = {
    "detection": "detection",
    "quarters": "by_quarter",
    "flow": "flow",
    "gantt": "items",
    "tornado": "swings",
}


def figures_of(content: Content) -> tuple[str, ...]:
    """Return the names of the figures that have something to show."""
    return tuple(name for name in FIGURES if name not in NEEDS or len(getattr(content, NEEDS[name])))
