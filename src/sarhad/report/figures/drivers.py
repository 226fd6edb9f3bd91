"""What drives the lateness: what would be gained without each risk, in days and in attempts."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarhad.report.figures.canvas import LETTERS, Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE
from sarhad.report.timetable import Timetable

MOST = 10


def draw(table: Timetable, language: Language, width: Width) -> Figure:
    """Return a row per driver, the one that costs most on top: attempts in one chart, days in the other."""
    top = table.drivers.sort_values(["expected_undetected", "finish_days"], ascending=False).head(MOST)
    letters = 44 if width.is_narrow else 34
    names = ["\n".join(textwrap.wrap(_name_of(row, language), letters)) for row in top.to_dict("records")]
    lines = max((name.count("\n") + 1 for name in names), default=1)
    row_inches = (
        0.36 + 0.15 * lines if width.is_narrow else max(0.34, (0.25 if language.is_rtl else 0.21) * lines)
    )
    shape = (2, 1) if width.is_narrow else (1, 2)
    figure = sheet(width, row_inches * len(top) * shape[0] + 0.7 * shape[0])
    grid = figure.subplots(*shape).ravel()
    if language.is_rtl and not width.is_narrow:
        grid = grid[::-1]
    columns = (
        ("expected_undetected", AFTER, language.say("expected undetected attempts")),
        ("finish_days", BEFORE, language.say("days until the programme is complete")),
    )
    for k, (axes, (column, colour, title)) in enumerate(zip(grid, columns, strict=True)):
        _draw_bars(axes, top[column].to_numpy(float), colour, language, width)
        axes.set_title(title)
        _name(axes, names if k == 0 or width.is_narrow else [""] * len(names), language, width)
        read_from(axes, language)
    return figure


def _name_of(row: Mapping[Hashable, Any], language: Language) -> str:
    """Return the name of a driver; the weather is no row of the data."""
    return language.name(row) if isinstance(row["name_en"], str) else language.say("Weather of the seasons")


def _draw_bars(axes: Axes, values: np.ndarray, colour: str, language: Language, width: Width) -> None:
    y = np.arange(len(values))
    axes.barh(y, values, height=0.5, color=colour, alpha=0.9)
    for row, value in enumerate(values):
        axes.annotate(
            language.number(value), (max(value, 0.0), row),
            xytext=(-4 if language.is_rtl else 4, 0), textcoords="offset points",
            ha="right" if language.is_rtl else "left", va="center", fontsize=LETTERS[width],
        )  # fmt: skip
    axes.set_xlim(min(0.0, float(values.min(initial=0.0))), 1.18 * max(float(values.max(initial=0.0)), 1e-9))
    axes.xaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x")


def _name(axes: Axes, names: list[str], language: Language, width: Width) -> None:
    spacing = 0.75 if language.is_rtl else 1.05  # Arabic letters bring tall lines with them
    axes.set_ylim(len(names) - 0.5, -0.8 if width.is_narrow else -0.5)
    if not width.is_narrow:
        axes.set_yticks(range(len(names)), names, linespacing=spacing)
        return
    axes.set_yticks([])
    for row, name in enumerate(names):
        axes.annotate(
            name, (1.0 if language.is_rtl else 0.0, row - 0.27), xycoords=axes.get_yaxis_transform(),
            ha="right" if language.is_rtl else "left", va="bottom", fontsize=7.5, linespacing=spacing,
        )  # fmt: skip
