"""The classic SNIP benchmark (stochastic network interdiction, maximum-reliability evader) as an instance."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection.instance import Exposure, FloatArray, Graph, Instance
from sarhad.errors import DataError, SpecError

SENSOR_FACTORS = {
    2: 0.5,
    3: 0.1,
    4: 0.0,
}  # reliability with a sensor over that without, by snipno; 1: as in the file


def snip_instance(fixed_arcs: str, sensor_arcs: str, scenarios: str, *, snipno: int) -> Instance:
    """Return the instance of three files' texts; its value is the expected reliability of the evader.

    Parameters
    ----------
    fixed_arcs
        Tail, head and reliability of each arc that cannot carry a sensor, whitespace-separated.
    sensor_arcs
        Tail, head, reliability without and with a sensor of each arc that can carry one.
    scenarios
        Origin, sink and probability of each scenario.
    snipno
        1: reliability with a sensor as in the file; 2, 3, 4: 0.5, 0.1 and 0 times that without.

    Returns
    -------
    Instance
        An item per sensor arc, sorted by tail and head; one mover, one threat, no sections.
        Reliabilities r become ``existing = -ln r``, sensors add ``-ln(q / r)``, infinite where q = 0.

    Raises
    ------
    DataError
        A file whose numbers do not form rows, or reliabilities outside 0 < r <= 1, 0 <= q <= r.
    SpecError
        A snipno that is not 1 to 4.

    References
    ----------
    Pan and Morton (2008), Minimizing a stochastic maximum-reliability path, Networks 52(3).
    """
    if snipno not in (1, *SENSOR_FACTORS):
        raise SpecError(f"snipno must be 1, 2, 3 or 4, found {snipno}.")
    fixed, sensors, cases = (
        _rows(fixed_arcs, 3, "fixed"),
        _rows(sensor_arcs, 4, "sensor"),
        _rows(scenarios, 3, "scenario"),
    )
    sensors = sensors[np.lexsort((sensors[:, 1], sensors[:, 0]))]
    ends = np.concatenate([fixed[:, :2], sensors[:, :2]]).astype(np.int64)
    without = np.concatenate([fixed[:, 2], sensors[:, 2]])
    factor = SENSOR_FACTORS.get(snipno)
    with_sensor = sensors[:, 3] if factor is None else factor * sensors[:, 2]
    if (
        (without <= 0).any()
        or (without > 1).any()
        or (with_sensor < 0).any()
        or (with_sensor > sensors[:, 2]).any()
    ):
        raise DataError("snip arcs: reliabilities must keep 0 < r <= 1 and 0 <= q <= r.", table="snip")
    places, index = np.unique(
        np.concatenate([ends.ravel(), cases[:, :2].astype(np.int64).ravel()]), return_inverse=True
    )
    tail, head = index[: ends.size].reshape(-1, 2).T
    origin, destination = index[ends.size :].reshape(-1, 2).T
    n_edges, n_cases = len(ends), len(cases)
    ids = tuple(f"{a:05d}-{b:05d}-{k:05d}" for k, (a, b) in enumerate(ends.tolist()))
    zero = np.zeros(n_cases, dtype=np.int64)
    return Instance(
        graph=Graph(len(places), tail.astype(np.int64), head.astype(np.int64), np.full(n_edges, -1), ids),
        exposure=_sensors(ids[len(fixed) :], sensors[:, 2], with_sensor, n_edges),
        movers=("evader",),
        threats=("crossing",),
        sections=(),
        effort=np.zeros((1, n_edges)),
        existing=-np.log(without)[None, :] + 0.0,
        scenario_ids=tuple(f"K{k:05d}" for k in range(n_cases)),
        origin=origin.astype(np.int64),
        destination=destination.astype(np.int64),
        mover=zero,
        threat=zero,
        attempts_per_year=cases[:, 2],
        consequence=np.ones(1),
    )


def _sensors(ids: tuple[str, ...], without: FloatArray, with_sensor: FloatArray, n_edges: int) -> Exposure:
    """Return a column per sensor arc; these arcs are the last edges."""
    n = len(ids)
    with np.errstate(divide="ignore"):
        added = -np.log(with_sensor / without) + 0.0
    where = (np.arange(n), np.arange(n_edges - n, n_edges))
    return Exposure(
        ids, np.arange(n), ((),) * n, (csr_array((added, where), (n, n_edges)),), np.zeros((n, 1))
    )


def _rows(text: str, n_columns: int, name: str) -> FloatArray:
    """Return the numbers of a text as rows; line ends and the kind of white space do not matter."""
    try:
        numbers = np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise DataError(f"snip {name} rows: {error}.", table="snip") from error
    if len(numbers) == 0 or len(numbers) % n_columns or not np.isfinite(numbers).all():
        raise DataError(
            f"snip {name} rows: {len(numbers)} numbers do not form complete rows of {n_columns}.",
            table="snip",
        )
    return numbers.reshape(-1, n_columns)
