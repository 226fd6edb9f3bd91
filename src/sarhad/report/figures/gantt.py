"""When measures are built: how many of each kind are under construction in each quarter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarhad.report.content import Content
from sarhad.report.figures.canvas import LETTERS, Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import INK, PAPER, RULE

ROW_INCHES = {Width.WIDE: 0.26, Width.NARROW: 0.4}


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return two tables of quarters: by measure above, by section below."""
    items = content.items
    measures = items.drop_duplicates("measure_id").sort_values(["category", "measure_id"])
    by_measure = dict(
        zip(measures["measure_id"], (language.name(r) for r in measures.to_dict("records")), strict=True)
    )
    by_section = {s: n for s, n in _sections(content, language).items() if (_section_of(items) == s).any()}
    heights = [len(by_measure), len(by_section)]
    figure = sheet(width, ROW_INCHES[width] * sum(heights) + 1.5)
    upper, lower = figure.subplots(2, 1, height_ratios=heights, sharex=True)
    _draw_rows(upper, content, items["measure_id"], by_measure, language, width)
    upper.set_title(language.say("By measure"))
    _draw_rows(lower, content, _section_of(items), by_section, language, width)
    lower.set_title(language.say("By section"))
    return figure


def _sections(content: Content, language: Language) -> Mapping[str, str]:
    names = language.names(content.sections, "id")
    return {**{key: f"{key} {name}" for key, name in names.items()}, "": language.say("Whole programme")}


def _section_of(items: pd.DataFrame) -> pd.Series[str]:
    return items["section_id"].astype(object).where(items["section_id"].notna(), "").astype(str)


def _draw_rows(
    axes: Axes,
    content: Content,
    group: pd.Series[str],
    names: Mapping[str, str],
    language: Language,
    width: Width,
) -> None:
    quarters = {name: k for k, name in enumerate(content.identity.quarters)}
    busy = np.zeros((len(names), len(quarters)), dtype=int)
    done = np.full(len(names), -1)
    rows = {key: k for k, key in enumerate(names)}
    for key, start, end in zip(
        group, content.items["start_quarter"], content.items["operating_quarter"], strict=True
    ):
        first, last = quarters[start], quarters.get(end, len(quarters))
        busy[rows[key], first : max(last, first + 1)] += 1
        done[rows[key]] = max(done[rows[key]], last)
    most = max(1, int(busy.max()))
    top = 0.0 if width.is_narrow else -0.5
    middle = np.arange(len(names)) + (top + 0.5) / 2
    strength = np.ma.masked_where(busy == 0, 0.25 + 0.55 * busy / most)
    for row in range(len(names)):
        edges = np.arange(len(quarters) + 1), np.array([row + top, row + 0.5])
        style: dict[str, Any] = {
            "cmap": "Oranges",
            "vmin": 0,
            "vmax": 1,
            "edgecolors": PAPER,
            "linewidth": 1.5,
        }
        axes.pcolormesh(*edges, strength[row : row + 1], **style)
    changes = np.diff(busy, axis=1, prepend=0) != 0
    for row, quarter in np.argwhere((busy > 0) & changes):
        colour = INK if strength[row, quarter] < 0.62 else PAPER
        label = language.number(busy[row, quarter])
        size = 7 if width.is_narrow else LETTERS[width]
        axes.text(quarter + 0.5, middle[row], label, ha="center", va="center", fontsize=size, color=colour)
    axes.scatter(done, middle, marker="D", s=16, color=INK, zorder=5)
    years = [k for k, name in enumerate(quarters) if name.endswith("Q1")]
    axes.set_xticks(np.array(years) + 2.0, [name[:4] for name in quarters if name.endswith("Q1")])
    axes.tick_params(axis="x", length=0, labelbottom=True)
    axes.vlines(years, -0.5, len(names) - 0.5, color=RULE, zorder=0)
    if width.is_narrow:
        axes.set_yticks([])
        for row, name in enumerate(names.values()):
            side = "right" if language.is_rtl else "left"
            axes.text(0, row - 0.06, name, ha=side, va="bottom", fontsize=7.5)
    else:
        axes.set_yticks(np.arange(len(names)), list(names.values()))
    axes.set(xlim=(0, len(quarters) + 0.2), ylim=(len(names) - 0.5, -0.5))
    read_from(axes, language)
