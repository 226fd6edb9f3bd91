"""The plan between doing nothing and the best that any plan could reach."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE, LIMIT
from sarhad.report.summaries import comparison


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return a bar per way to spend the money, from the worst to what no plan can beat."""
    rows = comparison(content, language)
    figure = sheet(width, 0.36 * len(rows) + 0.7)
    axes = figure.subplots()
    y = np.arange(len(rows))
    colours = [
        {"plan": AFTER, "bound": LIMIT, "everything": LIMIT}.get(kind, BEFORE) for kind in rows["kind"]
    ]
    axes.barh(y, rows["value"], height=0.62, color=colours)
    for at, value in zip(y, rows["value"], strict=True):
        axes.annotate(
            language.figure(value),
            (value, at),
            xytext=(-5 if language.is_rtl else 5, 0),
            textcoords="offset points",
            ha="right" if language.is_rtl else "left",
            va="center",
            fontweight="bold" if colours[at] == AFTER else "normal",
        )
    axes.set_yticks(y, rows["name"])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.14 * float(rows["value"].max())))
    axes.xaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.locator_params(axis="x", nbins=4 if width.is_narrow else 7)
    axes.set_xlabel(language.say("attempts that get through"))
    axes.grid(axis="x")
    read_from(axes, language)
    return figure
