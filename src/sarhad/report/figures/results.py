"""Figures of single results, as a notebook holds them: activities, draws, the cost of delay, money by year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sarhad.report.figures.canvas import LETTERS, Width, read_from, sheet
from sarhad.report.figures.days import name_rows, rows_of
from sarhad.report.figures.ground import HALO
from sarhad.report.language import MILLION, Language, mark
from sarhad.report.palette import AFTER, BEFORE, INK, SERIES

ROW_INCHES = {Width.WIDE: 0.25, Width.NARROW: 0.4}
MOST_ROWS = 60
MOST_ITEMS = 15
OFTEN = 0.5  # criticality from which an activity is drawn as critical
BINS = 60
LEAST = 0.002  # of the time shown: width of a milestone
LEVELS = (0.1, 0.5, 0.8)
DRAWN: Mapping[str, str] = {
    "finish": mark("period in which all is complete"),
    "cost": mark("cost"),
    "windows": mark("seasons missed"),
    "loss": mark("expected undetected attempts"),
}


def activities(frame: pd.DataFrame, language: Language, width: Width) -> Figure:
    """Return a bar per activity in the order of starts; of many, those that end last.

    Parameters
    ----------
    frame
        activity_id, start, end (periods); where draws are known finish_p50, finish_p80 and criticality_index.
    """
    shown = (
        frame.sort_values(["end", "activity_id"]).tail(MOST_ROWS).sort_values(["start", "end", "activity_id"])
    )
    rows = rows_of([str(name) for name in shown["activity_id"]], width)
    figure = sheet(width, ROW_INCHES[width] * max(rows.height, 1.0) + 1.3)
    axes = figure.subplots()
    has_draws = "finish_p50" in shown
    often = shown["criticality_index"] >= OFTEN if has_draws else pd.Series(False, index=shown.index)
    colours = [INK if is_often else BEFORE for is_often in often]
    thick = 0.3 if width.is_narrow else 0.55
    least = LEAST * float(shown["end"].max() - shown["start"].min()) if len(shown) else 0.0
    axes.barh(
        rows.at,
        np.maximum(shown["end"] - shown["start"], least),
        left=shown["start"],
        height=thick,
        color=colours,
        zorder=2,
    )
    handles: list[Patch | Line2D] = [Patch(color=BEFORE, label=language.say("schedule"))]
    if has_draws:
        axes.hlines(rows.at, shown["finish_p50"], shown["finish_p80"], color=AFTER, linewidth=2.2, zorder=3)
        axes.plot(shown["finish_p50"], rows.at, "D", color=AFTER, markersize=4, zorder=4)
        handles.append(Patch(color=INK, label=language.say("sets the end in half of the draws")))
        line: dict[str, Any] = {"color": AFTER, "marker": "D", "markersize": 4, "linewidth": 2.2}
        handles.append(Line2D([], [], **line, label=language.say("end in half, and in eight of ten draws")))
    name_rows(axes, rows, language, width)
    axes.xaxis.set_major_formatter(lambda x, _: language.number(x))
    axes.set_xlabel(language.say("period of work"))
    axes.grid(axis="x")
    read_from(axes, language)
    figure.legend(
        handles=handles[::-1] if language.is_rtl else handles,
        loc="outside upper center",
        ncols=1 if width.is_narrow else 3,
    )
    return figure


def draws(values: npt.NDArray[np.float64], what: str, language: Language, width: Width) -> Figure:
    """Return how many draws end where, with P10, P50 and P80 and the share of draws that are not above.

    Parameters
    ----------
    values
        One figure of each draw, shape (n,).
    what
        What it is: a key of `DRAWN`.
    """
    figure = sheet(width, 3.4)
    axes = figure.subplots()
    axes.hist(values, bins=min(BINS, max(1, len(np.unique(values)))), color=BEFORE, alpha=0.45, zorder=2)
    axes.set_ylabel(language.say("draws"))
    axes.yaxis.set_major_formatter(lambda y, _: language.number(y))
    axes.xaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.set_xlabel(language.say(DRAWN[what]))
    shares = axes.twinx()
    ordered = np.sort(values)
    shares.plot(ordered, np.arange(1, len(ordered) + 1) / len(ordered), color=AFTER, linewidth=2)
    shares.set(ylim=(0.0, 1.05), ylabel=language.say("share of draws that are not above"))
    shares.yaxis.set_major_formatter(lambda y, _: language.percent(y, 0))
    for level in LEVELS:
        at = float(np.quantile(values, level))
        shares.plot([at, at], [0.0, level], color=INK, linewidth=1, linestyle=(0, (4, 2)))
        text = shares.annotate(
            f"P{round(100 * level)} {language.figure(at)}",
            (at, level),
            xytext=(-5 if language.is_rtl else 5, -3),
            textcoords="offset points",
            va="top",
        )
        text.set(fontsize=LETTERS[width], path_effects=HALO, ha="right" if language.is_rtl else "left")
    axes.locator_params(axis="x", nbins=4 if width.is_narrow else 8)
    read_from(axes, language)
    if language.is_rtl:
        shares.yaxis.tick_left()
        shares.yaxis.set_label_position("left")
    return figure


def delay(frame: pd.DataFrame, language: Language, width: Width) -> Figure:
    """Return what each item costs when it alone is late, the dearest on top: a bar per number of months.

    Parameters
    ----------
    frame
        item_id, months_late, expected_undetected.
    """
    wide = frame.pivot_table(
        index="item_id", columns="months_late", values="expected_undetected", aggfunc="sum"
    )
    wide = wide.sort_values([wide.columns[-1]], ascending=False, kind="stable").head(MOST_ITEMS)
    months = list(wide.columns)
    rows = rows_of([str(item) for item in wide.index], width)
    figure = sheet(width, 0.42 * max(rows.height, 1.0) + 1.2)
    axes = figure.subplots()
    thick = 0.8 / len(months)
    for k, month in enumerate(months):
        at = rows.at - 0.4 + (k + 0.5) * thick
        label = language.say("months late: {number}", number=language.number(float(month)))
        axes.barh(at, wide[month], height=thick, color=SERIES[k % len(SERIES)], label=label)
    name_rows(axes, rows, language, width)
    axes.xaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.set_xlabel(language.say("expected undetected attempts"))
    axes.grid(axis="x")
    read_from(axes, language)
    figure.legend(loc="outside upper center", ncols=2 if width.is_narrow else len(months))
    return figure


def money(funding: pd.DataFrame, language: Language, width: Width) -> Figure:
    """Return what each partner pays in each year, stacked.

    Parameters
    ----------
    funding
        partner_id, year, usd.
    """
    paid = (
        funding.pivot_table(index="year", columns="partner_id", values="usd", aggfunc="sum").fillna(0.0)
        / MILLION
    )
    figure = sheet(width, 3.6)
    axes = figure.subplots()
    x, base = np.arange(len(paid)), np.zeros(len(paid))
    for k, partner in enumerate(paid.columns):
        axes.bar(x, paid[partner], 0.62, bottom=base, color=SERIES[k % len(SERIES)], label=str(partner))
        base = base + paid[partner].to_numpy(dtype=np.float64)
    axes.set_xticks(x, [str(year) for year in paid.index])
    axes.yaxis.set_major_formatter(lambda usd, _: language.figure(usd))
    axes.set_ylabel(language.say("M USD"))
    axes.grid(axis="y")
    read_from(axes, language)
    if len(paid.columns):
        figure.legend(loc="outside lower center", ncols=2 if width.is_narrow else 7)
    return figure
