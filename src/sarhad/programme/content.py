"""What a programme holds, as the readers and writers pass it: head, tables, rasters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Content:
    """The parts of a programme.

    Parameters
    ----------
    meta
        Name, titles and schema version.
    frames
        Typed frames by table; tables without rows may be absent.
    rasters
        Bytes of GeoTIFF files by file name, unchanged.
    """

    meta: Mapping[str, str | int]
    frames: Mapping[str, pd.DataFrame]
    rasters: Mapping[str, bytes]
