"""Write the elevation raster of the tiny programme: a valley along the line, hills to both sides, one gorge.

Run as `python tests/data/make_tiny_dem.py`; the raster it writes is kept beside the tables.
"""

from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine

WEST, NORTH, CELL = 9.88, 40.14, 1 / 240  # degrees; 15 arc-seconds
WIDTH, HEIGHT = 226, 68


def main() -> None:
    """Write tests/data/tiny/rasters/hills.tif."""
    lon = WEST + CELL * (np.arange(WIDTH) + 0.5)
    lat = NORTH - CELL * (np.arange(HEIGHT) + 0.5)
    line_lat = 40.0 + 0.02 * np.sin((lon - 10.0) * 2 * np.pi / 0.35)
    off_km = (lat[:, None] - line_lat[None, :]) * 111.0
    ridge = 0.55 + 0.45 * np.sin((lon - 9.9) * 2 * np.pi / 0.21)
    rise = 900.0 * np.clip((lon - 10.3) / 0.4, 0.0, 1.0) + 250.0
    height = 600.0 + 8.0 * np.abs(off_km) ** 1.5 + rise * ridge * (1 - np.exp(-((off_km / 2.5) ** 2)))
    path = Path(__file__).parent / "tiny" / "rasters" / "hills.tif"
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "width": WIDTH,
        "height": HEIGHT,
        "crs": "EPSG:4326",
        "transform": Affine(CELL, 0.0, WEST, 0.0, -CELL, NORTH),
        "compress": "deflate",
        "predictor": 2,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.round(height).astype(np.int16), 1)


if __name__ == "__main__":
    main()
