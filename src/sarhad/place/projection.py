"""One local metric projection, chosen from the data: the one that changes lengths least."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from pyproj import CRS, Proj
from scipy.optimize import minimize

from sarhad.place.border import FloatArray, Line
from sarhad.programme.geodesy import WGS84

SAMPLES = 121  # points along the line at which the scale is judged, and as many to each side


@dataclass(frozen=True)
class Projection:
    """A projected coordinate system in metres and how far it distorts lengths.

    Parameters
    ----------
    crs
        The coordinate system.
    distortion
        Largest ``|scale - 1|`` along the line and both edges of the corridor.
    candidates
        The same of each family that was tried.
    """

    crs: CRS
    distortion: float
    candidates: dict[str, float]


def choose_projection(line: Line, corridor_km: float) -> Projection:
    """Return the conformal projection with the least distortion along the line and its corridor.

    Notes
    -----
    Each family is fitted by making the ratio of its largest to its smallest scale least, then its
    scale factor puts 1 midway between the two. Parameters are rounded, so the choice is the same on
    every machine.

    References
    ----------
    Snyder (1987), Map Projections: A Working Manual, USGS Professional Paper 1395.
    """
    lon, lat = _judged_points(line, corridor_km)
    fitted = {name: _fit(family, start, lon, lat) for name, (family, start) in _families(line).items()}
    best = min(sorted(fitted), key=lambda name: fitted[name][1])
    return Projection(
        CRS.from_user_input(fitted[best][0]),
        fitted[best][1],
        {name: fitted[name][1] for name in sorted(fitted)},
    )


def _judged_points(line: Line, corridor_km: float) -> tuple[FloatArray, FloatArray]:
    """Return lon and lat of points on the line and `corridor_km` to each side of it."""
    at = np.linspace(0.0, line.length_km, SAMPLES)
    lon, lat = line.point_at(at)
    reach = line.length_km / SAMPLES
    to_lon, to_lat = line.point_at(np.minimum(at + reach, line.length_km))
    from_lon, from_lat = line.point_at(np.maximum(at - reach, 0.0))
    azimuth, _, _ = WGS84.inv(from_lon, from_lat, to_lon, to_lat)
    lons, lats = [lon], [lat]
    for turn in (-90.0, 90.0):
        far_lon, far_lat, _ = WGS84.fwd(
            lon, lat, np.asarray(azimuth) + turn, np.full(SAMPLES, corridor_km * 1000.0)
        )
        lons.append(np.asarray(far_lon))
        lats.append(np.asarray(far_lat))
    return np.concatenate(lons), np.concatenate(lats)


def _families(line: Line) -> dict[str, tuple[Callable[[FloatArray, float], str], FloatArray]]:
    """Return for each family its definition from parameters and scale factor, and where to start."""
    middle_lon = float((line.lon.min() + line.lon.max()) / 2)
    middle_lat = float((line.lat.min() + line.lat.max()) / 2)
    azimuth, _, _ = WGS84.inv(line.lon[0], line.lat[0], line.lon[-1], line.lat[-1])

    def transverse(p: FloatArray, k: float) -> str:
        return f"+proj=tmerc +lat_0={middle_lat:.4f} +lon_0={p[0]:.4f} +k_0={k:.8f} +ellps=WGS84 +units=m"

    def conic(p: FloatArray, k: float) -> str:
        return (
            f"+proj=lcc +lat_1={p[0]:.4f} +lat_0={p[0]:.4f} +lon_0={middle_lon:.4f} "
            f"+k_0={k:.8f} +ellps=WGS84 +units=m"
        )

    def oblique(p: FloatArray, k: float) -> str:
        return (
            f"+proj=omerc +lat_0={p[0]:.4f} +lonc={middle_lon:.4f} +alpha={p[1]:.4f} "
            f"+k_0={k:.8f} +ellps=WGS84 +units=m"
        )

    return {
        "transverse_mercator": (transverse, np.array([middle_lon])),
        "lambert_conformal_conic": (conic, np.array([middle_lat])),
        "oblique_mercator": (oblique, np.array([middle_lat, float(azimuth)])),
    }


def _fit(
    family: Callable[[FloatArray, float], str], start: FloatArray, lon: FloatArray, lat: FloatArray
) -> tuple[str, float]:
    """Return the best definition of a family and its distortion; infinite where it cannot be drawn."""

    def spread(p: FloatArray) -> float:
        scale = _scale(family(p, 1.0), lon, lat)
        return float(np.log(scale.max() / scale.min())) if np.isfinite(scale).all() else 1e9

    found = minimize(
        spread, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9, "maxiter": 300}
    )
    p = np.round(found.x, 2)
    scale = _scale(family(p, 1.0), lon, lat)
    if not np.isfinite(scale).all():
        return family(start, 1.0), float("inf")
    balanced = family(p, 2.0 / float(scale.max() + scale.min()))
    return balanced, float(np.abs(_scale(balanced, lon, lat) - 1.0).max())


def _scale(definition: str, lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return the scale at points, infinite where the projection fails."""
    try:
        factors = Proj(definition).get_factors(lon, lat)
    except Exception:  # noqa: BLE001 - PROJ refuses some parameters; such a candidate cannot win
        return np.full(len(lon), np.inf)
    return np.asarray(factors.meridional_scale, dtype=np.float64)
