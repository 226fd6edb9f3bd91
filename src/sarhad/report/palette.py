"""Every colour of the report in one place; all pairs stay apart for colour-blind readers and on paper."""

from __future__ import annotations

from collections.abc import Mapping

INK = "#1d2733"
MUTED = "#56616e"
RULE = "#d5dae0"
PAPER = "#ffffff"
WASH = "#f4f6f8"

BEFORE = "#4477aa"  # blue
AFTER = "#d95f02"  # orange
LIMIT = "#8a949f"
WATER = "#3f7fb5"

DETECTION = "viridis"  # colour map of detection, dark (low) to light (high)

# Okabe and Ito (2008), black and yellow left out for contrast on white
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7a5195", "#8c8c8c")

MARKERS: Mapping[str, str] = {
    "infrastructure": "s",
    "surveillance": "^",
    "barrier": "D",
    "mobility": "o",
    "crossing_point": "P",
    "communications": "X",
    "community": "h",
    "enabling": "v",
    "sustainment": "*",
    "coordination": "p",
    "capacity": "<",
    "cyber": ">",
}
OTHER_MARKER = "d"
