"""Several games over one network as one, in which the value of a plan is its mean value in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array, csr_array

from sarhad.detection.instance import Exposure, FloatArray, Instance, IntArray


def stacked(games: Sequence[Instance]) -> Instance:
    """Return one game whose value is the mean of the games' values for every plan.

    Parameters
    ----------
    games
        Games over the same network, items, movers, threats and scenarios, equally likely; at least one.

    Notes
    -----
    Every game has movers, threats and scenarios of its own in the result, the attempts divided by the number of
    games: movers see what is true in their game, the plan does not. This is the sample-average approximation of a
    plan that must be fixed before anybody knows which game is played, so `optimise` needs nothing new for it.
    It takes as much memory as all games together.

    References
    ----------
    Kleywegt, Shapiro and Homem-de-Mello (2002), The sample average approximation method for stochastic discrete
    optimization, SIAM J. Optim. 12(2).
    """
    first, n = games[0], len(games)
    movers, threats = len(first.movers), len(first.threats)

    def joint(name: str, step: int = 0) -> IntArray:
        return np.concatenate([getattr(game, name) + k * step for k, game in enumerate(games)])

    return replace(
        first,
        exposure=_exposure([game.exposure for game in games]),
        movers=_named(first.movers, n),
        threats=_named(first.threats, n),
        effort=np.concatenate([game.effort for game in games]),
        existing=np.concatenate([game.existing for game in games]),
        scenario_ids=_named(first.scenario_ids, n),
        origin=joint("origin"),
        destination=joint("destination"),
        mover=joint("mover", movers),
        threat=joint("threat", threats),
        attempts_per_year=np.concatenate([game.attempts_per_year for game in games]) / n,
        consequence=np.concatenate([game.consequence for game in games]),
    )


def _named(ids: Sequence[str], n: int) -> tuple[str, ...]:
    """Return the ids of all games, sorted where they were."""
    return tuple(f"{k:05d} {one}" for k in range(n) for one in ids)


def _exposure(several: Sequence[Exposure]) -> Exposure:
    """Return the exposures beside each other; a column that a game lacks adds nothing there."""
    known = [list(zip(one.item.tolist(), one.supports, strict=True)) for one in several]
    columns = sorted({column for one in known for column in one})
    number = {column: row for row, column in enumerate(columns)}
    rows = [np.array([number[column] for column in one], dtype=np.int64) for one in known]
    by_threat = [_placed(one.by_threat, at, len(columns)) for one, at in zip(several, rows, strict=True)]
    return Exposure(
        item_ids=several[0].item_ids,
        item=np.array([item for item, _ in columns], dtype=np.int64),
        supports=tuple(supports for _, supports in columns),
        by_mover=tuple(
            _moved(matrix, at, len(columns))
            for one, at in zip(several, rows, strict=True)
            for matrix in one.by_mover
        ),
        by_threat=np.hstack(by_threat),
    )


def _placed(rows: FloatArray, at: IntArray, n_rows: int) -> FloatArray:
    found = np.zeros((n_rows, rows.shape[1]))
    found[at] = rows
    return found


def _moved(matrix: csr_array, at: IntArray, n_rows: int) -> csr_array:
    entries = coo_array(matrix)
    return csr_array(
        coo_array((entries.data, (at[entries.row], entries.col)), shape=(n_rows, matrix.shape[1]))
    )
