"""Checks of the border line and of what is placed along it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from sarhad.programme.faults import Fault
from sarhad.programme.geodesy import line_length_km, nearest_on_line, nearest_piece
from sarhad.programme.values import render_number

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

JOIN_KM = 0.1  # ends that are this near are one
OFF_LINE_KM = 1.0  # how far off the line, or its chainage, a crossing point may lie besides its accuracy
FAR_KM = 1000.0  # nothing that matters to a border lies this far from it
PLACED = ("crossing", "settlement", "river", "road")


def wrong_line(prog: Programme) -> Iterator[Fault]:
    """Yield what is wrong with the border line itself; nothing else can be checked along a wrong one."""
    border = prog["border"]
    if len(border) != 1:
        text, remedy = f"has {len(border)} lines", "A programme has exactly one border line."
        yield Fault("border", "", "", "", text, remedy)
        return
    row, shape = str(border["id"].iloc[0]), border["geometry"].iloc[0]
    if shape is None:
        return
    if not _is_lon_lat(shape):
        yield Fault(
            "border",
            row,
            "geometry",
            "",
            "is not in degrees of lon and lat",
            "Transform it to WGS 84 (EPSG:4326).",
        )
        return
    where = _self_crossing(shape)
    if where is not None:
        text = f"crosses or touches itself near {where}"
        yield Fault("border", row, "geometry", "", text, "Draw the line without loops.")
    stated = border["length_km"].iloc[0]
    measured = line_length_km(shape)
    if not pd.isna(stated) and abs(stated - measured) > 0.05:
        is_metres = stated > 100 * measured
        text = f"differs from the measured length, {measured:.2f} km"
        remedy = (
            "Metres? Divide by 1000." if is_metres else "Both are shown; nothing to do if the source says so."
        )
        yield Fault(
            "border",
            row,
            "length_km",
            render_number(stated),
            text,
            remedy,
            "error" if is_metres else "notice",
        )


def reversed_line(prog: Programme) -> Iterator[Fault]:
    """Yield a line whose direction does not fit the given chainages, and crossings placed elsewhere on it."""
    line = usable_line(prog)
    crossings = prog["crossing"].dropna(subset=["geometry"])
    if line is None or crossings.empty:
        return
    length = line_length_km(line)
    at = np.array([nearest_on_line(line, point.x, point.y) for point in crossings["geometry"]])
    given = crossings["chainage_km"].to_numpy()
    tolerance = crossings["accuracy_km"].fillna(0.0).to_numpy() + OFF_LINE_KM
    is_off = np.abs(at[:, 0] - given) > tolerance
    is_mirrored = np.abs(length - at[:, 0] - given) <= tolerance
    if is_off.any() and (is_off & is_mirrored).sum() > (~is_off).sum():
        text = "runs against the chainages of the crossings: it is reversed"
        yield Fault("border", str(prog["border"]["id"].iloc[0]), "geometry", "", text, "Turn the line round.")
        return
    for i in np.flatnonzero(is_off).tolist():
        remedy = (
            "Metres? Divide by 1000." if given[i] > 10 * length else "Correct the chainage or the position."
        )
        text = f"is not where the position lies, at km {at[i, 0]:.1f}"
        yield Fault(
            "crossing", str(crossings["id"].iloc[i]), "chainage_km", render_number(given[i]), text, remedy
        )
    for i in np.flatnonzero(at[:, 1] > tolerance).tolist():
        text = f"lies {at[i, 1]:.1f} km off the line, more than its accuracy allows"
        yield Fault("crossing", str(crossings["id"].iloc[i]), "geometry", "", text, "Correct the position.")


def wrong_side(prog: Programme) -> Iterator[Fault]:
    """Yield a side `inside` on which the settlements of the other country lie: a reversed line, mostly."""
    line = usable_line(prog)
    if line is None:
        return
    border = prog["border"].iloc[0]
    iso = dict(zip(prog["partner"]["iso2"], prog["partner"]["iso3"], strict=True))
    country = prog["settlement"]["country"].map(iso.get)
    agree = differ = 0
    for code, point in zip(country, prog["settlement"]["geometry"], strict=True):
        if point is None or code not in (border["inside_country"], border["beyond_country"]):
            continue
        is_inside = nearest_piece(line, point.x, point.y)[2] == (border["inside_side"] == "left")
        if is_inside == (code == border["inside_country"]):
            agree += 1
        else:
            differ += 1
    if agree + differ == 0 and len(country):
        text = f"cannot be judged: no settlement is known to lie in {border['inside_country']}"
        remedy = (
            "Name the countries of the border by their ISO 3166-1 alpha-3 codes, settlements by alpha-2; both stand in "
            "the row of a partner."
        )
        yield Fault(
            "border", str(border["id"]), "inside_side", str(border["inside_side"]), text, remedy, "notice"
        )
    if differ > agree:
        text = f"has the settlements of the wrong country on it ({differ} of {agree + differ})"
        remedy = "Turn the line round or correct inside_side."
        yield Fault("border", str(border["id"]), "inside_side", str(border["inside_side"]), text, remedy)


def wrong_runs(prog: Programme) -> Iterator[Fault]:
    """Yield sections, and districts of each side, that overlap, leave gaps or do not cover the line."""
    line = usable_line(prog)
    if line is None:
        return
    length = line_length_km(line)
    if prog["section"].empty:
        yield Fault("section", "", "", "", "has no rows", "Divide the line into sections; one is enough.")
    yield from _runs("section", prog["section"], length)
    for side in ("inside", "beyond"):
        runs = prog["district"][prog["district"]["side"] == side]
        if runs.empty:
            text, remedy = (
                f"has no rows for the side {side}",
                "Say which districts adjoin the line; one is enough.",
            )
            yield Fault("district", "", "side", "", text, remedy)
        yield from _runs("district", runs, length)


def misplaced(prog: Programme) -> Iterator[Fault]:
    """Yield places that are not in degrees, or so far from the line that lon and lat must be swapped."""
    line = usable_line(prog)
    if line is None:
        return
    centre, far = line.centroid, FAR_KM + line_length_km(line)
    for table in PLACED:
        frame = prog[table].dropna(subset=["geometry"])
        for row, shape in zip(frame["id"], frame["geometry"], strict=True):
            if not _is_lon_lat(shape):
                remedy = "Transform it to WGS 84 (EPSG:4326), as all other tables."
                yield Fault(table, row, "geometry", "", "is not in degrees of lon and lat", remedy)
                continue
            apart = _apart_km(shape, centre)
            if apart > far:
                text, remedy = f"lies {apart:.0f} km from the line", "Lon and lat swapped? Write lon first."
                yield Fault(table, row, "geometry", "", text, remedy)


def usable_line(prog: Programme) -> shapely.LineString | None:
    """Return the border line if there is exactly one, in degrees."""
    shapes = prog["border"]["geometry"].tolist()
    if len(shapes) != 1 or shapes[0] is None or not _is_lon_lat(shapes[0]):
        return None
    return shapes[0]


def _runs(table: str, frame: pd.DataFrame, length: float) -> Iterator[Fault]:
    frame = frame.dropna(subset=["chainage_from_km", "chainage_to_km"]).sort_values("chainage_from_km")
    end, last = 0.0, ""
    for row in frame.to_dict("records"):
        name, start, stop = str(row["id"]), float(row["chainage_from_km"]), float(row["chainage_to_km"])
        if stop > 10 * length:
            shown = render_number(stop)
            text, remedy = f"is far beyond the line of {length:.2f} km", "Metres? Divide by 1000."
            yield Fault(table, name, "chainage_to_km", shown, text, remedy)
            return
        if stop <= start:
            text = "does not lie after chainage_from_km"
            yield Fault(table, name, "chainage_to_km", render_number(stop), text, "Swap or correct them.")
        if abs(start - end) > JOIN_KM:
            text = (
                f"leaves a gap after {last or 'km 0'}"
                if start > end
                else f"overlaps {last or 'what lies before km 0'}"
            )
            remedy = f"Begin where the one before ends, at km {render_number(end)}."
            yield Fault(table, name, "chainage_from_km", render_number(start), text, remedy)
        end, last = max(end, stop), name
    if last and abs(end - length) > JOIN_KM:
        text = (
            f"does not reach the end of the line, km {length:.2f}"
            if end < length
            else f"lies beyond the line of {length:.2f} km"
        )
        yield Fault(
            table, last, "chainage_to_km", render_number(end), text, "End the last one where the line ends."
        )


def _is_lon_lat(shape: shapely.Geometry) -> bool:
    lon, lat = np.abs(shapely.get_coordinates(shape)).T
    return bool((lon <= 180.0).all() and (lat <= 90.0).all())


def _self_crossing(line: shapely.LineString) -> str | None:
    if line.is_simple and not line.is_closed:
        return None
    coordinates = shapely.get_coordinates(line)
    pieces = shapely.linestrings(np.stack([coordinates[:-1], coordinates[1:]], axis=1))
    first, second = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    apart = second > first + 1
    if not apart.any():
        return f"{coordinates[0, 0]:.4f} {coordinates[0, 1]:.4f}"
    i = int(np.flatnonzero(apart)[0])
    point = shapely.intersection(pieces[first[i]], pieces[second[i]]).centroid
    return f"{point.x:.4f} {point.y:.4f}"


def _apart_km(shape: shapely.Geometry, centre: shapely.Point) -> float:
    place = shape.centroid
    return line_length_km(shapely.LineString([(place.x, place.y), (centre.x, centre.y)]))
