"""What a simulation says: quantiles of dates and money with their error, joint confidence, indices, missed windows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sarhad.errors import SpecError
from sarhad.schedule.project import FloatArray, IntArray, Project
from sarhad.schedule.risk.memory import Centre, Output
from sarhad.schedule.risk.seasons import Windows

LEVELS = (0.10, 0.50, 0.80, 0.95)
SINGLE = 1e-6  # what single precision loses of a time
SURE = 1.959963984540054  # standard normal deviate of a two-sided 95 % interval


@dataclass(frozen=True)
class Simulation:
    """Many draws of a programme; times are elapsed periods from the project's begin.

    Parameters
    ----------
    finish, cost, windows_missed
        Of the programme in each draw, shape (n,).
    group_names
        Grouping and label of each group; `group_finish` and `group_cost` beside it, shape (G, n).
    activity_ids
        Activities; `activity_finish` and `activity_cost` have shape (A, n), or (A, 0) when they were not kept.
    sums, window_sums
        Sums over the draws: see `memory.Output`.
    centre
        Finish and cost from which the sums count.
    windows
        Season windows.
    seed, notices
        Of the draws; what the reader must know.
    """

    finish: FloatArray
    cost: FloatArray
    windows_missed: IntArray
    group_names: tuple[tuple[str, str], ...]
    group_finish: FloatArray
    group_cost: FloatArray
    activity_ids: tuple[str, ...]
    activity_finish: FloatArray
    activity_cost: FloatArray
    sums: FloatArray
    window_sums: FloatArray
    centre: tuple[float, float]
    windows: Windows
    seed: int
    notices: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls,
        project: Project,
        groups: Sequence[tuple[str, str]],
        windows: Windows,
        out: Output,
        centre: Centre,
        *,
        done: int,
        horizon: int,
        seed: int,
        notices: Sequence[str] = (),
    ) -> Simulation:
        """Return the result of the first `done` draws."""
        notices = list(notices)
        beyond = int((out.finish[:done] > horizon).sum()) if horizon else 0
        if beyond:
            notices.append(
                f"{beyond} of {done} draws end after the calendars' end (period {horizon}), where every period counts "
                "as working. Give longer calendars."
            )
        if done < len(out.finish):
            notices.append(f"stopped after {done} of {len(out.finish)} draws.")
        return cls(
            out.finish[:done],
            out.cost[:done],
            out.missed[:done],
            tuple(groups),
            out.group_finish[:, :done],
            out.group_cost[:, :done],
            project.activity_ids,
            out.activity_finish[:, :done],
            out.activity_cost[:, :done],
            out.sums.sum(axis=0),
            out.window.sum(axis=0),
            (centre.finish, centre.cost),
            windows,
            seed,
            tuple(notices),
        )

    @property
    def iterations(self) -> int:
        """Return the number of draws."""
        return len(self.finish)

    def programme(self) -> pd.DataFrame:
        """Return mean and quantiles of finish, cost and windows missed, each with a 95 % interval."""
        rows = []
        for name, values in (("finish", self.finish), ("cost", self.cost)):
            rows += [{"quantity": name, **row} for row in quantile_rows(np.asarray(values), LEVELS)]
        return pd.DataFrame(rows)

    def activities(self) -> pd.DataFrame:
        """Return quantiles of finish and cost of each activity, and its indices.

        Notes
        -----
        ``criticality_index``: share of draws in which the activity drives the finish (Van Slyke 1963).
        ``cruciality_index``: absolute correlation of its duration and the finish (Williams 1992).
        ``schedule_sensitivity_index``: criticality times the ratio of the standard deviations (PMI; Vanhoucke 2010).

        References
        ----------
        Vanhoucke (2010), Using activity sensitivity and network topology information to monitor project time
        performance, Omega 38(5), 359-370. Williams (1992), Criticality in stochastic networks, JORS 43(4).
        """
        frame = pd.DataFrame({"activity_id": self.activity_ids})
        if self.activity_finish.shape[1]:
            frame = frame.join(_level_columns("finish", self.activity_finish))
            frame = frame.join(_level_columns("cost", self.activity_cost))
        return frame.assign(**self._indices())

    def groups(self) -> pd.DataFrame:
        """Return quantiles of finish and cost of each group."""
        frame = pd.DataFrame(list(self.group_names), columns=["grouping", "label"])
        frame = frame.join(_level_columns("finish", self.group_finish))
        return frame.join(_level_columns("cost", self.group_cost))

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name."""
        return {
            "programme": self.programme(),
            "groups": self.groups(),
            "activities": self.activities(),
            "joint": self.joint(),
            "missed_windows": self.missed_windows(),
            "missed_by": self.missed_by(),
        }

    def operating_periods(self, activity_ids: Sequence[str]) -> IntArray:
        """Return the first period by whose beginning each activity has ended, in every draw, shape (n, K).

        Raises
        ------
        SpecError
            If an activity does not exist, or the draws of activities were not kept.
        """
        place = {name: a for a, name in enumerate(self.activity_ids)}
        unknown = [name for name in activity_ids if name not in place]
        if unknown:
            raise SpecError(
                f"activities: there is no {', '.join(unknown[:5])}. There are {len(place)} others."
            )
        if not self.activity_finish.shape[1]:
            raise SpecError("activities: their draws were not kept. Simulate with keeps_activities=True.")
        rows = self.activity_finish[[place[name] for name in activity_ids]].astype(np.float64)
        return np.ceil(rows.T - SINGLE * np.maximum(rows.T, 1.0)).astype(np.int64)

    def summary(self, drivers: pd.DataFrame | None = None) -> dict[str, object]:
        """Return the main figures as plain values for JSON; `drivers` is what `rank_drivers` returned."""
        windows = self.missed_windows()
        ranked = [] if drivers is None else drivers.to_dict("records")
        return {
            "iterations": self.iterations,
            "seed": self.seed,
            "finish": _levels(self.finish),
            "cost_usd": _levels(self.cost),
            "windows_missed": float(self.windows_missed.mean()),
            "windows": [_plain(row) for row in windows.to_dict("records")],
            "joint": [_plain(row) for row in self.joint().to_dict("records")],
            "drivers": [_plain(row) for row in ranked],
            "notices": list(self.notices),
        }

    def joint(self, levels: Sequence[float] = (0.5, 0.7, 0.8)) -> pd.DataFrame:
        """Return, for each level, the chance to keep both quantiles, and a pair of date and money kept with that chance.

        Notes
        -----
        ``joint`` is P(finish <= its quantile and cost <= its quantile). The pair stands at one common marginal level
        ``at`` of both, raised until the joint chance reaches the level: of the many pairs with that chance the
        balanced one.

        References
        ----------
        NASA (2015), Cost Estimating Handbook 4.0, appendix J: joint cost and schedule confidence level.
        """
        ranks = np.maximum(_ranks(self.finish), _ranks(self.cost))
        rows = []
        for level in levels:
            if not 0 < level < 1:
                raise SpecError(f"joint: level {level:g} is not between 0 and 1.")
            finish, cost = (float(_quantile(v, level)) for v in (self.finish, self.cost))
            both = float(((self.finish <= finish) & (self.cost <= cost)).mean())
            at = float(_quantile(ranks, level))
            pair = {name: float(_quantile(getattr(self, name), at)) for name in ("finish", "cost")}
            rows.append({"level": level, "joint": both, "at": at, **pair})
        return pd.DataFrame(rows)

    def kept(self, finish: float, cost: float) -> float:
        """Return the chance to end by `finish` at no more than `cost`."""
        return float(((self.finish <= finish) & (self.cost <= cost)).mean())

    def missed_windows(self) -> pd.DataFrame:
        """Return each season window of the baseline: chance that one of its activities misses it, and the price.

        Notes
        -----
        ``finish_kept`` and ``finish_missed`` are the means of the finish over the draws that keep and that miss the
        window: the two humps of a delay that a season makes. ``delay`` is their difference, ``money`` that of the
        cost; ``p_low``..``p_high`` is the 95 % interval of Wilson.
        """
        n = self.iterations
        rows = []
        for w, (missed, time, _, money) in enumerate(self.window_sums.tolist()):
            opens, closes = float(self.windows.opens[w]), float(self.windows.closes[w])
            calendar = int(np.searchsorted(self.windows.first, w, side="right")) - 1
            low, high = wilson(missed, n)
            row = {"calendar": calendar, "opens": opens, "closes": closes, "p_miss": missed / n}
            row |= {"p_low": float(low), "p_high": float(high)}
            row |= self._price(missed, time, money)
            rows.append(row)
        columns = ["calendar", "opens", "closes", "p_miss", "p_low", "p_high"]
        columns += ["finish_kept", "finish_missed", "delay", "money"]
        return pd.DataFrame(rows, columns=columns)

    def missed_by(self) -> pd.DataFrame:
        """Return each activity's chance to miss the window in which it ends in the baseline, with its interval."""
        missed = self.sums[:, 4]
        low, high = wilson(missed, self.iterations)
        frame = {"activity_id": self.activity_ids, "p_miss": missed / self.iterations}
        return pd.DataFrame({**frame, "p_low": low, "p_high": high})

    def _price(self, missed: float, time: float, money: float) -> dict[str, float]:
        """Return mean finish of the draws that keep and that miss a window, and the differences in time and money."""
        kept = self.iterations - missed
        all_time = float((self.finish - self.centre[0]).sum())
        all_money = float((self.cost - self.centre[1]).sum())
        late, dear = (time / missed, money / missed) if missed else (np.nan, np.nan)
        early, cheap = ((all_time - time) / kept, (all_money - money) / kept) if kept else (np.nan, np.nan)
        return {
            "finish_kept": early + self.centre[0],
            "finish_missed": late + self.centre[0],
            "delay": late - early,
            "money": dear - cheap,
        }

    def _indices(self) -> dict[str, FloatArray]:
        n = self.iterations
        critical, d1, d2, dt = self.sums[:, :4].T
        time = self.finish - self.centre[0]
        own = np.sqrt(np.maximum(d2 / n - (d1 / n) ** 2, 0.0))
        whole = float(time.std())
        both = dt / n - d1 / n * float(time.mean())
        with np.errstate(divide="ignore", invalid="ignore"):
            cruciality = np.where((own > 0) & (whole > 0), np.abs(both) / (own * whole), 0.0)
            sensitivity = critical / n * (own / whole if whole > 0 else 0.0)
        return {
            "criticality_index": critical / n,
            "schedule_sensitivity_index": sensitivity,
            "cruciality_index": np.minimum(cruciality, 1.0),
        }


def _levels(values: FloatArray) -> dict[str, float]:
    """Return the quantiles of draws by name."""
    return {f"p{round(100 * level)}": float(_quantile(values, level)) for level in LEVELS}


def _plain(row: Mapping[Hashable, object]) -> dict[str, object]:
    """Return a row of a frame as JSON knows it: what is not a finite number is null."""
    return {str(name): value if _is_known(value) else None for name, value in row.items()}


def _is_known(value: object) -> bool:
    return not isinstance(value, float) or bool(np.isfinite(value))


def quantile_rows(values: FloatArray, levels: Sequence[float]) -> list[dict[str, float | str]]:
    """Return mean and quantiles of draws, each with a 95 % interval.

    Notes
    -----
    The interval of a quantile are the order statistics at ``n p ± 1.96 sqrt(n p (1 - p))``: right for independent
    draws, and wide enough for Latin hypercubes, whose variance is at most n / (n - 1) times as large (Owen 1997).
    It holds for bimodal draws too.
    """
    n, ordered = len(values), np.sort(values)
    mean, error = float(values.mean()), SURE * float(values.std()) / np.sqrt(n)
    rows: list[dict[str, float | str]] = [
        {"level": "mean", "value": mean, "low": mean - error, "high": mean + error}
    ]
    for level in levels:
        half = SURE * np.sqrt(n * level * (1 - level))
        low, high = (int(np.clip(np.floor(n * level + s * half), 0, n - 1)) for s in (-1, 1))
        row = {"value": float(_quantile(values, level)), "low": ordered[low], "high": ordered[high]}
        rows.append({"level": f"p{round(level * 100):d}", **{k: float(v) for k, v in row.items()}})
    return rows


def wilson(count: FloatArray | float, n: int) -> tuple[FloatArray, FloatArray]:
    """Return the 95 % interval of a share after Wilson (1927)."""
    p = np.asarray(count) / n
    middle = p + SURE**2 / (2 * n)
    half = SURE * np.sqrt(p * (1 - p) / n + SURE**2 / (4 * n * n))
    scale = 1 + SURE**2 / n
    return np.maximum((middle - half) / scale, 0.0), np.minimum((middle + half) / scale, 1.0)


def _quantile(values: FloatArray, level: float) -> FloatArray:
    """Return a quantile by linear interpolation of the order statistics."""
    return np.asarray(np.quantile(values, level, axis=-1))


def _level_columns(name: str, values: FloatArray) -> pd.DataFrame:
    """Return columns such as `finish_p50` of rows of draws."""
    if not values.shape[1] or not len(values):
        found = np.full((len(LEVELS), len(values)), np.nan)
    else:
        found = np.quantile(values, LEVELS, axis=1)
    return pd.DataFrame({f"{name}_p{round(p * 100)}": row for p, row in zip(LEVELS, found, strict=True)})


def _ranks(values: FloatArray) -> FloatArray:
    """Return the share of draws that are not above each draw."""
    return np.asarray(np.searchsorted(np.sort(values), values, side="right") / len(values))
