"""What each partner is asked to pay in each year, against what all have offered."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, read_from, sheet
from sarhad.report.figures.ground import HALO
from sarhad.report.language import MILLION, Language
from sarhad.report.palette import INK, PAPER, SERIES
from sarhad.report.summaries import paid_in_horizon


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return a stacked bar per year, a colour per partner, and the money offered as a line over it."""
    paid = paid_in_horizon(content)
    asked = paid.pivot_table(index="year", columns="partner_id", values="usd", aggfunc="sum").fillna(0.0)
    offered = content.budget.groupby("year")["amount_usd"].sum()
    horizon = sorted({int(q[:4]) for q in content.identity.quarters})
    asked, offered = asked.reindex(horizon, fill_value=0.0), offered.reindex(horizon, fill_value=0.0)
    figure = sheet(width, 3.9 if width.is_narrow else 3.6)
    axes = figure.subplots()
    base, x = np.zeros(len(horizon)), np.arange(len(horizon))
    names = language.names(content.partners, "id")
    for k, partner in enumerate(p for p in content.partners["id"] if p in asked.columns):
        height = asked[partner].to_numpy(float) / MILLION
        colour = SERIES[k % len(SERIES)]
        axes.bar(
            x, height, 0.62, bottom=base, color=colour, edgecolor=PAPER, linewidth=0.6, label=names[partner]
        )
        base = base + height
    axes.hlines(offered / MILLION, x - 0.4, x + 0.4, color=INK, linewidth=2)
    for at, height in zip(x, base, strict=True):
        label = language.number(height, 1)
        axes.annotate(
            label,
            (at, height),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
            path_effects=HALO,
        )
    axes.set_xticks(x, [str(year) for year in horizon])
    axes.yaxis.set_major_formatter(lambda usd, _: language.figure(usd))
    axes.set_ylabel(language.say("M USD"))
    axes.set_ylim(0, 1.12 * max(float(base.max()), float(offered.max()) / MILLION, 1e-9))
    axes.grid(axis="y")
    read_from(axes, language)
    handles, labels = axes.get_legend_handles_labels()
    handles.append(Line2D([], [], color=INK, linewidth=2))
    labels.append(language.say("offered by all partners"))
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2 if width.is_narrow else 7, columnspacing=1.2
    )
    return figure
