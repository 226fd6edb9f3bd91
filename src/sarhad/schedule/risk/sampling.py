"""Compiled draws of a block: drivers and stoppages, common factors, durations and money."""

from __future__ import annotations

import numpy as np
from numba import njit

from sarhad.schedule.project import FloatArray
from sarhad.schedule.risk.distributions import BLOCK, Columns
from sarhad.schedule.risk.memory import Events, Figures, Room
from sarhad.schedule.risk.streams import (
    COST,
    DRIVER,
    DURATION,
    FACTOR,
    STOPPAGE,
    interpolate,
    quantile_column,
    to_shares,
    triangular,
    uniforms,
)

NEVER = -1.0


@njit(cache=True, nogil=True)
def add(out: FloatArray, a: FloatArray, b: FloatArray) -> None:
    """Add two rows."""
    for k in range(BLOCK):
        out[k] = a[k] + b[k]


@njit(cache=True, nogil=True)
def _times(out: FloatArray, factor: FloatArray) -> None:
    for k in range(BLOCK):
        out[k] *= factor[k]


@njit(cache=True, nogil=True)
def draw_events(m: Room, events: Events, figures: Figures, is_plain: bool, seed: int, block: int) -> None:
    """Draw which drivers and stoppages come true and how hard, and the common factors."""
    u = m.strata
    for d in range(len(events.probability)):
        for part in range(2):
            row = m.stretch[d] if part == 0 else m.dearer[d]
            points = events.duration[d] if part == 0 else events.cost[d]
            uniforms(row, m.order, is_plain, seed, block, DRIVER, 3 * d + 1 + part)
            for k in range(BLOCK):
                row[k] = triangular(row[k], points[0], points[1], points[2])
        uniforms(u, m.order, is_plain, seed, block, DRIVER, 3 * d)
        for k in range(BLOCK):
            if u[k] >= events.probability[d]:
                m.stretch[d, k] = 1.0
                m.dearer[d, k] = 1.0
    for j in range(len(events.chance)):
        low, likely, high = events.length[j]
        uniforms(m.onset[j], m.order, is_plain, seed, block, STOPPAGE, 3 * j + 1)
        uniforms(m.resume[j], m.order, is_plain, seed, block, STOPPAGE, 3 * j + 2)
        uniforms(u, m.order, is_plain, seed, block, STOPPAGE, 3 * j)
        for k in range(BLOCK):
            m.onset[j, k] = events.onset[j, 0] + m.onset[j, k] * (events.onset[j, 1] - events.onset[j, 0])
            m.resume[j, k] = m.onset[j, k] + triangular(m.resume[j, k], low, likely, high)
            if u[k] >= events.chance[j]:
                m.resume[j, k] = NEVER
    for f in range(len(m.factors)):
        uniforms(m.factors[f], m.order, is_plain, seed, block, FACTOR, f)
        interpolate(m.factors[f], figures.normal, 0.0, 1.0)


@njit(cache=True, nogil=True)
def _draw_figure(
    out: FloatArray,
    m: Room,
    columns: Columns,
    loadings: FloatArray,
    figures: Figures,
    a: int,
    is_plain: bool,
    seed: int,
    block: int,
    kind: int,
) -> None:
    """Draw one figure of an activity, correlated through the common factors if it loads on them."""
    if columns.span[a] == 0:
        out[:] = columns.low[a]
        return
    table = columns.quantiles[columns.table[a]]
    own = 1.0
    for f in range(loadings.shape[1]):
        own -= loadings[a, f] ** 2
    if own == 1.0:
        scale = (columns.low[a], columns.span[a])
        quantile_column(out, m.strata, m.order, table, scale, is_plain, seed, block, kind, a)
        return
    quantile_column(out, m.strata, m.order, figures.normal, (0.0, 1.0), is_plain, seed, block, kind, a)
    own = np.sqrt(max(own, 0.0))
    for k in range(BLOCK):
        out[k] *= own
    for f in range(loadings.shape[1]):
        weight = loadings[a, f]
        if weight != 0:
            for k in range(BLOCK):
                out[k] += weight * m.factors[f, k]
    to_shares(out, figures.shares)
    interpolate(out, table, columns.low[a], columns.span[a])


@njit(cache=True, nogil=True)
def draw_lengths(m: Room, figures: Figures, events: Events, is_plain: bool, seed: int, block: int) -> None:
    """Draw the working time of every activity: its own times the drivers' factors."""
    ptr, of = events.of_duration.ptr, events.of_duration.of
    for a in range(len(m.length)):
        _draw_figure(
            m.length[a], m, figures.duration, figures.loadings, figures, a, is_plain, seed, block, DURATION
        )
        for e in range(ptr[a], ptr[a + 1]):
            _times(m.length[a], m.stretch[of[e]])


@njit(cache=True, nogil=True)
def add_money(
    m: Room,
    start: FloatArray,
    figures: Figures,
    events: Events,
    is_plain: bool,
    seed: int,
    block: int,
) -> None:
    """Work out the money of every activity: its own times the drivers' factors, and what its time costs."""
    ptr, of = events.of_cost.ptr, events.of_cost.of
    for a in range(len(m.money)):
        money, rate = m.money[a], figures.cost_per_period[a]
        money[:] = 0.0
        if figures.has_cost:
            _draw_figure(
                money, m, figures.cost, figures.cost_loadings, figures, a, is_plain, seed, block, COST
            )
            for e in range(ptr[a], ptr[a + 1]):
                _times(money, m.dearer[of[e]])
        for k in range(BLOCK):
            money[k] += rate * (m.finish[a, k] - start[a, k])
        add(m.total, m.total, money)
