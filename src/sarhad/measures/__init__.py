"""Measures: candidate sites and items, and the exposure that they add."""

from sarhad.measures.candidate import items
from sarhad.measures.catalogue import Effect, effects
from sarhad.measures.check import check_effect
from sarhad.measures.columns import exposure, prevention
from sarhad.measures.comparison import patrol_figures
from sarhad.measures.geometry import Views, views
from sarhad.measures.siting import sites

__all__ = [
    "Effect",
    "Views",
    "check_effect",
    "effects",
    "exposure",
    "items",
    "patrol_figures",
    "prevention",
    "sites",
    "views",
]
