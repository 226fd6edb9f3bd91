"""What posts see over a grid of heights: exactly, nearly, many at once, and how likely."""

from sarhad.place.viewshed.chance import chance_seen, draws_bytes
from sarhad.place.viewshed.many import Views, best_height, memory_bytes, views
from sarhad.place.viewshed.shares import share_seen
from sarhad.place.viewshed.spec import EARTH_RADIUS_M, ViewSpec, seen_from, unpack

__all__ = [
    "EARTH_RADIUS_M",
    "ViewSpec",
    "Views",
    "best_height",
    "chance_seen",
    "draws_bytes",
    "memory_bytes",
    "seen_from",
    "share_seen",
    "unpack",
    "views",
]
