"""Units and paths again: plain Dijkstra, and every path edge by edge."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .tables import NEAR, Certificate, is_near, lists


def check_units(c: Certificate) -> Iterable[str]:
    """Yield what is wrong with units, weights and the constant."""
    units, scenarios = c.t["units"], c.t["scenarios"]
    none, every = np.zeros(c.n_binaries), np.ones(c.n_binaries)
    without, most = (c.distances(state, units) for state in (none, every))
    if not is_near(without, units["without"]).all():
        yield "distances with nothing built"
    if not (units["low"] <= np.exp(without - most) * (1 + NEAR) + 1e-15).all():
        yield "least chances to evade"
    inside = scenarios[scenarios["unit"] >= 0].reset_index(drop=True)
    own = units.iloc[inside["unit"]].reset_index(drop=True)
    same = (inside[["origin", "destination", "mover"]] == own[["origin", "destination", "mover"]]).all(axis=1)
    alike = (c.prevention[:, inside["threat"]] == c.prevention[:, own["threat"]]).all(axis=0)
    if not (same & alike).all():
        yield "scenarios in units that are not theirs"
    total = np.bincount(inside["unit"], inside["weight"], len(units)) * np.exp(-without)
    if not is_near(total, units["weight"]).all():
        yield "weights of units"
    rest = scenarios[scenarios["unit"] < 0].reset_index(drop=True)
    rest = rest[rest["weight"] > 0].reset_index(drop=True)
    far, near = c.distances(every, rest), c.distances(none, rest)
    if (np.isfinite(near) & (far > near + 1e-9)).any():
        yield "a scenario counted as constant that items touch"
    constant = float(rest["weight"].to_numpy() @ np.exp(-near) * c.weight.sum())
    if not is_near(constant, c.head["constant"]):
        yield f"constant {c.head['constant']}, recomputed {constant}"


def check_paths(c: Certificate) -> Iterable[str]:
    """Yield the paths that do not lead where they should, or add up to something else."""
    units, over, part = c.t["units"], c.t["paths"], c.t["path_added"]
    row = pd.Series(np.arange(len(over)), index=over["path"])
    at = row[part["path"]].to_numpy(), part["binary"].to_numpy()
    stated = csr_array((part["added"].to_numpy(), at), (len(over), c.n_binaries))
    edges = [lists(text)[0] for text in over["edges"]]
    of = np.repeat(np.arange(len(over)), [len(each) for each in edges])
    unit = over["unit"].to_numpy()
    mover, threat = units["mover"].to_numpy()[unit], units["threat"].to_numpy()[unit]
    met = csr_array((np.ones(len(of)), (of, np.concatenate(edges))), (len(over), len(c.tail)))
    for k, each in enumerate(edges):
        joins = (c.to[each[:-1]] == c.tail[each[1:]]).all()
        own = units["origin"][unit[k]], units["destination"][unit[k]]
        if not joins or (c.tail[each[0]], c.to[each[-1]]) != own:
            yield f"path {over['path'][k]} does not lead from its origin to its destination"
        fixed = c.fixed[mover[k]][each].sum() - units["without"][unit[k]]
        if not is_near(fixed, over["fixed"][k]):
            yield f"path {over['path'][k]}: fixed exposure"
    for m in c.movers:
        mine = np.flatnonzero(mover == m)
        added = met[mine] @ c.added[m] + csr_array(c.prevention.T[threat[mine]])
        off = abs(csr_array(added - stated[mine])).max(axis=1).toarray().ravel() > 1e-9
        yield from (f"path {over['path'][k]}: added exposure" for k in mine[off])
