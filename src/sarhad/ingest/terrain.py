"""Copernicus GLO-30: which tiles an area needs, and one file that joins them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import rasterio

from sarhad.errors import DataError, StoreError
from sarhad.ingest.ask import Ask, Brought, Order
from sarhad.ingest.download import Fetched, Wanted
from sarhad.ingest.providers import provider
from sarhad.ingest.record import source_row
from sarhad.ingest.session import Session

LIST, MOSAIC = "tileList.txt", "terrain.vrt"
MOST_TOLD = 3
VOID = -32767.0  # of the mosaic, where no tile lies or a tile has none
ALIKE = 1e-6  # of a cell: tiles of one spacing differ by no more


def tile_name(lat: int, lon: int) -> str:
    """Return the name of the tile whose south-western corner that is."""
    north = f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}"
    east = f"{'E' if lon >= 0 else 'W'}{abs(lon):03d}"
    return f"Copernicus_DSM_COG_10_{north}_00_{east}_00_DEM"


def order(ask: Ask, session: Session) -> Order:
    """Return the tiles of the area that the bucket lists.

    Raises
    ------
    DataError
        If it lists none: sea, or tiles that are not public.
    StoreError
        If the list does not come.
    """
    glo30 = provider("glo30", ask.base)
    listed = set(session.aside(glo30.url(LIST), LIST, "text").read_text(encoding="utf-8").split())
    names = [tile_name(lat, lon) for lat, lon in ask.area.degrees()]
    missing = [name for name in names if name not in listed]
    if len(missing) == len(names):
        raise DataError(
            f"raster: none of the {len(names)} tiles of the area is listed by {glo30.base} ({names[0]} ...): sea, or "
            "not public. Check the box (west,south,east,north)."
        )
    wanted = tuple(
        Wanted(glo30.url(f"{name}/{name}.tif"), session.folder / f"{name}.tif", "tiff", is_etag_md5=True)
        for name in names
        if name in listed
    )
    return Order(wanted, tuple(f"no tile {name}: sea, or not public" for name in missing))


def made(ask: Ask, fetched: Sequence[Fetched]) -> Brought:
    """Return the mosaic of the tiles, all of whose cells could be read.

    Raises
    ------
    StoreError
        If a tile is damaged; it is taken away, so that the next run fetches it again.
    """
    for one in fetched:
        if not one.checked_by.startswith("MD5"):
            _require_readable(one.wanted.target)
    glo30 = provider("glo30", ask.base)
    tiles = [one.wanted.target for one in fetched]
    notices = [
        f"terrain of {len(tiles)} tiles: give {MOSAIC} to viewshed and travel, or each tile to `new --terrain`",
        "heights are of the surface, trees and roofs included, above the EGM2008 geoid",
    ]
    wide = coarser(tiles)
    if wide:
        notices.append(
            f"{len(wide)} tiles have wider cells than the others ({', '.join(wide[:MOST_TOLD])}): in {MOSAIC} they are "
            "interpolated to the finest; the tiles themselves keep their cells"
        )
    files = {tiles[0].parent / MOSAIC: mosaic(tiles)}
    return Brought({}, [source_row(glo30, glo30.page)], files, tuple(notices))


def _require_readable(path: Path) -> None:
    try:
        with rasterio.open(path) as raster:
            for _, window in raster.block_windows(1):
                raster.read(1, window=window)
    except rasterio.errors.RasterioIOError as error:
        path.unlink()
        raise StoreError(
            f"{path}: came damaged ({error}) and was taken away. Run the same command again."
        ) from error


@dataclass(frozen=True)
class _Tile:
    """What the header of a tile says: place in degrees, width and height of a cell, rows and columns, void."""

    path: Path
    bounds: tuple[float, float, float, float]
    cell: tuple[float, float]
    shape: tuple[int, int]
    wkt: str
    nodata: float | None


def _tile(path: Path) -> _Tile:
    try:
        with rasterio.open(path) as raster:
            cell = float(raster.res[0]), float(raster.res[1])
            return _Tile(path, tuple(raster.bounds), cell, raster.shape, raster.crs.to_wkt(), raster.nodata)
    except rasterio.errors.RasterioIOError as error:
        raise StoreError(f"{path}: not a readable raster ({error}). Fetch it again.") from error


def coarser(tiles: Sequence[Path]) -> list[str]:
    """Return the names of the tiles whose cells are wider or higher than those of the finest."""
    headers = [_tile(path) for path in tiles]
    finest = _finest(headers)
    return [one.path.name for one in headers if _is_coarser(one, finest)]


def _finest(tiles: Sequence[_Tile]) -> tuple[float, float]:
    return min(one.cell[0] for one in tiles), min(one.cell[1] for one in tiles)


def _is_coarser(tile: _Tile, finest: tuple[float, float]) -> bool:
    return any(own > (1.0 + ALIKE) * least for own, least in zip(tile.cell, finest, strict=True))


def mosaic(tiles: Sequence[Path]) -> bytes:
    """Return a virtual raster (GDAL's VRT) that joins tiles beside it, at the fineness of the finest.

    Coarser tiles are interpolated, bilinear: cells repeated to fill the finer grid would make steps of flat ground.

    Raises
    ------
    StoreError
        If a tile cannot be opened.
    """
    headers = [_tile(path) for path in tiles]
    bounds = list(zip(*(one.bounds for one in headers), strict=True))
    west, south, east, north = min(bounds[0]), min(bounds[1]), max(bounds[2]), max(bounds[3])
    x_cell, y_cell = _finest(headers)
    width, height = round((east - west) / x_cell), round((north - south) / y_cell)
    root = Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    SubElement(root, "SRS").text = headers[0].wkt
    SubElement(root, "GeoTransform").text = f"{west!r}, {x_cell!r}, 0.0, {north!r}, 0.0, {-y_cell!r}"
    band = SubElement(root, "VRTRasterBand", dataType="Float32", band="1")
    SubElement(band, "NoDataValue").text = f"{VOID!r}"
    for one in headers:
        _add_source(band, one, (west, north), (x_cell, y_cell))
    indent(root)
    data: bytes = tostring(root, encoding="utf-8")
    return data


def _add_source(band: Element, tile: _Tile, corner: tuple[float, float], cell: tuple[float, float]) -> None:
    """Add a tile to the band of a virtual raster whose north-western corner and cell are given."""
    how = {"resampling": "bilinear"} if _is_coarser(tile, cell) else {}
    source = SubElement(band, "ComplexSource", how)
    SubElement(source, "SourceFilename", relativeToVRT="1").text = tile.path.name
    SubElement(source, "SourceBand").text = "1"
    SubElement(source, "SrcRect", xOff="0", yOff="0", xSize=str(tile.shape[1]), ySize=str(tile.shape[0]))
    west, south, east, north = tile.bounds
    SubElement(
        source, "DstRect",
        xOff=f"{(west - corner[0]) / cell[0]:.6f}", yOff=f"{(corner[1] - north) / cell[1]:.6f}",
        xSize=f"{(east - west) / cell[0]:.6f}", ySize=f"{(north - south) / cell[1]:.6f}",
    )  # fmt: skip
    if tile.nodata is not None:
        SubElement(source, "NODATA").text = f"{tile.nodata!r}"
