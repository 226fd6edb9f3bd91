"""What lies under the line on a map: projection, shaded terrain, degrees, scale bar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import matplotlib.patheffects as effects
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LightSource
from pyproj import Transformer

from sarhad.report.content import Content, Relief
from sarhad.report.language import Language
from sarhad.report.palette import INK, MUTED, PAPER, WATER

KM = 1000.0
MARGIN_KM = 22.0
DEGREES_KM = 8.0  # more above, for the degrees
OVERLAP_KM = 12.0  # of the halves of a map
LETTERS = 8.0  # points
SHADE_PIXELS = 1700
HALO: list[effects.AbstractPathEffect] = [effects.withStroke(linewidth=2.6, foreground=PAPER)]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """Where lon, lat lie on the paper (kilometres), and what part of it the map shows."""

    transform: Transformer
    left: float
    right: float
    bottom: float
    top: float

    @property
    def ratio(self) -> float:
        """Return height over width."""
        return (self.top - self.bottom) / (self.right - self.left)

    def place(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return x, y in kilometres."""
        x, y = self.transform.transform(np.asarray(lon, float), np.asarray(lat, float))
        return np.asarray(x) / KM, np.asarray(y) / KM

    def north(self, at: FloatArray) -> FloatArray:
        """Return the direction of true north at a place of the paper, shape (2,), of length 1."""
        lon, lat = self.transform.transform(KM * at[0], KM * at[1], direction="INVERSE")
        x, y = self.place([lon, lon], [lat, lat + 0.05])
        along = np.array([x[1] - x[0], y[1] - y[0]])
        unit: FloatArray = along / np.hypot(*along)
        return unit


def line_points(content: Content) -> FloatArray:
    """Return lon, lat of every vertex of the line, shape (n, 2)."""
    return np.vstack([np.asarray(g.coords)[:, :2] for g in content.sections["geometry"]])


def frame_of(content: Content) -> Frame:
    """Return the smallest frame that holds the line with a margin."""
    points = line_points(content)
    lon, lat = points.mean(axis=0)
    local = f"+proj=aeqd +lat_0={lat:.3f} +lon_0={lon:.3f} +datum=WGS84 +units=m"
    crs = content.relief.crs if content.relief is not None else local
    transform = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = (np.asarray(v) / KM for v in transform.transform(points[:, 0], points[:, 1]))
    west, east, south, north = x.min(), x.max(), y.min(), y.max()
    return Frame(
        transform, west - MARGIN_KM, east + MARGIN_KM, south - MARGIN_KM, north + MARGIN_KM + DEGREES_KM
    )


def halves(content: Content, frame: Frame) -> tuple[Frame, Frame]:
    """Return the western and the eastern half of a frame, each as high as its part of the line needs."""
    x, y = frame.place(*line_points(content).T)
    middle, margin = (frame.left + frame.right) / 2, y.min() - frame.bottom
    found = []
    for left, right in ((frame.left, middle + OVERLAP_KM), (middle - OVERLAP_KM, frame.right)):
        here = y[(x >= left) & (x <= right)]
        low, high = (here.min(), here.max()) if len(here) else (y.min(), y.max())
        found.append(replace(frame, left=left, right=right, bottom=low - margin, top=high + margin))
    return found[0], found[1]


def shade(relief: Relief) -> FloatArray:
    """Return the terrain as a light grey picture, paler outside the corridor, transparent where unknown."""
    step = max(1, relief.elevation_m.shape[1] // SHADE_PIXELS)
    elevation = relief.elevation_m[::step, ::step].astype(float)
    known = np.isfinite(elevation)
    filled = np.where(known, elevation, np.nanmin(elevation))
    cell = (relief.right_m - relief.left_m) / relief.elevation_m.shape[1] * step
    light = LightSource(azdeg=315, altdeg=45).hillshade(filled, vert_exag=2.0, dx=cell, dy=cell)
    strength = np.where(relief.in_corridor[::step, ::step], 0.5, 0.2)
    grey = 1.0 - strength * (1.0 - light)
    return np.dstack([grey, grey, grey, known.astype(float)])


def draw_ground(
    axes: Axes,
    content: Content,
    language: Language,
    frame: Frame,
    picture: FloatArray | None,
    letters: float = LETTERS,
) -> None:
    """Draw the terrain, the degrees and a scale bar, with letters of a size in points."""
    relief = content.relief
    if relief is not None and picture is not None:
        extent = (relief.left_m / KM, relief.right_m / KM, relief.bottom_m / KM, relief.top_m / KM)
        axes.imshow(picture, extent=extent, origin="upper", interpolation="bilinear", zorder=0)
    _draw_rivers(axes, content, frame)
    _draw_degrees(axes, content, language, frame, letters)
    axes.set(
        xlim=(frame.left, frame.right), ylim=(frame.bottom, frame.top), xticks=[], yticks=[], aspect="equal"
    )
    axes.spines[:].set_visible(False)
    x, y, long = frame.left + 12, frame.bottom + 8, bar_km(frame.right - frame.left)
    axes.plot([x, x + long], [y, y], color=INK, linewidth=2, solid_capstyle="butt", zorder=12)
    label = language.say("{number} km", number=long)
    axes.text(
        x + long / 2, y + 4, label, ha="center", va="bottom", fontsize=letters, path_effects=HALO, zorder=12
    )


def _draw_rivers(axes: Axes, content: Content, frame: Frame) -> None:
    for line in content.rivers["geometry"]:
        x, y = frame.place(*np.asarray(line.coords)[:, :2].T)
        axes.plot(x, y, color=WATER, linewidth=1.1, alpha=0.8, zorder=1.5)


def bar_km(width_km: float) -> int:
    """Return the length of the scale bar: the longest of 1, 2, 5, 10, ... km within a fifth of the map's width."""
    lengths = [digit * 10**power for power in range(4) for digit in (1, 2, 5)]
    return max((length for length in lengths if length <= width_km / 5), default=1)


def furniture(frame: Frame) -> FloatArray:
    """Return points on scale bar and degrees, which names keep clear of; shape (n, 2) in kilometres."""
    long = bar_km(frame.right - frame.left)
    bar, degrees = np.linspace(12.0, 12.0 + long, 12), np.linspace(0.0, frame.right - frame.left, 60)
    rows = [np.column_stack([frame.left + bar, np.full(12, frame.bottom + y)]) for y in (12.0, 20.0)]
    rows += [np.column_stack([frame.left + degrees, np.full(60, frame.top - y)]) for y in (3.0, 9.0)]
    return np.vstack(rows)


def _draw_degrees(axes: Axes, content: Content, language: Language, frame: Frame, letters: float) -> None:
    say, points = language.say, line_points(content)
    (west, south), (east, north) = points.min(axis=0) - 1.5, points.max(axis=0) + 1.5
    style: dict[str, Any] = {"fontsize": letters, "color": MUTED, "zorder": 6, "path_effects": HALO}
    for lon in range(int(np.ceil(west)), int(east) + 1):
        x, y = frame.place(np.full(200, lon), np.linspace(south, north, 200))
        axes.plot(x, y, color=MUTED, linewidth=0.4, alpha=0.5, zorder=1)
        at = float(np.interp(frame.top, y, x))
        if frame.left + 8 < at < frame.right - 8:
            text = say("{degrees}°E", degrees=lon) if lon >= 0 else say("{degrees}°W", degrees=-lon)
            axes.text(at, frame.top - 1, text, va="top", ha="center", **style)
    for lat in range(int(np.ceil(south)), int(north) + 1):
        x, y = frame.place(np.linspace(west, east, 200), np.full(200, lat))
        axes.plot(x, y, color=MUTED, linewidth=0.4, alpha=0.5, zorder=1)
        at = float(np.interp(frame.right, x, y))
        if frame.bottom + 8 < at < frame.top - 8:
            text = say("{degrees}°N", degrees=lat) if lat >= 0 else say("{degrees}°S", degrees=-lat)
            axes.text(frame.right - 1, at, text, va="center", ha="right", **style)
