"""The ten assumptions that move the value of the fixed plan most."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sarhad.report.content import Content
from sarhad.report.figures.canvas import LETTERS, Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE, INK, PAPER
from sarhad.report.summaries import most_influential, value_a_year
from sarhad.report.words import assumptions


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return a bar per assumption from its low to its high, the widest on top."""
    top = most_influential(content.swings)
    likely = value_a_year(content)
    letters = 48 if width.is_narrow else 46
    said = assumptions(language, top)
    labels = ["\n".join(textwrap.wrap(name, letters)) for name in said]
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    row_inches = (
        0.36 + 0.17 * lines if width.is_narrow else max(0.42, (0.25 if language.is_rtl else 0.21) * lines)
    )
    figure = sheet(width, row_inches * len(top) + 1.15)
    axes = figure.subplots()
    spacing = 0.75 if language.is_rtl else 1.05  # Arabic letters bring tall lines with them
    y, thick = np.arange(len(top)), 0.26 / row_inches
    for column, colour in (("value_low", BEFORE), ("value_high", AFTER)):
        axes.barh(y, top[column] - likely, left=likely, height=thick, color=colour, alpha=0.9)
    for k, row in enumerate(top.to_dict("records")):
        for column, other, number in (
            ("value_low", "value_high", row["low"]),
            ("value_high", "value_low", row["high"]),
        ):
            is_inner = (row[column] - likely) * (row[other] - likely) > 0 and abs(row[column] - likely) < abs(
                row[other] - likely
            )
            grows = ((row[column] >= likely) != is_inner) != language.is_rtl
            axes.annotate(
                language.figure(number),
                (likely if is_inner else row[column], k),
                xytext=(4 if grows else -4, 0),
                textcoords="offset points",
                ha="left" if grows else "right",
                va="center",
                fontsize=LETTERS[width],
            )
    axes.axvline(likely, color=INK, linewidth=1)
    if width.is_narrow:
        axes.set_yticks([])
        for k, label in enumerate(labels):
            axes.annotate(
                label,
                (1.0 if language.is_rtl else 0.0, k - thick / 2),
                xycoords=axes.get_yaxis_transform(),
                xytext=(0, 2),
                textcoords="offset points",
                ha="right" if language.is_rtl else "left",
                va="bottom",
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
                zorder=5,
                fontsize=7.5,
                linespacing=spacing,
            )
    else:
        axes.set_yticks(y, labels, linespacing=spacing)
    axes.set_ylim(len(top) - 0.5, -0.8 if width.is_narrow else -0.5)
    axes.margins(x=0.24 if width.is_narrow else 0.12)
    axes.locator_params(axis="x", nbins=4 if width.is_narrow else 7)
    axes.xaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.set_xlabel(language.say("attempts that get through, a year"))
    axes.grid(axis="x")
    read_from(axes, language)
    handles = [
        Patch(color=BEFORE, label=language.say("assumption low")),
        Patch(color=AFTER, label=language.say("assumption high")),
        Line2D([], [], color=INK, linewidth=1, label=language.say("all likely")),
    ]
    columns = 2 if width.is_narrow else 3
    figure.legend(
        handles=handles[::-1] if language.is_rtl else handles, loc="outside upper center", ncols=columns
    )
    return figure
