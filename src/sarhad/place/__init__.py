"""Place: the line, the terrain along it, travel and sight over it, and the network of paths across it."""

from sarhad.place.border import Line, line_of
from sarhad.place.contraction import contracted
from sarhad.place.exposure_fields import random_fields
from sarhad.place.grid import grid_network
from sarhad.place.network import Network, isolated, network
from sarhad.place.ragged import Paths
from sarhad.place.rebuilt import network_from
from sarhad.place.segments import segment_index, segments
from sarhad.place.terrain import Terrain, terrain
from sarhad.place.visibility import visible

__all__ = [
    "Line",
    "Network",
    "Paths",
    "Terrain",
    "contracted",
    "grid_network",
    "isolated",
    "line_of",
    "network",
    "network_from",
    "random_fields",
    "segment_index",
    "segments",
    "terrain",
    "visible",
]
