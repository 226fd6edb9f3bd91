"""Compiled: a population of schedules that breeds, each child justified.

References
----------
Hartmann (1998), A competitive genetic algorithm for resource-constrained project scheduling. NRL 45, 733-750.
Valls, Ballestín and Quintanilla (2008), A hybrid genetic algorithm for the RCPSP. EJOR 185, 495-508.
Lova, Tormos, Cervantes and Barber (2009), An efficient hybrid genetic algorithm for scheduling projects with
resource constraints and multiple execution modes. IJPE 117, 302-316.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from sarhad.schedule.frame import CHANGE
from sarhad.schedule.kernels import justify, place, price, sort_by
from sarhad.schedule.project import BoolArray, FloatArray, IntArray

MODE_MUTATION = 0.04
CHOOSING = 0.5


class Population(NamedTuple):
    """P schedules of A activities, the best so far, and the state of the random generator.

    Parameters
    ----------
    order, start, end, mode
        Shape (P, A).
    cost
        Objective with breaches priced in, shape (P,).
    child, child_mode, taken
        Working room, shape (A,).
    random
        State, shape (1,).
    """

    order: IntArray
    start: IntArray
    end: IntArray
    mode: IntArray
    cost: FloatArray
    child: IntArray
    child_mode: IntArray
    taken: BoolArray
    random: npt.NDArray[np.uint64]


def population_of(size: int, n: int, seed: int) -> Population:
    """Return an empty population; every cost is infinite."""
    shape = (size, n)
    whole = np.zeros(4 * size * n, dtype=np.int64).reshape(4, *shape)
    state = np.random.default_rng(seed).integers(1, 2**63, size=1, dtype=np.uint64)
    ints = np.int64
    return Population(
        whole[0], whole[1], whole[2], whole[3], np.full(size, np.inf), np.zeros(n, ints), np.zeros(n, ints),
        np.zeros(n, np.bool_), state,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _draw(state):  # type: ignore[no-untyped-def]
    """Return the next random word (xorshift64*; Vigna 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@njit(cache=True, nogil=True)
def below(state, n):  # type: ignore[no-untyped-def]
    """Return a random whole number from 0 to n - 1."""
    return np.int64((_draw(state) >> np.uint64(11)) % np.uint64(n))


@njit(cache=True, nogil=True)
def _share(state):  # type: ignore[no-untyped-def]
    return float(_draw(state) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True)
def _pick(pop, size):  # type: ignore[no-untyped-def]
    a, b = below(pop.random, size), below(pop.random, size)
    return a if pop.cost[a] <= pop.cost[b] else b


@njit(cache=True, nogil=True)
def _cross(pop, father, mother):  # type: ignore[no-untyped-def]
    """Make the child: the father's order, but between two places the mother's (Hartmann's two-point crossover)."""
    n = len(pop.child)
    low, high = below(pop.random, n), below(pop.random, n)
    if low > high:
        low, high = high, low
    for k in range(n):
        pop.taken[k] = False
    at = 0
    for part in range(3):
        parent = mother if part == 1 else father
        stop = low if part == 0 else (high if part == 1 else n)
        k = 0
        while at < stop:
            activity = pop.order[parent, k]
            k += 1
            if not pop.taken[activity]:
                pop.taken[activity] = True
                pop.child[at] = activity
                pop.child_mode[activity] = pop.mode[parent, activity]
                at += 1


@njit(cache=True, nogil=True)
def _mutate(frame, pop, swap):  # type: ignore[no-untyped-def]
    n = len(pop.child)
    for k in range(n - 1):
        if _share(pop.random) < swap:
            pop.child[k], pop.child[k + 1] = pop.child[k + 1], pop.child[k]
    for activity in range(n):
        low, high = frame.first_mode[activity], frame.first_mode[activity + 1]
        if high - low > 1 and frame.fixed_start[activity] < 0 and _share(pop.random) < MODE_MUTATION:
            pop.child_mode[activity] = frame.usable[low + below(pop.random, high - low)]


@njit(cache=True, nogil=True)
def _shortage(frame, mode):  # type: ignore[no-untyped-def]
    short = np.int64(0)
    for k in range(len(frame.stock)):
        used = np.int64(0)
        for activity in range(len(mode)):
            used += frame.consumption[mode[activity], k]
        short += max(np.int64(0), used - frame.stock[k])
    return short


@njit(cache=True, nogil=True)
def _mend(frame, pop):  # type: ignore[no-untyped-def]
    """Change random modes while the stock is short and the shortage does not grow."""
    n = len(pop.child)
    short = _shortage(frame, pop.child_mode)
    tries = 4 * n
    while short > 0 and tries > 0:
        tries -= 1
        activity = below(pop.random, n)
        low, high = frame.first_mode[activity], frame.first_mode[activity + 1]
        if high - low < 2 or frame.fixed_start[activity] >= 0:
            continue
        old = pop.child_mode[activity]
        pop.child_mode[activity] = frame.usable[low + below(pop.random, high - low)]
        now = _shortage(frame, pop.child_mode)
        if now <= short:
            short = now
        else:
            pop.child_mode[activity] = old


@njit(cache=True, nogil=True)
def raise_child(forth, back, goal, ahead, behind, pop, is_choosing):  # type: ignore[no-untyped-def]
    """Schedule the child and justify it; return its cost, infinite where it found no room."""
    if not place(forth, ahead, pop.child, pop.child_mode, is_choosing):
        return np.inf
    cost = price(forth, goal, ahead)
    if goal.kind == CHANGE:
        return cost
    if not justify(forth, back, goal, ahead, behind, pop.child, pop.child_mode, is_choosing):
        return np.inf
    return price(forth, goal, ahead)


@njit(cache=True, nogil=True)
def keep(pop, at, ahead, cost):  # type: ignore[no-untyped-def]
    """Put the child into the population in place of number `at`."""
    pop.cost[at] = cost
    sort_by(ahead.start, 1, ahead.counts, pop.child)
    for k in range(len(pop.child)):
        pop.order[at, k] = pop.child[k]
        pop.start[at, k], pop.end[at, k] = ahead.start[k], ahead.end[k]
        pop.mode[at, k] = pop.child_mode[k]


@njit(cache=True, nogil=True)
def _is_known(pop, size, ahead, cost):  # type: ignore[no-untyped-def]
    for other in range(size):
        if pop.cost[other] == cost:
            k = 0
            while k < len(pop.child) and pop.start[other, k] == ahead.start[k]:
                k += 1
            if k == len(pop.child):
                return True
    return False


@njit(cache=True, nogil=True)
def found(forth, back, goal, ahead, behind, pop, key, at, noise):  # type: ignore[no-untyped-def]
    """Fill a place with a schedule whose order is that of `key`, shaken by less than `noise`; 0: as it is."""
    n = len(pop.child)
    shaken = behind.stack[:n]
    for activity in range(n):
        shaken[activity] = key[activity] + (below(pop.random, noise) if noise > 0 else 0)
        low, high = forth.first_mode[activity], forth.first_mode[activity + 1]
        if noise > 0 and forth.fixed_start[activity] < 0 and high - low > 1:
            pop.child_mode[activity] = forth.usable[low + below(pop.random, high - low)]
    sort_by(shaken, 1, ahead.counts, pop.child)
    _mend(forth, pop)
    is_choosing = len(forth.usable) > n and noise > 0 and _share(pop.random) < CHOOSING
    cost = raise_child(forth, back, goal, ahead, behind, pop, is_choosing)
    keep(pop, at, ahead, cost)


@njit(cache=True, nogil=True)
def breed(forth, back, goal, ahead, behind, pop, size, children, swap):  # type: ignore[no-untyped-def]
    """Raise children; each takes the place of the worst when it is better than that and new."""
    has_modes = len(forth.usable) > len(pop.child)
    for _ in range(children):
        father, mother = _pick(pop, size), _pick(pop, size)
        _cross(pop, father, mother)
        _mutate(forth, pop, swap)
        if has_modes:
            _mend(forth, pop)
        is_choosing = has_modes and _share(pop.random) < CHOOSING
        cost = raise_child(forth, back, goal, ahead, behind, pop, is_choosing)
        worst = below(pop.random, size)
        for _ in range(7):
            other = below(pop.random, size)
            if pop.cost[other] > pop.cost[worst]:
                worst = other
        if cost <= pop.cost[worst] and not _is_known(pop, size, ahead, cost):
            keep(pop, worst, ahead, cost)
