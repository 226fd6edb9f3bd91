"""What the plan's posts see: how many see each cell, and how likely a cell is seen when elevations are wrong."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sarhad.report.content import Content
from sarhad.report.figures.canvas import Width, fit_height
from sarhad.report.figures.ground import Frame
from sarhad.report.figures.names import name_countries
from sarhad.report.figures.place_map import draw_maps, lay, legend, section_spots
from sarhad.report.language import Language

COULD = "#8fb8de"
STRENGTH = 0.82
COUNTS = (1, 2, 3)  # posts that see a cell; the last and more
LEAST = (0.05, 0.5, 0.95)  # chance from which a colour counts
SHADES = (0.38, 0.6, 0.9)
COUNT_COLOURS, CHANCE_COLOURS = "Oranges", "Purples"


def draw(content: Content, language: Language, width: Width) -> Figure:
    """Return two maps: posts of the plan that see each cell, and the chance to be seen by the best of them."""
    place = content.landscape
    assert place is not None
    seen = np.minimum(place.seen, COUNTS[-1])
    likely = np.digitize(place.chance, LEAST)

    def counted(axes: Axes, frame: Frame) -> None:
        colours = _layers(seen, COUNT_COLOURS)
        colours[(seen == 0) & place.could] = to_rgba(COULD, STRENGTH)
        lay(axes, content, colours)
        name_countries(axes, content, language, frame, section_spots(content, frame), width)

    def chanced(axes: Axes, _frame: Frame) -> None:
        lay(axes, content, _layers(likely, CHANCE_COLOURS))

    say, number = language.say, language.number
    titles = (
        say("Posts of the plan that see the ground (without the plan: none whose place is known)"),
        say("Chance to be seen where elevations are wrong by {error} m", error=number(place.error_m)),
    )
    figure, axes = draw_maps(
        content,
        language,
        width,
        list(zip(titles, (counted, chanced), strict=True)),
        below=1.6 if width.is_narrow else 0.75,
        tables=(),
        thick=0.8,
    )
    upper = [
        Patch(
            color=_colour(COUNT_COLOURS, k),
            label=say("seen by {number} or more", number=number(count))
            if count == COUNTS[-1]
            else say("seen by {number}", number=number(count)),
        )
        for k, count in enumerate(COUNTS)
    ]
    upper.append(Patch(color=COULD, label=say("could be seen from another place")))
    edges = [*LEAST, 1.0]
    lower = [
        Patch(
            color=_colour(CHANCE_COLOURS, k),
            label=say(
                "{low} to {high}", low=language.percent(edges[k], 0), high=language.percent(edges[k + 1], 0)
            ),
        )
        for k in range(len(LEAST))
    ]
    legend(axes[len(axes) // 2 - 1], upper, language, width, 2 if width.is_narrow else 4)
    legend(axes[-1], lower, language, width, 3)
    fit_height(figure, axes)
    return figure


def _colour(name: str, step: int) -> str:
    return to_hex(mpl.colormaps[name](SHADES[step]))


def _layers(steps: np.ndarray, name: str) -> np.ndarray:
    """Return a picture of steps 0 (clear) to 3, shape (h, w, 4)."""
    colours = np.array(
        [(0.0, 0.0, 0.0, 0.0), *(to_rgba(_colour(name, k), STRENGTH) for k in range(len(SHADES)))]
    )
    picture: np.ndarray = colours[steps]
    return picture
