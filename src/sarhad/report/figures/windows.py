"""Which items may miss the season in which their work is to end, and when: a strip of quarters for each."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sarhad.report.figures.canvas import LETTERS, Width, read_from, sheet
from sarhad.report.language import Language
from sarhad.report.palette import INK, PAPER, RULE
from sarhad.report.timetable import Timetable

ROW_INCHES = {Width.WIDE: 0.255, Width.NARROW: 0.38}
LETTERS_OF_NAME = 30
MARGIN = 0.14  # inches to each side
DARK = 0.6  # share from which letters on the colour are light


def draw(table: Timetable, language: Language, width: Width) -> Figure:
    """Return a row per item, a cell per quarter in which work of it is to end: the chance to miss the season."""
    frame = table.windows
    items = list(dict.fromkeys(frame["item_id"]))
    quarters = sorted({*frame["quarter"], *table.quarters})
    column = {name: k for k, name in enumerate(quarters)}
    chance = np.full((len(items), len(quarters)), np.nan)
    for item, quarter, p in zip(frame["item_id"], frame["quarter"], frame["p_miss"], strict=True):
        chance[items.index(item), column[quarter]] = p
    figure = sheet(width, ROW_INCHES[width] * len(items) + 1.0)
    figure.set_layout_engine(
        "constrained", w_pad=MARGIN
    )  # small letters are drawn wider than they are laid out
    axes = figure.subplots()
    top = 0.05 if width.is_narrow else -0.5  # names stand above the cells where the page is narrow
    style: dict[str, Any] = {"cmap": "Oranges", "vmin": 0, "vmax": 1, "edgecolors": PAPER, "linewidth": 1.5}
    for row, cells in enumerate(np.ma.masked_invalid(chance)):
        axes.pcolormesh(np.arange(len(quarters) + 1), [row + top, row + 0.5], cells[None], **style)
    for row, at in np.argwhere(np.isfinite(chance)):
        colour = PAPER if chance[row, at] > DARK else INK
        share = float(chance[row, at])
        label = language.number(100 * share)
        size, middle = (5.5 if width.is_narrow else LETTERS[width]), row + (top + 0.5) / 2
        axes.text(at + 0.5, middle, label, ha="center", va="center", fontsize=size, color=colour)
    years = [k for k, name in enumerate(quarters) if name.endswith("Q1")]
    axes.set_xticks(np.array(years) + 2.0, [quarters[k][:4] for k in years])
    axes.vlines(years, -0.5, len(items) - 0.5, color=RULE, zorder=0)
    axes.tick_params(axis="x", length=0)
    names = _names(table, items, language)
    if width.is_narrow:
        axes.set_yticks([])
        for row, name in enumerate(names):
            side = "right" if language.is_rtl else "left"
            axes.text(0, row - 0.02, name, ha=side, va="bottom", fontsize=7.5)
    else:
        axes.set_yticks(range(len(items)), names)
    axes.set(xlim=(0, len(quarters)), ylim=(len(items) - 0.5, -0.7))
    axes.set_title(language.say("Chance that work misses its season, in per cent"))
    read_from(axes, language)
    return figure


def _names(table: Timetable, items: list[str], language: Language) -> list[str]:
    """Return the measure and the id of each item."""
    rows = table.windows.drop_duplicates("item_id").set_index("item_id")
    names = (language.name(rows.loc[item].to_dict()) for item in items)
    short = [textwrap.shorten(name, LETTERS_OF_NAME, placeholder="…") for name in names]
    return [f"{name} {item}" for name, item in zip(short, items, strict=True)]
