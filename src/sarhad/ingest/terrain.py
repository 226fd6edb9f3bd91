"""Copernicus GLO-30: which tiles an area needs, and one file that joins them."""

from __future__ import annotations

from collections.abc import Sequence
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
    notices = (
        f"terrain of {len(tiles)} tiles: give {MOSAIC} to viewshed and travel, or each tile to `new --terrain`",
        "heights are of the surface, trees and roofs included, above the EGM2008 geoid",
    )
    files = {tiles[0].parent / MOSAIC: mosaic(tiles)}
    return Brought({}, [source_row(glo30, glo30.page)], files, notices)


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


def mosaic(tiles: Sequence[Path]) -> bytes:
    """Return a virtual raster (GDAL's VRT) that joins tiles beside it, at the fineness of the finest.

    Raises
    ------
    StoreError
        If a tile cannot be opened.
    """
    opened = []
    for tile in tiles:
        try:
            with rasterio.open(tile) as raster:
                opened.append(
                    (
                        tile,
                        raster.bounds,
                        raster.res,
                        raster.shape,
                        raster.dtypes[0],
                        raster.crs,
                        raster.nodata,
                    )
                )
        except rasterio.errors.RasterioIOError as error:
            raise StoreError(f"{tile}: not a readable raster ({error}). Fetch it again.") from error
    west, south = min(b.left for _, b, *_ in opened), min(b.bottom for _, b, *_ in opened)
    east, north = max(b.right for _, b, *_ in opened), max(b.top for _, b, *_ in opened)
    x_res, y_res = min(r[0] for _, _, r, *_ in opened), min(r[1] for _, _, r, *_ in opened)
    width, height = round((east - west) / x_res), round((north - south) / y_res)
    root = Element("VRTDataset", rasterXSize=str(width), rasterYSize=str(height))
    SubElement(root, "SRS").text = opened[0][5].to_wkt()
    SubElement(root, "GeoTransform").text = f"{west!r}, {x_res!r}, 0.0, {north!r}, 0.0, {-y_res!r}"
    nodata = opened[0][6] if opened[0][6] is not None else -32768.0
    band = SubElement(root, "VRTRasterBand", dataType="Float32", band="1")
    SubElement(band, "NoDataValue").text = f"{nodata!r}"
    for tile, bounds, _, shape, *_ in opened:
        source = SubElement(band, "ComplexSource")
        SubElement(source, "SourceFilename", relativeToVRT="1").text = tile.name
        SubElement(source, "SourceBand").text = "1"
        SubElement(source, "SrcRect", xOff="0", yOff="0", xSize=str(shape[1]), ySize=str(shape[0]))
        SubElement(
            source, "DstRect",
            xOff=f"{(bounds.left - west) / x_res:.6f}", yOff=f"{(north - bounds.top) / y_res:.6f}",
            xSize=f"{(bounds.right - bounds.left) / x_res:.6f}", ySize=f"{(bounds.top - bounds.bottom) / y_res:.6f}",
        )  # fmt: skip
    indent(root)
    data: bytes = tostring(root, encoding="utf-8")
    return data
