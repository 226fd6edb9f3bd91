"""Calibration: attempts by region and mover such that what the model detects splits as what is reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.sparse import csr_array

from sarhad.detection import Exposure, Graph, Instance
from sarhad.detection.prepared import prepare
from sarhad.detection.routes import Truth, best_paths
from sarhad.errors import DataError
from sarhad.place import Network
from sarhad.programme import Programme, require_none
from sarhad.programme.checks.threats import undetectable, undetectable_threats, wrong_shares
from sarhad.situation.coverage import existing
from sarhad.situation.wayfinding import FloatArray, edge_sections, ways

EVEN = 1e-4  # how weakly factors are pulled towards equal ones, beside shares that add up to 1
SCALED = ("attempts_low", "attempts", "attempts_high")


@dataclass(frozen=True)
class Calibration:
    """A fit of the attempts to reported detections; a fit, not a validation.

    Parameters
    ----------
    scenarios
        Scenarios with the factors applied; those with factor 0 are left out.
    factors
        threat_id, region (of the origin), mover_id, factor, attempts_before, attempts_after.
    shares
        threat_id, region (of the crossing), mover_id, detected_share (reported), before, fitted.
    residual
        Root of the sum of squared differences between reported and fitted shares, by threat.
    """

    scenarios: pd.DataFrame
    factors: pd.DataFrame
    shares: pd.DataFrame
    residual: dict[str, float]


def calibrate(prog: Programme, network: Network, scenarios: pd.DataFrame) -> Calibration:
    """Return the scenarios fitted to the table calibration, threat by threat, totals unchanged.

    One factor >= 0 for each region of origin and mover, so that the detected flow of the logit mover under the
    coverage that exists splits over regions of crossing and movers as reported (least squares on the shares).

    Raises
    ------
    DataError
        If a threat's rows leave out a region and mover that the model detects, or do not add up to 1, or if
        nothing can detect the threat.
    """
    require_none([*wrong_shares(prog), *undetectable_threats(prog)])
    target = prog["calibration"]
    fitted, factors, shares, residual = scenarios, [], [], {}
    threats = sorted(set(target["threat_id"]) & set(scenarios["threat_id"]))
    for threat in threats:
        own = scenarios[scenarios["threat_id"] == threat]
        if not own["attempts_high"].any():  # nobody attempts it, however the attempts split
            continue
        detected = _detected(prog, network, own)
        found = _fit(threat, own, target[target["threat_id"] == threat], detected)
        factors.append(found[0])
        shares.append(found[1])
        residual[threat] = float(np.sqrt(((found[1]["fitted"] - found[1]["detected_share"]) ** 2).sum()))
        fitted = _applied(fitted, found[0])
    empty = pd.DataFrame()
    return Calibration(
        fitted,
        pd.concat(factors, ignore_index=True) if factors else empty,
        pd.concat(shares, ignore_index=True) if shares else empty,
        residual,
    )


def _fit(
    threat: str, own: pd.DataFrame, target: pd.DataFrame, detected: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return factors and shares of one threat; `detected` is the detected flow by scenario and region.

    Only the proportions of the attempts count, so that a threat whose likely rate is 0 is fitted by its high one.
    """
    reported = target.set_index(["region", "mover_id"])["detected_share"].sort_index()
    groups = own.groupby(["region", "mover_id"], sort=True)
    _refuse_target(threat, reported, own, detected)
    model = np.zeros((len(reported), groups.ngroups))
    attempts, weight = np.zeros((2, groups.ngroups))
    keys = []
    for g, (key, members) in enumerate(groups):
        keys.append(key)
        attempts[g], weight[g] = members["attempts"].sum(), members[_weighing(own)].sum()
        flow = detected.loc[members.index].sum()
        for row, (region, mover) in enumerate(reported.index):
            model[row, g] = flow.get(region, 0.0) if mover == key[1] else 0.0
    if not model.any():
        require_none([undetectable(threat)])
    factor = _factors(model, weight, reported.to_numpy(dtype=np.float64))
    factor *= weight.sum() / (factor @ weight)
    regions, movers = zip(*keys, strict=True)
    factors = pd.DataFrame(
        {
            "threat_id": threat,
            "region": regions,
            "mover_id": movers,
            "factor": factor,
            "attempts_before": attempts,
            "attempts_after": attempts * factor,
        }
    )
    shares = reported.reset_index().assign(
        threat_id=threat, before=_share(model.sum(axis=1)), fitted=_share(model @ factor)
    )
    return factors, shares[["threat_id", "region", "mover_id", "detected_share", "before", "fitted"]]


def _weighing(own: pd.DataFrame) -> str:
    """Return the column of attempts that a threat is fitted by."""
    return "attempts" if own["attempts"].any() else "attempts_high"


def _factors(model: FloatArray, attempts: FloatArray, share: FloatArray) -> FloatArray:
    """Return the factors >= 0 whose detected flow splits as reported, up to a common scale.

    Where the reports cannot tell factors apart a weak pull towards equal ones decides.
    """
    level = model / model.sum()
    pull = EVEN * np.sqrt(attempts / attempts.sum())
    return np.asarray(nnls(np.vstack([level, np.diag(pull)]), np.append(share, pull))[0])


def _share(flow: FloatArray) -> FloatArray:
    return np.asarray(flow / flow.sum() if flow.sum() > 0 else flow)


def _applied(scenarios: pd.DataFrame, factors: pd.DataFrame) -> pd.DataFrame:
    by = ["threat_id", "region", "mover_id"]
    factor = scenarios[by].merge(factors[[*by, "factor"]], on=by, how="left")["factor"].fillna(1.0).to_numpy()
    found = scenarios.copy()
    for column in SCALED:
        found[column] = found[column] * factor
    return found[factor > 0].reset_index(drop=True)


def _detected(prog: Programme, network: Network, own: pd.DataFrame) -> pd.DataFrame:
    """Return the attempts a year that are detected, by scenario (rows, index of `own`) and region of crossing."""
    instance = _instance(prog, network, own)
    prepared = prepare(instance)
    seen = Truth(instance.existing, instance.existing)
    outcome = best_paths(
        prepared, instance.effort + instance.existing, [seen], float(prog.setting("choice_theta"))
    )[0]
    caught = (outcome.share - outcome.through).toarray() * instance.attempts_per_year[:, None]
    region_of = dict(zip(prog["segment"]["id"], prog["segment"]["region"], strict=True))
    region = [region_of[segment] for segment in network.edge["segment_id"].iloc[prepared.crossing]]
    return pd.DataFrame(caught.T).groupby(pd.Index(region)).sum().T.set_index(own.index)


def _instance(prog: Programme, network: Network, own: pd.DataFrame) -> Instance:
    found = ways(network)
    crosses = network.edge["is_crossing"].to_numpy(dtype=np.bool_)
    section = np.where(crosses, edge_sections(prog, network, found), -1)
    n_edges, node = len(network.edge), {name: i for i, name in enumerate(found.node_ids)}
    mover = {name: i for i, name in enumerate(network.movers)}
    nothing = tuple(csr_array((0, n_edges), dtype=np.float64) for _ in network.movers)
    none = np.zeros(0, dtype=np.int64)
    return Instance(
        graph=Graph(len(node), found.tail, found.head, section, tuple(network.edge["id"])),
        exposure=Exposure((), none, (), nothing, np.zeros((0, 1))),
        movers=network.movers,
        threats=(str(own["threat_id"].iloc[0]),),
        sections=tuple(prog["section"].sort_values("chainage_from_km")["id"]),
        effort=network.hours * float(prog.setting("abandonment_per_hour")),
        existing=existing(prog, network),
        scenario_ids=tuple(own["id"]),
        origin=np.array([node[one] for one in own["origin_id"]], dtype=np.int64),
        destination=np.array([node[one] for one in own["destination_id"]], dtype=np.int64),
        mover=np.array([mover[one] for one in own["mover_id"]], dtype=np.int64),
        threat=np.zeros(len(own), dtype=np.int64),
        attempts_per_year=own[_weighing(own)].to_numpy(dtype=np.float64),
        consequence=np.ones(1),
    )


def _refuse_target(threat: str, reported: pd.Series, own: pd.DataFrame, detected: pd.DataFrame) -> None:
    flow = detected.groupby(own["mover_id"]).sum()
    lacking = [
        f"{region} {mover}"
        for region in sorted(flow.columns)
        for mover in sorted(flow.index)
        if flow.loc[mover, region] > 0 and (region, mover) not in reported.index
    ]
    if lacking:
        raise DataError(
            f"calibration.detected_share: threat {threat} has no row for {', '.join(lacking)}. Give a share for each "
            f"region and mover that can be detected.",
            table="calibration",
            column="detected_share",
            ids=(threat,),
        )
