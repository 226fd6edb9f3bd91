"""Where attempts cross the line, before and with the plan, threat by threat."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sarhad.report.content import Content
from sarhad.report.figures.canvas import LETTERS, Width, sheet
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE, MUTED, RULE, WASH


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return one strip per threat along the line, west at the left as on the map in every language."""
    threats = [t for t in content.threats["id"] if (content.flow["threat_id"] == t).any()]
    figure = sheet(width, 1.15 * len(threats) + 0.95)
    strips = figure.subplots(len(threats), 1, sharex=True, squeeze=False)[:, 0]
    names = language.names(content.threats, "id")
    for axes, threat in zip(strips, threats, strict=True):
        part = content.flow[content.flow["threat_id"] == threat].sort_values("chainage_from_km")
        _draw_strip(axes, part, content, language)
        axes.set_title("\n".join(textwrap.wrap(names[threat], 40 if width.is_narrow else 110)))
    _name_sections(strips[0], content, width)
    strips[-1].set_xlabel(language.say("km along the line from the west"))
    strips[-1].xaxis.set_major_formatter(lambda km, _: language.number(km))
    handles = [
        Patch(color=BEFORE, alpha=0.35, label=language.say("before")),
        Line2D([], [], color=AFTER, linewidth=1.8, label=language.say("with the plan")),
        Line2D([], [], color=MUTED, linestyle=":", label=language.say("crossing point")),
    ]
    figure.legend(handles=handles[::-1] if language.is_rtl else handles, loc="outside upper center", ncols=3)
    figure.supylabel(language.say("attempts a year in each stretch"), fontsize=LETTERS[width], color=MUTED)
    return figure


def _draw_strip(axes: Axes, part: pd.DataFrame, content: Content, language: Language) -> None:
    edges = np.append(part["chainage_from_km"].to_numpy(float), float(part["chainage_to_km"].iloc[-1]))
    for k, row in enumerate(content.sections.to_dict("records")):
        if k % 2 == 0:
            axes.axvspan(row["chainage_from_km"], row["chainage_to_km"], color=WASH, zorder=0)
    axes.stairs(part["before"], edges, fill=True, color=BEFORE, alpha=0.35, zorder=2)
    axes.stairs(part["after"], edges, color=AFTER, linewidth=1.6, zorder=3)
    for km in content.crossings["chainage_km"]:
        axes.axvline(km, color=MUTED, linestyle=":", linewidth=0.8, zorder=1)
    axes.set(xlim=(edges[0], edges[-1]), ylim=(0, None))
    axes.yaxis.set_major_formatter(lambda x, _: language.figure(x))
    axes.locator_params(axis="y", nbins=3)
    axes.grid(axis="y", color=RULE)


def _name_sections(axes: Axes, content: Content, width: Width) -> None:
    """Write the ids of the sections inside the uppermost strip."""
    for row in content.sections.to_dict("records"):
        middle = (row["chainage_from_km"] + row["chainage_to_km"]) / 2
        axes.annotate(
            str(row["id"]),
            (middle, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, -2),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=LETTERS[width],
            color=MUTED,
        )
