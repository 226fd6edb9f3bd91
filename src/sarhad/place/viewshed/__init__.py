"""What posts see over a grid of heights: exactly, nearly, many at once, and how likely."""

from sarhad.place.viewshed.spec import EARTH_RADIUS_M, ViewSpec, seen_from, unpack

__all__ = ["EARTH_RADIUS_M", "ViewSpec", "seen_from", "unpack"]
