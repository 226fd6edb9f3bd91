"""Capital spent over time: by the plan, by the schedule, and the range of the draws."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from sarhad.report.figures.canvas import Width, sheet
from sarhad.report.figures.days import mark_years, ordinal, read_days
from sarhad.report.language import MILLION, Language
from sarhad.report.palette import AFTER, BEFORE, INK
from sarhad.report.timetable import Timetable


def draw(table: Timetable, language: Language, width: Width) -> Figure:
    """Return two lines over a fan from P10 to P90 with P50 inside."""
    frame = table.curve[table.curve["day"] <= table.finish_p80]
    figure = sheet(width, 3.2)
    axes = figure.subplots()
    x = np.array([ordinal(day) for day in frame["day"]])
    usd = {name: frame[f"{name}_usd"].to_numpy(float) / MILLION for name in ("p10", "p50", "p90")}
    axes.fill_between(
        x, usd["p10"], usd["p90"], color=AFTER, alpha=0.18, linewidth=0,
        label=language.say("draws, P10 to P90"),
    )  # fmt: skip
    axes.plot(x, usd["p50"], color=AFTER, linewidth=2, label=language.say("draws, P50"))
    scheduled, planned = (frame[f"{name}_usd"].to_numpy(float) / MILLION for name in ("scheduled", "planned"))
    axes.step(x, scheduled, where="post", color=BEFORE, linewidth=1.6, label=language.say("schedule"))
    axes.plot(x, planned, color=INK, linewidth=1.2, linestyle=(0, (4, 2)), label=language.say("plan"))
    mark_years(axes, table.begin, frame["day"].iloc[-1], width)
    axes.set_ylim(0, 1.08 * max(float(usd["p90"].max()), float(planned.max()), 1e-9))
    axes.yaxis.set_major_formatter(lambda y, _: language.figure(y))
    axes.set_ylabel(language.say("capital spent, M USD"))
    axes.grid(axis="y")
    read_days(axes, table.begin, frame["day"].iloc[-1], language)
    figure.legend(loc="outside upper center", ncols=2 if width.is_narrow else 4)
    return figure
