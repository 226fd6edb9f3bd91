"""What a report is made of: plain frames and frozen records, computed elsewhere and only shown here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.report.frames import require_columns
from sarhad.report.landscape import Landscape
from sarhad.report.timetable import Timetable

NAMES = ("name_en", "name_ru", "name_ar")

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sections": (
        "id", *NAMES, "chainage_from_km", "chainage_to_km", "length_km", "judged_length_km",
        "detection_before", "detection_after", "geometry",
    ),
    "crossings": ("id", "name_en", "name_beyond", "chainage_km", "lon", "lat"),
    "settlements": (*NAMES, "population", "lon", "lat"),
    "threats": (
        "id", *NAMES, "consequence", "attempts", "attempts_after", "through_before", "through_after", "detected_before", "detected_after",
    ),
    "threats_apart": ("id", *NAMES, "rate_low", "rate", "rate_high", "rate_with_plan", "reason"),
    "threats_never": ("id", *NAMES, "reason"),
    "partners": ("id", *NAMES, "tail_upkeep_usd", "tail_offered_usd", "is_tail_assumed"),
    "items": (
        "item_id", "measure_id", *NAMES, "category", "site_id", "section_id", "chainage_from_km", "chainage_to_km",
        "lon", "lat", "units", "start_quarter", "operating_quarter", "cost_usd", "annual_usd", "marginal_value",
    ),
    "funding": ("item_id", "partner_id", "year", "kind", "usd"),
    "budget": ("partner_id", "year", "amount_usd", "carries_over"),
    "detection": ("section_id", "threat_id", "before", "after"),
    "flow": ("threat_id", "chainage_from_km", "chainage_to_km", "before", "after"),
    "by_quarter": ("quarter", "without_plan", "with_plan"),
    "swings": (
        "name", "table", "row", "low", "likely", "high", "unit", "value_low", "value_high", "is_assumption",
        "source_ids", "reasoning", "what", "subject_id", *NAMES,
    ),
    "not_varied": ("table", "rows", "reason"),
    "calibration": (
        "threat_id", "region", "mover_id", "reported", "before", "fitted", "factor", "attempts_before",
        "attempts_after", "residual",
    ),
    "patrols": ("measure_id", *NAMES, "catalogue_p", "computed_p"),
    "not_candidates": ("measure_id", *NAMES, "category", "reason"),
    "settings": ("id", "value", "unit", "is_assumption", "description"),
    "movers": ("id", *NAMES),
    "rivers": ("name_en", "geometry"),
    "sources": ("id", "title", "publisher", "date", "url", "licence", "credit"),
}  # fmt: skip


@dataclass(frozen=True)
class Spread:
    """A figure under the low, likely and high values of the assumptions (low <= likely <= high of the figure)."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True)
class Identity:
    """Which programme, which plan, and how to find it again.

    Parameters
    ----------
    title_en, title_ru, title_ar
        Title of the programme; blank where there is none.
    plan_id, version, data_hash, seed
        Name of the plan, version of sarhad, hash of the facts, seed of the search.
    status_date, price_year, tail_years
        Settings of the same name.
    quarters
        The quarters of the horizon in order, as ``2025Q1``.
    cell_m, corridor_km
        Cell of the terrain grid and width of terrain to each side of the line.
    border_km, official_border_km
        Length measured along the line, and the official figure (None where there is none).
    assumed_share
        Share [0..1] of the numbers in use that are assumed.
    counts
        Sizes by name: sections, segments, nodes, edges, items, scenarios and so on.
    inside_country, beyond_country, is_inside_left
        ISO 3166-1 alpha-3 codes of both sides of the line; does the programme's own lie left of its direction.
    seconds, stopped
        Time that the search took, 0 where it is not known; "time" or "interrupt" where it was ended from outside.
    """

    title_en: str
    title_ru: str
    title_ar: str
    plan_id: str
    version: str
    data_hash: str
    seed: int
    status_date: date
    price_year: int
    tail_years: float
    quarters: tuple[str, ...]
    cell_m: float
    corridor_km: float
    border_km: float
    official_border_km: float | None
    assumed_share: float
    counts: Mapping[str, int]
    inside_country: str = ""
    beyond_country: str = ""
    is_inside_left: bool = True
    seconds: float = 0.0
    stopped: str | None = None


@dataclass(frozen=True)
class Ground:
    """How well the terrain is known.

    Parameters
    ----------
    distortion
        Largest relative error of a length in the projection, along line and corridor.
    filled
        Share [0..1] of the corridor's cells whose elevation is from each raster, by its id, the first choice first.
    missing
        Share [0..1] of them without elevation: these count as outside the corridor.
    names
        Title of each raster's source, by the id of the raster.
    """

    distortion: float
    filled: Mapping[str, float]
    missing: float
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FinalYear:
    """Weighted attempts that get through in one year of the final state, on the network and on the terrain grid.

    Those that no item can touch are counted in all four.
    """

    network_without_plan: float
    network_with_plan: float
    fine_without_plan: float
    fine_with_plan: float


@dataclass(frozen=True)
class Headline:
    """The figures of the first page; values are expected attempts that get through, weighted.

    Parameters
    ----------
    status, value_without_plan, value, bound, gap, gap_of_gain
        As the plan states them; gap_of_gain is None or missing where no plan can gain anything.
    fall_range, value_range, without_range
        Share by which the fixed plan lowers the value, its value, and that with nothing built, with effects,
        existing coverage, effort and attempts at their unfavourable, likely and favourable values together.
    detected_before, detected_after
        Share [0..1] of the attempts that is detected.
    cost_usd, budget_usd
        Money asked and money offered within the horizon.
    greedy_value, even_value
        Baselines: greedy with one swap pass; the same money spread evenly along the line.
    value_everything
        With every candidate built.
    value_fixed_paths
        The plan judged by movers that keep to their old paths: what displacement takes away.
    final_year
        The final state judged on the terrain grid itself beside the network; None where that was not computed.
    moved_share, moved_km
        Least share [0..1] of the attempts whose crossing moves by more than `moved_km` along the line.
    constant
        Attempts of threats in the value that no item can touch: left out of every value above.
    """

    status: str
    value_without_plan: float
    value: float
    bound: float
    gap: float
    gap_of_gain: float | None
    fall_range: Spread
    value_range: Spread
    without_range: Spread | None
    detected_before: Spread
    detected_after: Spread
    cost_usd: float
    budget_usd: float
    greedy_value: float | None = None
    even_value: float | None = None
    value_everything: float | None = None
    value_fixed_paths: float | None = None
    final_year: FinalYear | None = None
    moved_share: float | None = None
    moved_km: float = 10.0
    constant: float = 0.0


@dataclass(frozen=True)
class Relief:
    """Terrain for the map, in a projection of metres.

    Parameters
    ----------
    elevation_m
        Elevation, shape (h, w), north up; missing where unknown.
    in_corridor
        Is the cell part of the corridor, shape (h, w).
    left_m, right_m, bottom_m, top_m
        Outer edges of the grid.
    crs
        Its projection as text that pyproj reads.
    """

    elevation_m: npt.NDArray[np.float32]
    in_corridor: npt.NDArray[np.bool_]
    left_m: float
    right_m: float
    bottom_m: float
    top_m: float
    crs: str


@dataclass(frozen=True)
class Content:
    """Everything a report shows; `COLUMNS` lists what each frame must hold, docs/report.md what it means.

    Counts in `threats` and the values in `swings` are of one year with the plan complete, `flow` is a year too;
    `Headline` and `by_quarter` speak of the horizon (and its tail). `rounds` holds the rows of table `plan_round` of a plan
    that was made in rounds.
    """

    identity: Identity
    headline: Headline
    sections: pd.DataFrame
    crossings: pd.DataFrame
    settlements: pd.DataFrame
    threats: pd.DataFrame
    threats_apart: pd.DataFrame
    threats_never: pd.DataFrame
    partners: pd.DataFrame
    items: pd.DataFrame
    funding: pd.DataFrame
    budget: pd.DataFrame
    detection: pd.DataFrame
    flow: pd.DataFrame
    by_quarter: pd.DataFrame
    swings: pd.DataFrame
    not_varied: pd.DataFrame
    calibration: pd.DataFrame
    patrols: pd.DataFrame
    not_candidates: pd.DataFrame
    settings: pd.DataFrame
    sources: pd.DataFrame
    movers: pd.DataFrame
    rivers: pd.DataFrame
    ground: Ground
    relief: Relief | None = None
    landscape: Landscape | None = None
    timetable: Timetable | None = None
    rounds: pd.DataFrame | None = None
    notices: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse frames without the columns that the report shows."""
        require_columns(self, COLUMNS)
