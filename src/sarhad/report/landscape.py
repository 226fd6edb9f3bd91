"""What the report shows of the place itself: what is seen, how long ways take, the network, the profile of the line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.errors import SpecError
from sarhad.report.frames import require_columns

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "movers": ("id", "name_en"),
    "nodes": ("kind", "is_end", "x_m", "y_m"),
    "profile": ("chainage_from_km", "chainage_to_km", "line_m", "low_m", "high_m"),
    "crossing": ("mover_id", "chainage_from_km", "chainage_to_km", "hours"),
}
KINDS = ("field", "road", "crossing")  # of edges of the network


@dataclass(frozen=True, eq=False)
class Landscape:
    """The place on the grid of `Relief`, shape (h, w), and along the line.

    Parameters
    ----------
    seen
        Posts of the plan that see each cell.
    could
        Is a cell seen by a post that could be built, in the plan or not.
    chance
        Chance [0..1] that the plan's post which sees a cell best sees it when the elevations are wrong by
        `error_m` (standard deviation).
    posts, posts_possible
        Posts of the plan that look, and all that could be built.
    strip_km, share_seen, share_likely, share_possible
        Depth of the watched strip to each side of the line; share [0..1] of it seen by the plan's posts, seen with a
        chance above one half, and seen if everything were built.
    error_m, draws
        Error of the elevations, and terrains drawn.
    hours
        Hours of the first of `movers` from the nearest origin beyond or destination inside, infinite out of reach.
    movers
        Movers on land that cross anywhere, the one of `hours` first.
    edges
        Ways of the network by kind (`KINDS`): x and y of the points of each way in metres, shape (n, 2).
    nodes
        Its nodes: kind, whether the first of `movers` starts or ends there, x, y.
    n_edges
        Edges of the network, both directions of a way counted.
    profile
        Along the line: elevation of the line itself, lowest and highest ground within `around_km`.
    around_km
        See there.
    crossing
        Hours from the nearest origin over the line, in each stretch, to the nearest destination, by mover; infinite
        where none crosses.
    credits
        Whom to thank, by the table that is drawn.
    """

    seen: npt.NDArray[np.uint16]
    could: npt.NDArray[np.bool_]
    chance: npt.NDArray[np.float32]
    posts: int
    posts_possible: int
    strip_km: float
    share_seen: float
    share_likely: float
    share_possible: float
    error_m: float
    draws: int
    hours: npt.NDArray[np.float32]
    movers: pd.DataFrame
    edges: Mapping[str, tuple[npt.NDArray[np.float64], ...]]
    nodes: pd.DataFrame
    n_edges: int
    profile: pd.DataFrame
    around_km: float
    crossing: pd.DataFrame
    credits: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse frames without the columns that the report shows, and grids of unlike shape."""
        require_columns(self, COLUMNS)
        shapes = {getattr(self, name).shape for name in ("seen", "could", "chance", "hours")}
        if len(shapes) > 1:
            raise SpecError(f"Landscape: grids of unlike shape: {sorted(shapes)}. Give all on one grid.")

    @property
    def line_m(self) -> tuple[float, float]:
        """Return the lowest and the highest elevation of the line."""
        return float(self.profile["line_m"].min()), float(self.profile["line_m"].max())

    @property
    def median_hours(self) -> float:
        """Return the hours within which half of the ground that is reached lies; nan where none is."""
        reached = self.hours[np.isfinite(self.hours)]
        return float(np.median(reached)) if reached.size else float("nan")

    @property
    def crossings_h(self) -> tuple[float, float, float, float]:
        """Return hours and middle chainage of the first mover's quickest and slowest stretch; nan where none crosses."""
        own = self.crossing[self.crossing["mover_id"] == self.movers["id"].iloc[0]]
        own = own[np.isfinite(own["hours"])]
        if own.empty:
            return (float("nan"),) * 4
        quick, slow = own.loc[own["hours"].idxmin()], own.loc[own["hours"].idxmax()]
        middle = [float(row["chainage_from_km"] + row["chainage_to_km"]) / 2 for row in (quick, slow)]
        return float(quick["hours"]), middle[0], float(slow["hours"]), middle[1]
