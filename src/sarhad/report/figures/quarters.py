"""Attempts that get through in each quarter, with and without the plan."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return two lines over the quarters of the horizon; the ground between them is what the plan prevents."""
    frame = content.by_quarter
    figure = sheet(width, 3.1)
    axes = figure.subplots()
    edges = np.arange(len(frame) + 1)
    without, planned = frame["without_plan"].to_numpy(float), frame["with_plan"].to_numpy(float)
    axes.stairs(without, edges, baseline=planned, fill=True, color=AFTER, alpha=0.12)
    for values, colour, label in (
        (without, BEFORE, language.say("without the plan")),
        (planned, AFTER, language.say("with the plan")),
    ):
        axes.stairs(values, edges, baseline=None, color=colour, linewidth=2, label=label)
    years = [k for k, name in enumerate(frame["quarter"]) if name.endswith("Q1")]
    axes.set_xticks(np.array(years) + 2.0, [str(frame["quarter"].iloc[k])[:4] for k in years])
    axes.set_xticks(years, minor=True)
    axes.tick_params(axis="x", which="major", length=0)
    axes.set(xlim=(0, len(frame)), ylim=(0, 1.12 * max(without.max(), planned.max())))
    axes.yaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.set_ylabel(language.say("attempts that get through, a quarter"))
    axes.grid(axis="y")
    read_from(axes, language)
    figure.legend(loc="outside upper center", ncols=2)
    return figure
