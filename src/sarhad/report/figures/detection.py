"""Detection by section and threat, before and with the plan, as two dots and the way between them."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE, RULE

ROW_INCHES = 0.2


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return one small chart per threat, a row per section."""
    threats = [t for t in content.threats["id"] if (content.detection["threat_id"] == t).any()]
    columns = min(len(threats), 1 if width.is_narrow else 3)
    rows = -(-len(threats) // columns)
    figure = sheet(width, rows * (len(content.sections) * ROW_INCHES + 0.75) + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    if language.is_rtl:
        grid = grid[:, ::-1]
    names = language.names(content.threats, "id")
    top = content.detection[["before", "after"]].max().max()
    for axes, threat in zip(grid.flat, threats, strict=False):
        _draw_threat(axes, content, language, threat, float(top))
        axes.set_title("\n".join(textwrap.wrap(names[threat], 46 if width.is_narrow else 42)))
    for axes in list(grid.flat)[len(threats) :]:
        axes.set_visible(False)
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=colour, label=label)
        for colour, label in ((BEFORE, language.say("before")), (AFTER, language.say("with the plan")))
    ]
    figure.legend(handles=handles[::-1] if language.is_rtl else handles, loc="outside upper center", ncols=2)
    return figure


def _draw_threat(axes: Axes, content: Content, language: Language, threat: str, top: float) -> None:
    part = content.detection[content.detection["threat_id"] == threat].set_index("section_id")
    sections = [s for s in content.sections["id"] if s in part.index]
    y = np.arange(len(sections))
    before, after = part.loc[sections, "before"], part.loc[sections, "after"]
    axes.hlines(y, before, after, color=RULE, linewidth=3, zorder=1)
    axes.scatter(before, y, s=30, color=BEFORE, zorder=2)
    axes.scatter(after, y, s=30, color=AFTER, zorder=3)
    axes.set(xlim=(-0.02 * top, 1.06 * top), ylim=(len(sections) - 0.5, -0.5))
    axes.set_yticks(y, sections)
    axes.xaxis.set_major_formatter(lambda share, _: language.percent(share, 0))
    axes.tick_params(labelbottom=True)
    axes.locator_params(axis="x", nbins=5)
    axes.grid(axis="x")
    read_from(axes, language)
