"""The schedule by measure over the plan's own dates as ghosts, its forecast range, and the chain that sets its end."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sarhad.report.figures.canvas import Width, sheet
from sarhad.report.figures.days import (
    CLOSED,
    SHADE,
    Rows,
    mark_years,
    name_rows,
    ordinal,
    read_days,
    rows_of,
    shade,
)
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE, INK, MUTED, PAPER
from sarhad.report.timetable import Timetable

ROW_INCHES = {Width.WIDE: 0.25, Width.NARROW: 0.4}
GHOST: dict[str, Any] = {"facecolor": PAPER, "edgecolor": MUTED, "linewidth": 0.8}
LATER_YEARS = 3  # after the scheduled end up to which forecasts are drawn; arrows tell of later ones


def draw(table: Timetable, language: Language, width: Width) -> Figure:
    """Return the chain that sets the end above, the measures below."""
    steps = table.chain.to_dict("records")
    chain = rows_of([f"{language.name(row)} {row['item_id']}".strip() for row in steps], width)
    measures = rows_of([language.name(row) for row in table.measures.to_dict("records")], width)
    heights = [max(1.0, chain.height), measures.height]
    figure = sheet(width, ROW_INCHES[width] * sum(heights) + (2.2 if width.is_narrow else 1.9))
    upper, lower = figure.subplots(2, 1, height_ratios=heights, sharex=True)
    last = min(max(table.finish_p80, table.finish), date(table.finish.year + LATER_YEARS, 12, 31))
    for axes in (upper, lower):
        mark_years(axes, table.begin, last, width)
        shade(axes, table.closed)
    _draw_chain(upper, table.chain, chain, language, width)
    _draw_measures(lower, table.measures, measures, language, width)
    upper.tick_params(labelbottom=True)
    for axes in (upper, lower):
        read_days(axes, table.begin, last, language)
    handles = _handles(language)
    columns = 1 if width.is_narrow else len(handles)
    figure.legend(
        handles=handles[::-1] if language.is_rtl else handles, loc="outside lower center", ncols=columns
    )
    return figure


def _draw_chain(axes: Axes, chain: pd.DataFrame, rows: Rows, language: Language, width: Width) -> None:
    axes.set_title(language.say("The chain that sets the end"))
    for k, row in zip(rows.at, chain.to_dict("records"), strict=True):
        begin, end = ordinal(row["start"]), ordinal(row["end"])
        axes.barh(k, max(end - begin, 5), left=begin, height=0.34 if width.is_narrow else 0.55, color=INK)
    name_rows(axes, rows, language, width)


def _draw_measures(axes: Axes, measures: pd.DataFrame, rows: Rows, language: Language, width: Width) -> None:
    axes.set_title(language.say("By measure"))
    thick, right = (0.2 if width.is_narrow else 0.3), max(axes.get_xlim())
    drop = 0.05 if width.is_narrow else 0.0
    for k, row in zip(rows.at, measures.to_dict("records"), strict=True):
        ghost = ordinal(row["planned_start"]), ordinal(row["planned_end"])
        begin, end = ordinal(row["start"]), ordinal(row["end"])
        p50, p80 = (min(ordinal(row[name]), right) for name in ("p50", "p80"))
        axes.barh(k + drop + thick / 2, ghost[1] - ghost[0], left=ghost[0], height=thick, **GHOST)
        axes.barh(k + drop - thick / 2, max(end - begin, 5), left=begin, height=thick, color=BEFORE)
        if p80 > p50:
            axes.plot([p50, p80], [k + drop - thick / 2] * 2, color=AFTER, linewidth=2.2, zorder=4)
        style = ">" if ordinal(row["p50"]) > right else "D"
        axes.plot(p50, k + drop - thick / 2, marker=style, color=AFTER, markersize=4, zorder=5, clip_on=False)
    name_rows(axes, rows, language, width)


def _handles(language: Language) -> list[Patch | Line2D]:
    return [
        Patch(**GHOST, label=language.say("the plan's dates")),
        Patch(color=BEFORE, label=language.say("schedule")),
        Line2D([], [], color=AFTER, marker="D", markersize=4, linewidth=2.2,
               label=language.say("last item in half, and in eight of ten draws")),
        Patch(color=CLOSED, alpha=SHADE, label=language.say("closed season")),
    ]  # fmt: skip
