"""Cuts again, from the paths that they were made of."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_array

from .tables import Array, Certificate, lists

CUT_SLACK = 1e-9  # chance to evade by which a cut may be above its formula; taken off the bound
TIE = 1e-9  # limits of a supported binary this near to the least one share its place in a cut
RANDOM_STATES = 12
KINDS = ("tangent", "lifted", "mixed")


def tangent(fixed: float, a: Array, x: Array) -> tuple[float, Array]:
    """Return level and slopes of the strengthened tangent of exp(-fixed - a x) at x."""
    y = float(a @ x)
    level = np.exp(-y) * (1.0 + y)
    slope = np.exp(-y) * a
    return np.exp(-fixed) * level, np.exp(-fixed) * np.where(
        a > y, np.minimum(slope, level - np.exp(-a)), slope
    )


def phi(z: Array, m: float) -> Array:
    """Return the superadditive lifting function (Ahmed and Atamtuerk 2011)."""
    if m <= 0:
        return np.exp(z) - 1.0
    k = np.floor(z / m + 1e-12)
    return k * (1 - np.exp(-m)) + np.exp(-m) * (np.exp(np.maximum(z - k * m, 0)) - 1)


def lifted(fixed: float, a: Array, on: list[int]) -> tuple[float, Array]:
    """Return level and slopes of the lifted cut of a path with these binaries on."""
    inside = np.isin(np.arange(len(a)), on)
    base = np.exp(-fixed - a[inside].sum())
    slope = base * np.where(inside, phi(a, a[~inside].max(initial=0.0)), 1.0 - np.exp(-a))
    return base + slope[inside].sum(), slope


def mixed(chain: list[tuple[float, Array, list[int]]], low: float) -> tuple[float, Array]:
    """Return level and slopes of the mixed cut of a chain of paths (Guenluek and Pochet 2001)."""
    rest = [np.where(np.isin(np.arange(len(a)), on), 0.0, a) for _, a, on in chain]
    v = [float(np.exp(-fixed - a[on].sum())) for fixed, a, on in chain]
    order = np.argsort([-x for x in v], kind="stable")
    v, rest = [v[k] for k in order], [rest[k] for k in order]
    floor = low
    for m, a in enumerate(rest):
        sizes = np.sort(a[a > 0])[::-1]
        f = min(v[m] * np.exp(-sizes[0]), v[-1]) if len(sizes) else low
        step = v[m] - (v[m + 1] if m + 1 < len(v) else f)
        hit = np.cumsum(sizes)  # the most exposure of any k + 1 binaries
        if f > floor and (np.arange(len(sizes)) * step >= f - v[m] * np.exp(-hit) - 1e-15).all():
            floor = float(f)
    drops = np.array(v) - np.array([*v[1:], floor])
    return v[0], np.sum([d * (a > 0) for d, a in zip(drops, rest, strict=True)], axis=0)


def one_unit(
    kind: str, chain: list[tuple[float, Array, list[int]]], low: float, state: Array
) -> tuple[float, Array] | None:
    """Return level and slopes that paths of one unit prove; None for a kind that is not known here."""
    if kind not in KINDS:
        return None
    if not chain:
        return low, np.zeros(len(state))
    if kind == "mixed":
        return mixed(chain, low)
    fixed, added, on = chain[0]
    return tangent(fixed, added, state) if kind == "tangent" else lifted(fixed, added, on)


class Cuts:
    """The cuts, made again from their paths."""

    def __init__(self, c: Certificate) -> None:
        self.c, t = c, c.t
        self.table, self.units = t["cuts"], t["units"]
        names = ("kind", "group", "level", "state")
        self.kind, self.group, self.level, self.state = (self.table[name].tolist() for name in names)
        at = t["cut_slopes"]["cut"], t["cut_slopes"]["item"]
        self.slope = csr_array((t["cut_slopes"]["slope"], at), (len(self.table), c.n_items))
        self.sizes = csr_array((t["cut_slopes"]["slope"].abs(), at), (len(self.table), c.n_items))
        self.sources: dict[int, list[tuple[int, list[int]]]] = {}
        for cut, path, on in t["cut_paths"].itertuples(index=False):
            self.sources.setdefault(cut, []).append((path, [b for part in lists(on) for b in part]))
        paths = t["paths"]
        self.unit_of = dict(zip(paths["path"], paths["unit"], strict=True))
        self.fixed = dict(zip(paths["path"], paths["fixed"], strict=True))
        self.added = {
            path: (part["binary"].to_numpy(), part["added"].to_numpy())
            for path, part in t["path_added"].groupby("path")
        }
        self.members = {
            group: (part["unit"].to_numpy(), part["share"].to_numpy(), part["low"].to_numpy())
            for group, part in self.units.groupby("group")
        }
        none = np.zeros(c.n_items)
        self.nothing = none, c.binaries(none)
        self.states = {}
        for number, part in t["states"].groupby("state"):
            items = np.bincount(part["item"].astype(int), part["share"], c.n_items)
            self.states[number] = items, c.binaries(items)
        each = np.arange(c.n_items)
        self.requires = [
            np.bincount(part, minlength=c.n_items) - 1.0 * (each == i)
            for i, sets in enumerate(t["items"]["requires"])
            for part in lists(sets)
        ]

    def exposure(self, path: int) -> Array:
        """Return what each binary adds to a path."""
        row = np.zeros(self.c.n_binaries)
        if path in self.added:
            row[self.added[path][0]] = self.added[path][1]
        return row

    def over_items(self, slope: Array, items: Array) -> Array:
        """Return slopes with every supported binary replaced by the least of its limits; equals share."""
        result = slope[: self.c.n_items].copy()
        for b in np.flatnonzero(slope[self.c.n_items :]) + self.c.n_items:
            limits = self.c.limits_of[b]
            sums = np.array([items[part].sum() for part in limits])
            least = np.flatnonzero(sums <= sums.min() + TIE)
            for k in least:
                np.add.at(result, limits[k], slope[b] / len(least))
        return result

    def excess(self, cut: int) -> float:
        """Return by how much a cut may be above what its paths prove, inf where nothing proves it."""
        kind, group, level = self.kind[cut], self.group[cut], self.level[cut]
        own = self.slope[[cut]].toarray()[0]
        if kind == "prerequisite":
            return 0.0 if level <= 0 and any((own >= one).all() for one in self.requires) else np.inf
        items, state = self.states.get(self.state[cut], self.nothing)
        unit, share, low = self.members[group]
        sources = self.sources.get(cut, [])
        proved, slope = 0.0, np.zeros(self.c.n_binaries)
        for u, part, least in zip(unit, share, low, strict=True):
            chain = [(self.fixed[p], self.exposure(p), on) for p, on in sources if self.unit_of[p] == u]
            found = one_unit(kind, chain, least, state)
            if found is None:
                return np.inf
            proved, slope = proved + part * found[0], slope + part * found[1]
        above = level - proved + np.maximum(self.over_items(slope, items) - own, 0.0).sum()
        return max(float(above), 0.0)

    def random_faults(self, seed: int) -> Iterable[str]:
        """Yield cuts above the true chance to evade at random whole states of the items."""
        rng, c = np.random.default_rng(seed), self.c
        is_cut = self.table["group"].to_numpy() >= 0
        share = csr_array((self.units["share"], (self.units["group"], self.units["unit"])))
        for _ in range(RANDOM_STATES):
            items = (rng.random(c.n_items) < rng.random() ** 2).astype(float)
            evade = np.exp(self.units["without"] - c.distances(c.binaries(items), self.units))
            truth = np.asarray(share @ evade)[self.table["group"]]
            high = self.table["level"] - self.slope @ items > truth + CUT_SLACK
            yield from (f"cut {k} at a random plan" for k in np.flatnonzero(high & is_cut))
