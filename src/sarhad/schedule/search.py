"""Our own incumbents: islands of schedules that breed side by side, begun anew when they stand still."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sarhad.schedule.evolution import Population, breed, found, population_of
from sarhad.schedule.frame import CHANGE, Frame, Goal
from sarhad.schedule.kernels import Room, place, price, room_of
from sarhad.schedule.project import IntArray

ISLANDS = 2
LARGEST, SMALLEST, AN_ACTIVITY = 2000, 40, 16  # schedules of an island
SWAP = 0.02  # chance that neighbours in an order change places
STALE = 60  # generations without a better schedule until an island begins anew
NOISE = 4  # orders are shaken by up to a quarter of their keys' range


@dataclass(frozen=True)
class Found:
    """A schedule: starts, ends, modes, shape (A,), and its cost; breaches of deadlines and stocks are priced in."""

    start: IntArray
    end: IntArray
    mode: IntArray
    cost: float


@dataclass(frozen=True)
class Ground:
    """What islands share: the project forwards and backwards, the goal, first keys and modes, shape (A,)."""

    forth: Frame
    back: Frame
    goal: Goal
    keys: tuple[IntArray, ...]
    mode: IntArray


def first_schedule(forth: Frame, goal: Goal, key: IntArray, mode: IntArray) -> Found | None:
    """Return the schedule of one pass in the order of `key`; None where the modes find no room."""
    room = room_of(forth)
    if goal.kind == CHANGE:
        room.release[:] = np.maximum(forth.release, goal.due)
    chosen = mode.copy()
    if not place(forth, room, np.argsort(key, kind="stable"), chosen, False):
        return None
    cost = price(forth, goal, room)
    return Found(room.start.copy(), room.end.copy(), chosen, float(cost))


class Island:
    """A population with its working room.

    Parameters
    ----------
    number
        The first island keeps announced starts as releases when change is the goal; each has its own random numbers.
    size
        Schedules in the population.
    """

    def __init__(self, ground: Ground, number: int, size: int, seed: int) -> None:
        self.ground, self.size = ground, size
        self.ahead: Room = room_of(ground.forth)
        self.behind: Room = room_of(ground.back)
        if ground.goal.kind == CHANGE and number == 0:
            self.ahead.release[:] = np.maximum(ground.forth.release, ground.goal.due)
        n = len(ground.mode)
        self.population: Population = population_of(size, n, seed * ISLANDS + number)
        self.n_founded, self.n_children, self.stale = 0, 0, 0
        self.best: Found | None = None

    def advance(self, n: int) -> None:
        """Found or breed about n schedules."""
        if self.n_founded < self.size:
            self._found(min(self.size, self.n_founded + n))
        else:
            ground = self.ground
            breed(
                ground.forth,
                ground.back,
                ground.goal,
                self.ahead,
                self.behind,
                self.population,
                self.size,
                n,
                SWAP,
            )
            self.stale += n
        self._remember()
        if self.stale > STALE * self.size:
            self.n_founded, self.stale = 0, 0
            self.population.cost[:] = np.inf

    def settle(self, least: int) -> None:
        """Breed from now on, with those founded so far when these are enough."""
        if self.n_founded >= least:
            self.size = self.n_founded

    def _found(self, high: int) -> None:
        ground = self.ground
        for at in range(self.n_founded, high):
            key = ground.keys[at % len(ground.keys)]
            noise = 0 if at < len(ground.keys) else int(np.ptp(key)) // NOISE + 1
            self.population.child_mode[:] = ground.mode
            found(
                ground.forth,
                ground.back,
                ground.goal,
                self.ahead,
                self.behind,
                self.population,
                key,
                at,
                noise,
            )
        self.n_founded = high

    def _remember(self) -> None:
        at = int(np.argmin(self.population.cost))
        cost = float(self.population.cost[at])
        if cost < (np.inf if self.best is None else self.best.cost):
            pop = self.population
            self.best = Found(pop.start[at].copy(), pop.end[at].copy(), pop.mode[at].copy(), cost)
            self.stale = 0


class Islands:
    """The islands, each in a thread of its own; what they find depends on the seed and the rounds alone."""

    def __init__(self, ground: Ground, size: int, seed: int, n_islands: int = ISLANDS) -> None:
        self.islands = [Island(ground, number, size, seed) for number in range(n_islands)]
        self.pool = ThreadPoolExecutor(n_islands)

    def advance(self, n: int) -> Found | None:
        """Let every island raise about n schedules; return the best of all so far."""
        list(self.pool.map(lambda island: island.advance(n), self.islands))
        known = [island.best for island in self.islands if island.best is not None]
        return min(known, key=lambda one: one.cost, default=None)

    def settle(self, least: int) -> None:
        """Found no more schedules once an island has the least number."""
        for island in self.islands:
            island.settle(least)

    def are_still(self, generations: int) -> bool:
        """Return whether no island found a better schedule for so many generations."""
        return all(island.stale > generations * island.size for island in self.islands)

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown()
