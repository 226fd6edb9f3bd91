"""Small files in the forms that the publishers have, about a line of 0.2 degrees near 10 E 40 N."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from rasterio.io import MemoryFile

from sarhad.ingest.terrain import tile_name
from tests.ingest.server import Server, whole

SIDE = 120  # cells of a tile
LINE = [[10.9, 40.5], [11.1, 40.5]]


def tile(
    lat: int, lon: int, height: float | np.ndarray, nodata: float | None = None, *, across: int = SIDE
) -> bytes:
    """Return a tile as GLO-30 has them: moved by half a cell to the north and west."""
    cell, wide = 1.0 / SIDE, 1.0 / across
    transform = Affine(wide, 0, lon - wide / 2, 0, -cell, lat + 1 + cell / 2)
    profile = {
        "driver": "GTiff",
        "width": across,
        "height": SIDE,
        "count": 1,
        "dtype": "float32",
        "nodata": nodata,
    }
    with MemoryFile() as memory:
        with memory.open(**profile, crs="EPSG:4326", transform=transform) as file:
            file.write(np.full((SIDE, across), height, dtype=np.float32), 1)
        return bytes(memory.read())


def put_terrain(server: Server, tiles: dict[tuple[int, int], bytes]) -> None:
    """Publish tiles with their list."""
    names = {tile_name(*at): data for at, data in tiles.items()}
    server.put("/tileList.txt", whole("\r\n".join(names).encode(), kind="text/plain"))
    for name, data in names.items():
        server.put(f"/{name}/{name}.tif", whole(data), size=len(data))


def zipped(name: str, text: str) -> bytes:
    """Return an archive with one file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return data.getvalue()


def place(
    number: int, name: str, lon: float, lat: float, *, code: str = "PPL", others: str = "", people: int = 0
) -> str:
    """Return a line of the gazetteer."""
    cells = [
        str(number),
        name,
        name,
        others,
        str(lat),
        str(lon),
        "P",
        code,
        "TJ",
        *[""] * 5,
        str(people),
        "",
        "",
        "",
        "",
    ]
    return "\t".join(cells)


def put_places(server: Server, lines: list[str]) -> None:
    """Publish a gazetteer and, of two countries that meet at 40.5 N, two levels of units."""
    data = zipped("cities500.txt", "\n".join(lines) + "\n")
    server.put("/cities500.zip", whole(data), size=len(data))
    for country, south in (("TJK", 40.5), ("AFG", 39.5)):
        halves = {"West": (10.0, 10.99), "East": (10.99, 12.0)}
        units = [square(f"{name} of {country}", w, south, e, south + 1) for name, (w, e) in halves.items()]
        put_units(server, country, "ADM1", [square(f"All {country}", 10.0, south, 12.0, south + 1)])
        put_units(server, country, "ADM2", units)


def square(name: str, west: float, south: float, east: float, north: float) -> dict[str, object]:
    """Return a unit as a feature."""
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"shapeName": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def put_units(server: Server, country: str, level: str, units: list[dict[str, object]], **said: str) -> None:
    """Publish the units of a level and what is said of them."""
    file = f"/files/{country}-{level}.geojson"
    meta = {
        "gjDownloadURL": server.base + file,
        "boundaryLicense": f"licence of {country}",
        "boundarySource": f"surveyors of {country}",
        "buildDate": "Dec 12, 2023",
        **said,
    }
    server.put(f"/{country}/{level}/", whole(json.dumps(meta).encode(), kind="application/json"))
    data = json.dumps({"type": "FeatureCollection", "features": units}).encode()
    server.put(file, whole(data), size=len(data))


EVENTS = (
    "id,date_start,latitude,longitude,country_id,country,adm_1,adm_2,where_prec,type_of_violence,best,high,low,side_a\n"
    "1,2021-02-03 00:00:00.000,40.50,11.00,700,Afghanistan,Takhar,Darqad,1,1,2,3,1,Somebody\n"
    "2,2021-03-30 00:00:00.000,40.52,11.02,700,Afghanistan,Takhar,Darqad,2,1,4,5,4,Somebody\n"
    "3,2021-04-01 00:00:00.000,40.52,11.02,700,Afghanistan,Takhar,,3,3,1,1,0,Somebody\n"
    "4,2021-04-02 00:00:00.000,40.52,11.02,700,Afghanistan,,,5,1,9,9,9,Somebody\n"
    "5,2021-04-02 00:00:00.000,20.00,11.02,432,Mali,,,1,1,9,9,9,Somebody\n"
)

NODES = {
    1: (10.90, 40.40, ""), 2: (10.95, 40.45, ""), 3: (11.00, 40.45, ""), 4: (11.05, 40.45, ""), 5: (11.00, 40.40, ""),
    6: (11.00, 40.48, ""), 7: (10.97, 40.47, ""), 8: (11.02, 40.47, ""),
    20: (11.00, 40.51, '<tag k="barrier" v="border_control"/><tag k="name" v="Пост"/><tag k="name:en" v="North Post"/>'),
    21: (11.001, 40.495, '<tag k="barrier" v="border_control"/><tag k="name" v="South Post"/>'),
    22: (11.00, 40.40, '<tag k="barrier" v="border_control"/>'),
    23: (11.05, 40.50, '<tag k="barrier" v="gate"/>'),
}  # fmt: skip
WAYS = {
    100: ([1, 2], {"highway": "primary"}),
    101: ([2, 3, 4], {"highway": "secondary"}),
    102: ([3, 5], {"highway": "track"}),  # no road of the kinds that count: 3 is no junction of roads by it
    103: ([3, 6], {"highway": "tertiary"}),
    104: ([3, 7, 6], {"highway": "unclassified"}),  # the longer of two ways between 3 and 6
    105: ([6, 8], {"highway": "primary_link"}),
    200: ([1, 5], {"waterway": "river", "name": "Панҷ", "name:en": "Panj"}),
    201: ([5, 4], {"waterway": "river", "name": "Панҷ", "name:en": "Panj"}),
    202: ([7, 8], {"waterway": "river"}),
    203: ([7, 8], {"waterway": "stream", "name": "Brook"}),
}


def extract_pbf() -> bytes:
    """Return the same extract as PBF."""
    nodes = {
        k: (lon, lat, dict(re.findall(r'k="(.*?)" v="(.*?)"', tags))) for k, (lon, lat, tags) in NODES.items()
    }
    return as_pbf(nodes, WAYS)


def extract() -> bytes:
    """Return an extract of OpenStreetMap, as XML."""
    nodes = "".join(
        f'<node id="{k}" version="1" lon="{lon}" lat="{lat}">{tags}</node>\n'
        for k, (lon, lat, tags) in NODES.items()
    )
    ways = "".join(
        f'<way id="{k}" version="1">'
        + "".join(f'<nd ref="{n}"/>' for n in refs)
        + "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        + "</way>\n"
        for k, (refs, tags) in WAYS.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{nodes}{ways}</osm>\n'.encode()


def as_pbf(
    nodes: dict[int, tuple[float, float, dict[str, str]]], ways: dict[int, tuple[list[int], dict[str, str]]]
) -> bytes:
    """Return an extract as PBF, in the simplest form that the format has (plain nodes, nothing compressed)."""
    words = [""]
    place = {"": 0}

    def word(text: str) -> int:
        if text not in place:
            place[text] = len(words)
            words.append(text)
        return place[text]

    def tags(given: dict[str, str]) -> bytes:
        if not given:
            return b""
        keys, values = [word(key) for key in given], [word(value) for value in given.values()]
        return _field(2, b"".join(map(_varint, keys))) + _field(3, b"".join(map(_varint, values)))

    group = b""
    for number, (lon, lat, given) in nodes.items():
        at = _number(8, _signed(round(lat * 1e7))) + _number(9, _signed(round(lon * 1e7)))
        group += _field(1, _number(1, _signed(number)) + tags(given) + at)
    for number, (refs, given) in ways.items():
        steps = [b - a for a, b in zip([0, *refs], refs, strict=False)]
        group += _field(
            3, _number(1, number) + tags(given) + _field(8, b"".join(_varint(_signed(n)) for n in steps))
        )
    table = _field(1, b"".join(_field(1, text.encode()) for text in words))
    header = _field(4, b"OsmSchema-V0.6")
    return _block(b"OSMHeader", header) + _block(b"OSMData", table + _field(2, group))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _signed(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _block(kind: bytes, data: bytes) -> bytes:
    blob = _field(1, data) + _number(2, len(data))
    head = _field(1, kind) + _number(3, len(blob))
    return len(head).to_bytes(4, "big") + head + blob


def put_osm(server: Server, data: bytes, region: str = "asia/here") -> None:
    """Publish an extract, its checksum, and the index that names it."""
    path = f"/{region}-latest.osm.pbf"
    server.put(path, whole(data), size=len(data))
    server.put(
        f"{path}.md5",
        whole(f"{hashlib.md5(data).hexdigest()}  here-latest.osm.pbf\n".encode(), kind="text/plain"),
    )
    elsewhere = square("far", 50.0, 10.0, 52.0, 12.0)
    here, continent = square("here", 9.0, 39.0, 12.0, 42.0), square("asia", 0.0, 0.0, 80.0, 80.0)
    for one, name in ((here, region), (continent, "asia"), (elsewhere, "asia/far")):
        pbf = f"https://download.example.org/{name}-latest.osm.pbf"
        one["properties"] = {"id": name.rpartition("/")[2], "urls": {"pbf": pbf}}
    index = {"type": "FeatureCollection", "features": [here, continent, elsewhere]}
    server.put("/index-v1.json", whole(json.dumps(index).encode()))


def border(path: Path) -> Path:
    """Write the line."""
    path.write_text(json.dumps({"type": "LineString", "coordinates": LINE}), encoding="utf-8")
    return path


def heights(path: Path) -> np.ndarray:
    """Return the cells of a raster."""
    with rasterio.open(path) as raster:
        return np.asarray(raster.read(1))
