"""Geometry as GeoPackage blobs: a header with envelope, then well-known binary."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely

from sarhad.programme.values import CellError

SRS_ID = 4326

_LITTLE_ENDIAN, _ENVELOPE_XY, _EMPTY = 0b1, 0b10, 0b10000
_HEADER = struct.Struct("<2sBBi")
_HEADER_XY = struct.Struct("<2sBBi4d")
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}

Bounds = tuple[float, float, float, float]


def to_blobs(shapes: npt.NDArray[np.object_], bounds: npt.NDArray[np.float64]) -> list[bytes | None]:
    """Return each geometry as a blob; None stays None. Points carry no envelope, as the standard advises.

    Parameters
    ----------
    shapes
        Points or lines, shape (n,).
    bounds
        Their xmin, ymin, xmax, ymax, shape (n, 4).
    """
    blobs: list[bytes | None] = []
    is_point = shapely.get_type_id(shapes) == shapely.GeometryType.POINT.value
    bodies = shapely.to_wkb(shapes, byte_order=1)
    point_head = _HEADER.pack(b"GP", 0, _LITTLE_ENDIAN, SRS_ID)
    flags = _LITTLE_ENDIAN | _ENVELOPE_XY
    for body, (xmin, ymin, xmax, ymax), is_bare in zip(
        bodies, bounds.tolist(), is_point.tolist(), strict=True
    ):
        if body is None:
            blobs.append(None)
        elif is_bare:
            blobs.append(point_head + body)
        else:
            blobs.append(_HEADER_XY.pack(b"GP", 0, flags, SRS_ID, xmin, xmax, ymin, ymax) + body)
    return blobs


def from_blobs(blobs: Sequence[object]) -> list[object]:
    """Return the geometry of each blob; None stays None, and what is no geometry stays as it is."""
    try:
        bodies = [None if blob is None else _body(blob) for blob in blobs]
        return list(shapely.from_wkb(bodies))
    except (CellError, shapely.errors.GEOSException):
        return [_or_itself(blob) for blob in blobs]


def bounds_of(blob: bytes) -> Bounds | None:
    """Return xmin, ymin, xmax, ymax of a blob, from its envelope where it has one; None when empty.

    Raises
    ------
    CellError
        If it is not a GeoPackage geometry.
    """
    body = _body(blob)
    flags = blob[3]
    if flags & _EMPTY:
        return None
    if flags >> 1 & 0b111:
        order = "<" if flags & _LITTLE_ENDIAN else ">"
        xmin, xmax, ymin, ymax = struct.unpack_from(f"{order}4d", blob, 8)
        return xmin, ymin, xmax, ymax
    shape = shapely.from_wkb(body)
    if shape.is_empty:
        return None
    xmin, ymin, xmax, ymax = shape.bounds
    return xmin, ymin, xmax, ymax


def _or_itself(blob: object) -> object:
    try:
        return None if blob is None else shapely.from_wkb(_body(blob))
    except (CellError, shapely.errors.GEOSException):
        return blob


def _body(blob: object) -> bytes:
    if not isinstance(blob, bytes) or len(blob) < _HEADER.size or blob[:2] != b"GP":
        raise CellError("is not a GeoPackage geometry", "Draw the shape again.")
    kind = blob[3] >> 1 & 0b111
    if kind not in _ENVELOPE_BYTES:
        raise CellError("is not a GeoPackage geometry", "Draw the shape again.")
    return blob[_HEADER.size + _ENVELOPE_BYTES[kind] :]
