"""The working form of a programme: one GeoPackage file, read and written in single transactions."""

from __future__ import annotations

from sarhad.programme.geopackage.reading import read_geopackage
from sarhad.programme.geopackage.writing import write_geopackage

__all__ = ["read_geopackage", "write_geopackage"]
