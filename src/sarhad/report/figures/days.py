"""An axis of days: years below it, closed seasons as bands, names above bars where the page is narrow."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from sarhad.report.figures.canvas import Width, read_from
from sarhad.report.language import Language
from sarhad.report.palette import LIMIT, PAPER, RULE

CLOSED, SHADE = LIMIT, 0.22  # colour and strength of a closed season
LETTERS_A_LINE = 38  # of a row's name
LINE = 0.72  # of a row that a second line of its name needs


@dataclass(frozen=True)
class Rows:
    """Names of rows, broken into lines, where each row stands from the top, and the height of all in rows of one line."""

    names: tuple[str, ...]
    at: npt.NDArray[np.float64]
    height: float


def ordinal(day: Any) -> float:
    """Return a day as a number; missing days as nan."""
    return float("nan") if pd.isna(day) else float(pd.Timestamp(day).toordinal())


def mark_years(axes: Axes, first: date, last: date, width: Width) -> None:
    """Put a rule at the first day of each year and its name in the middle of it."""
    years = range(first.year, last.year + 1)
    starts = [date(year, 1, 1).toordinal() for year in years]
    step = max(1, round(len(starts) / (6 if width.is_narrow else 12)))
    shown = [k for k in range(len(starts)) if k % step == 0]
    axes.set_xticks([starts[k] + 182 for k in shown], [str(years[k]) for k in shown])
    axes.tick_params(axis="x", length=0)
    for start in starts:
        axes.axvline(start, color=RULE, linewidth=0.7, zorder=0)
    axes.set_xlim(first.toordinal(), date(last.year, 12, 31).toordinal())


def read_days(axes: Axes, first: date, last: date, language: Language) -> None:
    """Let days grow in the direction of reading; also where axes share them, so that none is turned twice."""
    axes.set_xlim(first.toordinal(), date(last.year, 12, 31).toordinal())
    read_from(axes, language)


def shade(axes: Axes, closed: Sequence[tuple[date, date]]) -> None:
    """Lay a band over each closed season."""
    left, right = sorted(axes.get_xlim())
    for first, last in closed:
        begin, end = max(left, first.toordinal()), min(right, last.toordinal())
        if begin < end:
            axes.axvspan(begin, end, color=CLOSED, alpha=SHADE, zorder=0, linewidth=0)


def rows_of(names: Sequence[str], width: Width) -> Rows:
    """Return where rows with such names stand; where the page is narrow names stand above bars, in one line."""
    if width.is_narrow:
        return Rows(tuple(names), np.arange(len(names), dtype=np.float64), float(len(names)))
    wrapped = tuple("\n".join(textwrap.wrap(name, LETTERS_A_LINE)) for name in names)
    high = np.array([1.0 + LINE * name.count("\n") for name in wrapped])
    return Rows(wrapped, np.cumsum(high) - high / 2 - 0.5, float(high.sum()))


def name_rows(axes: Axes, rows: Rows, language: Language, width: Width) -> None:
    """Write the name of each row: beside the axis, or above its bar where the page is narrow."""
    axes.set_ylim(rows.height - 0.4, -0.9 if width.is_narrow else -0.6)
    if not width.is_narrow:
        spacing = 0.75 if language.is_rtl else 1.0
        axes.set_yticks(rows.at, rows.names, linespacing=spacing)
        return
    axes.set_yticks([])
    for at, name in zip(rows.at, rows.names, strict=True):
        axes.annotate(
            name, (1.0 if language.is_rtl else 0.0, at - 0.2), xycoords=axes.get_yaxis_transform(),
            ha="right" if language.is_rtl else "left", va="bottom", fontsize=7.5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.3, "alpha": 0.8}, zorder=6,
        )  # fmt: skip
