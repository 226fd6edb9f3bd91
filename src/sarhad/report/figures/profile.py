"""The profile of the line: elevation and relief along its chainage, and the hours that a crossing takes there."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sarhad.report.content import Content
from sarhad.report.figures.canvas import LETTERS, Width, sheet
from sarhad.report.figures.ground import HALO
from sarhad.report.language import Language
from sarhad.report.palette import AFTER, BEFORE, INK, MUTED, WASH

GROUND = "#c5d3e4"
TICKS_H = (1, 2, 4, 8, 24, 72, 168, 336, 672)  # to a day, three days, one week and more
COLOURS = (AFTER, BEFORE, INK)  # of the movers
DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)))


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return two charts over the chainage: the ground, and the hours to cross; west at the left as on the map."""
    place = content.landscape
    assert place is not None
    figure = sheet(width, 5.2 if width.is_narrow else 5.6)
    ground, hours = figure.subplots(2, 1, sharex=True, height_ratios=(1.25, 1.0))
    for axes in (ground, hours):
        _shade_sections(axes, content)
        axes.tick_params(labelsize=LETTERS[width])
        axes.grid(axis="y")
    _draw_ground(ground, place.profile, language, place.around_km)
    _draw_hours(hours, place.crossing, place.movers, language)
    _name_sections(ground, content, width)
    for axes, title in (
        (
            ground,
            language.say(
                "Elevation of the line, and lowest and highest ground within {km} km of it, m",
                km=language.figure(place.around_km),
            ),
        ),
        (
            hours,
            language.say("Hours from the nearest start over the line to the nearest destination"),
        ),
    ):
        axes.set_title(
            _wrapped(title, 46 if width.is_narrow else 110), linespacing=0.8 if language.is_rtl else 1.15
        )
        axes.legend(
            loc="lower right", ncols=1 if width.is_narrow else 3, fontsize=LETTERS[width], facecolor="white",
            framealpha=0.85, frameon=True, edgecolor="none",
        )  # fmt: skip
    hours.set_xlabel(language.say("km along the line from the west"), fontsize=LETTERS[width])
    hours.xaxis.set_major_formatter(lambda km, _: language.number(km))
    hours.set_xlim(0.0, float(content.sections["chainage_to_km"].max()))
    return figure


def _wrapped(text: str, letters: int) -> str:
    return "\n".join(textwrap.wrap(text, letters))


def _draw_ground(axes: Axes, profile: pd.DataFrame, language: Language, around_km: float) -> None:
    middle = (profile["chainage_from_km"] + profile["chainage_to_km"]) / 2
    axes.fill_between(
        middle,
        profile["low_m"],
        profile["high_m"],
        color=GROUND,
        linewidth=0,
        label=language.say("ground within {km} km", km=language.figure(around_km)),
    )
    axes.plot(middle, profile["line_m"], color=INK, linewidth=1.6, label=language.say("the line"))
    axes.set_ylim(min(0.0, float(profile["low_m"].min())), 1.16 * float(profile["high_m"].max()))
    axes.yaxis.set_major_formatter(lambda m, _: language.number(m))


def _draw_hours(axes: Axes, crossing: pd.DataFrame, movers: pd.DataFrame, language: Language) -> None:
    """Draw the hours of each mover on a scale of doublings: valleys take hours, high ranges days."""
    for k, mover in enumerate(movers.head(len(COLOURS)).to_dict("records")):
        part = crossing[crossing["mover_id"] == mover["id"]]
        edges = np.append(part["chainage_from_km"], part["chainage_to_km"].iloc[-1:])
        hours = part["hours"].where(np.isfinite(part["hours"])).to_numpy(dtype=np.float64)
        axes.stairs(
            hours,
            edges,
            baseline=None,
            color=COLOURS[k],
            linewidth=1.7,
            linestyle=DASHES[k],
            label=language.name(mover),
        )
    reached = crossing.loc[np.isfinite(crossing["hours"]) & (crossing["hours"] > 0), "hours"]
    low, high = (float(reached.min()), float(reached.max())) if len(reached) else (1.0, 10.0)
    axes.set_yscale("log")
    axes.set_ylim(0.75 * low, 1.3 * high)
    axes.set_yticks([hours for hours in TICKS_H if 0.75 * low <= hours <= 1.3 * high])
    axes.yaxis.set_major_formatter(lambda h, _: language.figure(h))
    axes.minorticks_off()


def _shade_sections(axes: Axes, content: Content) -> None:
    for k, row in enumerate(content.sections.to_dict("records")):
        if k % 2 == 0:
            axes.axvspan(row["chainage_from_km"], row["chainage_to_km"], color=WASH, zorder=0)
    for km in content.crossings["chainage_km"]:
        axes.axvline(km, color=MUTED, linestyle=":", linewidth=1.1, zorder=1)


def _name_sections(axes: Axes, content: Content, width: Width) -> None:
    for row in content.sections.to_dict("records"):
        middle = (row["chainage_from_km"] + row["chainage_to_km"]) / 2
        axes.annotate(
            str(row["id"]), (middle, 1.0), xycoords=("data", "axes fraction"), xytext=(0, -2),
            textcoords="offset points", ha="center", va="top", fontsize=LETTERS[width], color=MUTED, fontweight="bold",
            path_effects=HALO,
        )  # fmt: skip
