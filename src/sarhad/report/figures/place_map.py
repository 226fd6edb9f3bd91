"""Maps of the place: one theme over the shaded terrain, with line, sections, north arrow, scale bar and credits."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from sarhad.report.content import Content
from sarhad.report.figures.canvas import LETTERS, Width, sheet
from sarhad.report.figures.ground import (
    HALO,
    KM,
    FloatArray,
    Frame,
    draw_ground,
    frame_of,
    furniture,
    halves,
    line_points,
    shade,
)
from sarhad.report.language import Language
from sarhad.report.palette import INK, MUTED, PAPER

PAGE = 0.96  # of its width that a legend may take
AWAY_KM = 15.0
CREDIT_LETTERS = {Width.WIDE: 128, Width.NARROW: 70}  # a line

Theme = Callable[[Axes, Frame], None]


def draw_maps(
    content: Content,
    language: Language,
    width: Width,
    themes: Sequence[tuple[str, Theme]],
    *,
    below: float,
    tables: Sequence[str],
    thick: float = 1.4,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with one map a theme, in two halves on a phone.

    Parameters
    ----------
    themes
        Title of each, and what draws it.
    below
        Inches left for legends.
    tables
        Tables that are drawn besides line, rivers and terrain: their sources are thanked too.
    thick
        Of the line, in points.
    """
    frame = frame_of(content)
    frames = halves(content, frame) if width.is_narrow else (frame,)
    parts = [(title if k == 0 else "", theme, one) for title, theme in themes for k, one in enumerate(frames)]
    heights = [one.ratio for *_, one in parts]
    spacing = 0.8 if language.is_rtl else 1.15  # Arabic letters bring tall lines with them
    thanks = _credits(content, width, ("border", *tables, "raster", "river"))
    above = sum(0.32 if title else 0.08 for title, *_ in parts)
    room = 0.16 * (thanks.count("\n") + 1) + below
    figure = sheet(width, sum(width.value * ratio for ratio in heights) + above + room)
    axes = [
        *figure.subplots(
            len(parts), 1, height_ratios=heights, squeeze=False, gridspec_kw={"hspace": 0.0}
        ).ravel()
    ]
    picture = shade(content.relief) if content.relief is not None else None
    for one, (title, theme, part) in zip(axes, parts, strict=True):
        draw_ground(one, content, language, part, picture, LETTERS[width])
        theme(one, part)
        _draw_line(one, content, part, thick * (0.6 if width.is_narrow else 1.0))
        _name_sections(one, content, part, width)
        if part is frames[0]:
            _point_north(one, language, part, width)
        if title:
            one.set_title(
                "\n".join(textwrap.wrap(title, 44 if width.is_narrow else 105)),
                linespacing=spacing,
            )
    if thanks:
        figure.supxlabel(
            thanks,
            x=0.01,
            ha="left",
            fontsize=6.5 if width.is_narrow else LETTERS[width],
            color=MUTED,
            linespacing=spacing,
        )
    return figure, axes


def lay(axes: Axes, content: Content, values: np.ndarray, **style: Any) -> None:
    """Lay a grid of colours over the terrain."""
    relief = content.relief
    if relief is not None:
        extent = (relief.left_m / KM, relief.right_m / KM, relief.bottom_m / KM, relief.top_m / KM)
        limits = axes.axis()
        axes.imshow(values, extent=extent, origin="upper", interpolation="nearest", zorder=0.5, **style)
        axes.axis(limits)


def legend(
    axes: Axes, handles: Sequence[Any], language: Language, width: Width, columns: int, title: str = ""
) -> Legend:
    """Put a legend below a map, the first entry where reading begins, in as many columns as the page is wide for."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    canvas: Any = FigureCanvasAgg(figure)
    while True:
        made = axes.legend(
            handles=_mirrored(list(handles), columns) if language.is_rtl else list(handles),
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=columns,
            fontsize=LETTERS[width],
            handlelength=1.2,
            handletextpad=0.5,
            columnspacing=1.3,
            borderaxespad=0.2,
            title=title or None,
            title_fontsize=LETTERS[width],
        )
        if columns == 1 or made.get_window_extent(canvas.get_renderer()).width <= PAGE * figure.bbox.width:
            return made
        columns -= 1


def _mirrored(handles: list[Any], columns: int) -> list[Any]:
    """Return handles such that a legend, which fills its columns from the left, is read from the right."""
    sizes = [len(part) for part in np.array_split(np.arange(len(handles)), columns)][::-1]
    ends = np.cumsum(sizes).tolist()
    parts = [handles[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    return [one for part in parts[::-1] for one in part]


def _draw_line(axes: Axes, content: Content, frame: Frame, thick: float) -> None:
    x, y = frame.place(*line_points(content).T)
    axes.plot(x, y, color=PAPER, linewidth=thick + 1.4, zorder=8, solid_capstyle="round")
    axes.plot(x, y, color=INK, linewidth=thick, zorder=9, solid_capstyle="round")


def _name_sections(axes: Axes, content: Content, frame: Frame, width: Width) -> None:
    """Mark where sections end and write the id of each beside its middle, on the side away from the line."""
    spots = section_spots(content, frame)
    for spot, row in zip(spots, content.sections.to_dict("records"), strict=True):
        (x,), (y,) = frame.place(*np.asarray(row["geometry"].coords)[-1:, :2].T)
        axes.plot(
            x, y, "o", markersize=3 if width.is_narrow else 5, color=PAPER, markeredgecolor=INK, zorder=11
        )
        if frame.left < spot[0] < frame.right:
            text = axes.text(
                spot[0], spot[1], str(row["id"]), ha="center", va="center", zorder=12, path_effects=HALO
            )
            text.set(fontsize=LETTERS[width], fontweight="bold", color=INK, clip_on=True)


def section_spots(content: Content, frame: Frame) -> FloatArray:
    """Return where the id of each section is written, shape (n, 2) in kilometres."""
    whole = np.column_stack(frame.place(*line_points(content).T))
    return np.array([_beside(line, frame, whole) for line in content.sections["geometry"]])


def _beside(line: Any, frame: Frame, whole: FloatArray) -> FloatArray:
    """Return the place beside the middle of a section where the line is farthest."""
    ends = [line.interpolate(share, normalized=True).coords[0][:2] for share in (0.47, 0.5, 0.53)]
    xs, ys = frame.place(*np.asarray(ends).T)
    along = np.array([xs[2] - xs[0], ys[2] - ys[0]])
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    spots = [np.array([xs[1], ys[1]]) + side * AWAY_KM * across for side in (1, -1)]
    free = [float(np.hypot(*(whole - spot).T).min()) + 1e-3 * float(spot[1]) for spot in spots]
    best: FloatArray = spots[int(np.argmax(free))]
    return best


def _point_north(axes: Axes, language: Language, frame: Frame, width: Width) -> None:
    """Draw an arrow to true north in the upper left corner, and its letter."""
    at, long = _compass(frame, width)
    toward = frame.north(at)
    tip = at + long * toward
    style = {"arrowstyle": "-|>", "color": INK, "linewidth": 1.4, "path_effects": HALO}
    axes.annotate("", (tip[0], tip[1]), (at[0], at[1]), zorder=13, arrowprops=style)
    x, y = at - 0.15 * long * toward
    text = axes.text(x, y, language.say("N"), ha="center", va="top", path_effects=HALO)
    text.set(fontsize=LETTERS[width], fontweight="bold", zorder=13)


def _compass(frame: Frame, width: Width) -> tuple[FloatArray, float]:
    """Return where the arrow begins, and its length in kilometres."""
    long = (frame.right - frame.left) * (0.07 if width.is_narrow else 0.036)
    return np.array([frame.left + 1.2 * long, frame.top - 2.6 * long]), long


def kept_clear(frame: Frame, width: Width) -> FloatArray:
    """Return points on arrow, scale bar and degrees, which names keep clear of; shape (n, 2) in kilometres."""
    at, long = _compass(frame, width)
    arrow = at + long * np.column_stack([np.zeros(4), np.linspace(-0.6, 1.0, 4)])
    return np.vstack([arrow, furniture(frame)])


def _credits(content: Content, width: Width, tables: Sequence[str]) -> str:
    """Return the credits of some tables in the words of the data; what two of them share is said once."""
    known = {} if content.landscape is None else content.landscape.credits
    parts = [part for table in tables for credit in known.get(table, ()) for part in credit.split("; ")]
    said = "; ".join(dict.fromkeys(parts))
    return "\n".join(
        textwrap.wrap(said, CREDIT_LETTERS[width], break_long_words=False, break_on_hyphens=False)
    )
