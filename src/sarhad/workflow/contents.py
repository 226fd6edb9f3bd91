"""The frames of a report, each from the tables and evaluations it rests on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from sarhad import measures, situation
from sarhad.detection import Evaluation, Instance, evaluate, value_by_period
from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.programme import Programme
from sarhad.report import COLUMNS
from sarhad.workflow.prepare import Prepared

FLOW_BIN_KM = 10.0
NAMES = ["name_en", "name_ru", "name_ar"]
CALIBRATION = COLUMNS["calibration"]


@dataclasses.dataclass(frozen=True)
class BeforeAfter:
    """One year of the final state, without and with the plan."""

    before: Evaluation
    after: Evaluation


def sections(prog: Programme, found: BeforeAfter) -> pd.DataFrame:
    """Return the sections with detection before and after, weighted over threats and movers by their attempts.

    Detection is missing where nobody can cross.
    """
    frame = prog["section"].sort_values("chainage_from_km").reset_index(drop=True)
    segments = prog["segment"]
    shapes = [
        merged(segments[segments["section_id"] == section].sort_values("chainage_from_km"))
        for section in frame["id"]
    ]
    return frame.assign(
        length_km=frame["chainage_to_km"] - frame["chainage_from_km"],
        detection_before=found.before.detection_by_section[-1],
        detection_after=found.after.detection_by_section[-1],
        geometry=pd.Series(shapes, dtype=object),
    )


def merged(segments: pd.DataFrame) -> object:
    """Return one line through consecutive segments."""
    from shapely.geometry import LineString

    points = [point for line in segments["geometry"] for point in line.coords]
    return LineString(list(dict.fromkeys(points)))


def points_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with columns lon and lat from its point geometry; blank where there is none."""
    lon = [point.x if point is not None else np.nan for point in frame["geometry"]]
    lat = [point.y if point is not None else np.nan for point in frame["geometry"]]
    return frame.assign(lon=lon, lat=lat)


def threats(prog: Programme, instance: Instance, found: BeforeAfter) -> pd.DataFrame:
    """Return a year of each threat in the final state, unweighted: attempts, got through, share detected."""
    frame = prog["threat"].set_index("id").loc[list(instance.threats)].reset_index()
    return frame.assign(
        attempts=found.before.attempts[-1],
        attempts_after=found.after.attempts[-1],
        through_before=found.before.through[-1],
        through_after=found.after.through[-1],
        detected_before=share(found.before.detected[-1], found.before.attempts[-1]),
        detected_after=share(found.after.detected[-1], found.after.attempts[-1]),
    )


def share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Return part / whole, zero where there is nothing."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def threats_apart(prog: Programme, rates: pd.DataFrame, kept: dict[str, float]) -> pd.DataFrame:
    """Return the threats without a place: rates a year, and with the plan's prevention."""
    names = prog["threat"].rename(columns={"id": "threat_id"})[["threat_id", *NAMES]]
    frame = rates.drop(columns="name_en").merge(names, on="threat_id").rename(columns={"threat_id": "id"})
    with_plan = [
        rate * kept.get(threat, 1.0) for threat, rate in zip(frame["id"], frame["rate"], strict=True)
    ]
    return frame.assign(rate_with_plan=with_plan)


def threats_never(prog: Programme, shown: set[str]) -> pd.DataFrame:
    """Return what is never minimised, with the reason."""
    frame = prog["threat"]
    frame = frame[~frame["enters_value"] & ~frame["id"].isin(shown)]
    return frame.rename(columns={"enters_value_reason": "reason"}).sort_values("id").reset_index(drop=True)


def items(prog: Programme, plan_items: pd.DataFrame) -> pd.DataFrame:
    """Return the chosen items with measure, place, quarters and cost."""
    sites = points_of(prog["site"]).rename(columns={"id": "site_id"})
    names = prog["measure"].rename(columns={"id": "measure_id"})[["measure_id", *NAMES]]
    candidates = prog["item"].rename(columns={"id": "item_id"})
    columns = ["site_id", "chainage_from_km", "chainage_to_km", "lon", "lat"]
    return (
        plan_items.merge(candidates, on="item_id", how="left")
        .merge(sites[columns], on="site_id", how="left")
        .merge(names, on="measure_id", how="left")
        .sort_values("item_id")
        .reset_index(drop=True)
    )


def detection(instance: Instance, found: BeforeAfter) -> pd.DataFrame:
    """Return detection by section and threat, before and after, in the final state."""
    before = found.before.detection_by_section_threat[-1]
    after = found.after.detection_by_section_threat[-1]
    rows = [
        {"section_id": section, "threat_id": threat, "before": before[k, h], "after": after[k, h]}
        for k, section in enumerate(instance.sections)
        for h, threat in enumerate(instance.threats)
        if np.isfinite(before[k, h])
    ]
    return pd.DataFrame(rows)


def flow(prepared: Prepared, final: np.ndarray) -> pd.DataFrame:
    """Return attempts a year by threat and stretch of the line, before and after."""
    instance = prepared.instance
    frames = []
    for number, threat in enumerate(instance.threats):
        part = only_threat(instance, number)
        if part.n_scenarios == 0:
            continue
        before = flow_by_bin(prepared, part, np.zeros_like(final))
        after = flow_by_bin(prepared, part, final)
        start = FLOW_BIN_KM * np.arange(len(before))
        end = np.minimum(start + FLOW_BIN_KM, prepared.prog["section"]["chainage_to_km"].max())
        columns = {"chainage_from_km": start, "chainage_to_km": end, "before": before, "after": after}
        frames.append(pd.DataFrame({"threat_id": threat, **columns}))
    return pd.concat(frames, ignore_index=True)


def only_threat(instance: Instance, number: int) -> Instance:
    """Return the instance with the scenarios of one threat."""
    keep = np.flatnonzero(instance.threat == number)
    return dataclasses.replace(
        instance,
        scenario_ids=tuple(instance.scenario_ids[i] for i in keep),
        origin=instance.origin[keep],
        destination=instance.destination[keep],
        mover=instance.mover[keep],
        threat=instance.threat[keep],
        attempts_per_year=instance.attempts_per_year[keep],
    )


def flow_by_bin(
    prepared: Prepared, instance: Instance, operating: np.ndarray, bin_km: float = FLOW_BIN_KM
) -> np.ndarray:
    """Return attempts a year by stretch of the line where the chosen paths cross."""
    found = evaluate(instance, operating[None, :], np.ones(1))
    chainage = prepared.network.edge["chainage_km"].to_numpy(dtype=np.float64)[found.crossing]
    length = float(prepared.prog["section"]["chainage_to_km"].max())
    count = int(np.ceil(length / bin_km))
    return np.bincount(np.minimum(chainage // bin_km, count - 1).astype(int), found.flow[-1], count)


def moved_share(frame: pd.DataFrame, far_km: float) -> float:
    """Return the least share of attempts whose crossing must have moved by more than `far_km` along the line.

    Notes
    -----
    For each threat, the mass that is left after matching before and after greedily within `far_km`, from west to
    east: on a line this matching is optimal.
    """
    left, total = 0.0, 0.0
    for _, part in frame.groupby("threat_id"):
        supply = part["before"].to_numpy() / max(part["before"].sum(), 1e-300)
        wanted = part["after"].to_numpy() / max(part["after"].sum(), 1e-300)
        matched = matched_within(supply, wanted, int(far_km // FLOW_BIN_KM))
        left += (1.0 - matched) * part["before"].sum()
        total += part["before"].sum()
    return left / total if total > 0 else 0.0


def matched_within(supply: np.ndarray, wanted: np.ndarray, reach: int) -> float:
    """Return the largest mass that can be matched between bins at most `reach` apart."""
    supply, wanted = supply.copy(), wanted.copy()
    matched, first = 0.0, 0
    for place in range(len(wanted)):
        first = max(first, place - reach)
        while wanted[place] > 0 and first <= min(place + reach, len(supply) - 1):
            take = min(wanted[place], supply[first])
            supply[first] -= take
            wanted[place] -= take
            matched += take
            first += supply[first] == 0
    return matched


def calibration(fit: situation.Calibration) -> pd.DataFrame:
    """Return reported and fitted shares by region of crossing, factors by region of origin, in one row a mover."""
    if fit.shares.empty:
        return pd.DataFrame(columns=[*CALIBRATION])
    by = ["threat_id", "region", "mover_id"]
    frame = fit.shares.merge(fit.factors, on=by, how="outer").sort_values(by, ignore_index=True)
    residual = frame["threat_id"].map(fit.residual)
    return frame.rename(columns={"detected_share": "reported"}).assign(residual=residual)[[*CALIBRATION]]


def patrols(prog: Programme, views: measures.Views) -> pd.DataFrame:
    """Return the chance of detection of each patrol: the catalogue's, and that of random search."""
    names = prog["measure"].rename(columns={"id": "measure_id"})[["measure_id", *NAMES]]
    found = measures.patrol_figures(prog, views).rename(columns={"koopman_p": "computed_p"})
    return found.merge(names, on="measure_id").sort_values("effect_id", ignore_index=True)


def by_quarter(
    instance: Instance, labels: tuple[str, ...], operating: BoolArray, years: FloatArray
) -> pd.DataFrame:
    """Return the value of each quarter of the horizon, without and with the plan."""
    count = len(labels)
    without = value_by_period(instance, np.zeros_like(operating), years)[:count]
    with_plan = value_by_period(instance, operating, years)[:count]
    return pd.DataFrame({"quarter": labels, "without_plan": without, "with_plan": with_plan})
