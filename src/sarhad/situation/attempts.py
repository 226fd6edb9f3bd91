"""Scenarios: which threat, by which mover, from where to where, how often."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sarhad.errors import DataError
from sarhad.place import Network
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.threats import (
    incomplete_threats,
    placed_threats,
    protected_people,
    wrong_shares,
)
from sarhad.situation.calibration import Calibration, calibrate
from sarhad.situation.gravity import Ends, destinations, origins
from sarhad.situation.wayfinding import FloatArray, Ways, ways

NEGLIGIBLE = 1e-4
COLUMNS = (
    "id",
    "threat_id",
    "mover_id",
    "origin_id",
    "destination_id",
    "region",
    "attempts_low",
    "attempts",
    "attempts_high",
)


def scenarios(prog: Programme, network: Network, *, is_calibrated: bool = True) -> pd.DataFrame:
    """Return the scenarios of all threats that enter the value and have a place (table scenario), sorted by id.

    Attempts a year are the threat's rate × the mover's share × gravity. Pairs with less than 1e-4 of the threat's
    attempts are left out and the rest raised in proportion, so that the total of each threat is exact.

    Parameters
    ----------
    prog
        The programme; its table segment must be filled.
    network
        Nodes, edges and hours.
    is_calibrated
        Fit the threats of the table calibration, see `calibrate`.

    Raises
    ------
    DataError
        If a threat enters the value that has no adversary, no rate, no traffic, or shares that do not add up to 1,
        or if a mover finds no way at all.
    """
    require_none([*protected_people(prog), *incomplete_threats(prog), *wrong_shares(prog)])
    threats = placed_threats(prog).set_index("id")
    traffic = prog["traffic"].sort_values(["threat_id", "mover_id"])
    traffic = traffic[traffic["threat_id"].isin(threats.index) & (traffic["share"] > 0)]
    found = ways(network)
    starts, ends = origins(prog, network), destinations(prog, network)
    weights = {
        mover: gravity(prog, network.hours[i], found, starts, ends)
        for i, mover in enumerate(network.movers)
        if mover in set(traffic["mover_id"])
    }
    _refuse_no_way(traffic, weights)
    rows = [
        row
        for threat, mover, share in traffic[["threat_id", "mover_id", "share"]].itertuples(index=False)
        for row in _rows(
            threats.loc[threat], mover, share, _kept(weights[mover], share), network, starts, ends
        )
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("id", ignore_index=True)
    return calibrate(prog, network, frame).scenarios if is_calibrated else frame


def fitted_scenarios(prog: Programme, network: Network) -> Calibration:
    """Return the scenarios as `scenarios` gives them, with the fit that made them: factors, shares and residual.

    Raises
    ------
    DataError
        As `scenarios` and `calibrate`.
    """
    return calibrate(prog, network, scenarios(prog, network, is_calibrated=False))


def gravity(prog: Programme, hours: FloatArray, found: Ways, starts: Ends, ends: Ends) -> FloatArray:
    """Return the weight of each origin and destination, adding up to 1, shape (origins, destinations).

    People at the origin × people at the destination × exp(-hours / gravity_hours); each origin uses its best
    `destinations_per_origin` destinations only.
    """
    apart = np.stack(
        [found.reach(hours, ends.node[d : d + 1], is_reverse=True) for d in range(len(ends.node))]
    )
    pull = ends.people * np.exp(-apart[:, starts.node].T / float(prog.setting("gravity_hours")))
    used = int(prog.setting("destinations_per_origin"))
    rank = np.argsort(np.argsort(-pull, axis=1, kind="stable"), axis=1, kind="stable")
    weight = np.where(rank < used, pull, 0.0) * starts.people[:, None]
    total = weight.sum()
    return np.asarray(weight / total if total > 0 else weight)


def _kept(weight: FloatArray, share: float) -> FloatArray:
    """Return the weights without the negligible ones, adding up to 1 again; the largest always stays."""
    kept = np.where((weight * share >= NEGLIGIBLE) | (weight == weight.max()), weight, 0.0)
    return np.asarray(kept / kept.sum())


def _rows(
    threat: pd.Series,
    mover: str,
    share: float,
    weight: FloatArray,
    network: Network,
    starts: Ends,
    ends: Ends,
) -> Iterator[dict[str, object]]:
    ids, region = network.node["id"].to_numpy(), network.node["region"].to_numpy()
    for o, d in np.argwhere(weight > 0).tolist():
        origin, destination = starts.node[o], ends.node[d]
        part = share * weight[o, d]
        yield {
            "id": f"{threat.name}-{mover}-{ids[origin]}-{ids[destination]}",
            "threat_id": threat.name,
            "mover_id": mover,
            "origin_id": ids[origin],
            "destination_id": ids[destination],
            "region": region[origin],
            "attempts_low": part * threat["rate_low"],
            "attempts": part * threat["rate"],
            "attempts_high": part * threat["rate_high"],
        }


def _refuse_no_way(traffic: pd.DataFrame, weights: dict[str, FloatArray]) -> None:
    stuck = sorted(mover for mover in set(traffic["mover_id"]) if not weights.get(mover, np.zeros(1)).any())
    if stuck:
        raise DataError(
            f"traffic.mover_id: {', '.join(stuck)} find no way from any origin to any destination. Correct the "
            f"mover or its traffic.",
            table="traffic",
            column="mover_id",
            ids=tuple(stuck),
        )
