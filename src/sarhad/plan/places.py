"""Where each item stands and what it is, and which items a row of the programme speaks of."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.errors import DataError

if TYPE_CHECKING:
    from sarhad.programme import Programme

Texts = npt.NDArray[np.str_]


class Places(NamedTuple):
    """What each item is and where it stands, in the order of the items; "" where it has no such place."""

    measure: Texts
    site: Texts
    section: Texts
    region: Texts
    crossing: Texts
    elevation_m: FloatArray
    start: FloatArray
    end: FloatArray

    @property
    def is_wide(self) -> BoolArray:
        """Return which items serve the whole line."""
        result: BoolArray = (self.section == "") & np.isnan(self.start)
        return result

    def named(
        self, measures: Collection[str], sections: Collection[str], regions: Collection[str] = ()
    ) -> BoolArray:
        """Return which items are of these measures and stand in these sections and regions; none named: all.

        A region is an ISO 3166 code that the section's region equals or begins with, such as ``TJ`` for ``TJ-GB``.
        """
        result = np.ones(len(self.measure), dtype=np.bool_)
        if measures:
            result &= np.isin(self.measure, list(measures))
        if sections:
            result &= np.isin(self.section, list(sections))
        if regions:
            result &= np.array(
                [
                    any(r == code or r.startswith(f"{code}-") for code in regions)
                    for r in self.region.tolist()
                ],
                dtype=np.bool_,
            )
        return result


def places(prog: Programme, items: pd.DataFrame) -> Places:
    """Return what each item is and where it stands, in the order of the items.

    Raises
    ------
    DataError
        If an item names a site that does not exist.
    """
    site = prog["site"].set_index("id")
    strange = sorted(set(items["site_id"]) - set(site.index))
    if strange:
        text = (
            f"item.site_id: {len(strange)} sites do not exist: {', '.join(strange[:5])}. "
            "Derive sites and items together."
        )
        raise DataError(text, table="item", column="site_id", ids=strange)
    at = site.loc[items["site_id"]]
    start = at["chainage_from_km"].to_numpy(np.float64)
    section = items["section_id"].fillna("").tolist()
    region = dict(zip(prog["section"]["id"], prog["section"]["region"].fillna(""), strict=True))
    return Places(
        measure=np.array(items["measure_id"].to_list(), dtype=np.str_),
        site=np.array(items["site_id"].to_list(), dtype=np.str_),
        section=np.array(section, dtype=np.str_),
        region=np.array([region.get(s, "") for s in section], dtype=np.str_),
        crossing=np.array(at["crossing_id"].fillna("").to_list(), dtype=np.str_),
        elevation_m=at["elevation_m"].to_numpy(np.float64),
        start=start,
        end=at["chainage_to_km"].fillna(at["chainage_from_km"]).to_numpy(np.float64),
    )
