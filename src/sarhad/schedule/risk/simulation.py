"""Cost and time of a schedule in many draws: three points, drivers, stoppages, weather, in a frozen resource order."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sarhad.errors import SpecError
from sarhad.schedule.project import FloatArray, IntArray, Project
from sarhad.schedule.risk import kernel, memory
from sarhad.schedule.risk.distributions import BLOCK, columns, normal_quantiles, normal_shares
from sarhad.schedule.risk.flows import flow_links
from sarhad.schedule.risk.network import (
    Baseline,
    finishes,
    home_windows,
    last_slots,
    limits_left_out,
    links_of,
    lists,
    net,
    prefix_sums,
    require_baseline,
    require_room,
)
from sarhad.schedule.risk.result import Simulation
from sarhad.schedule.risk.seasons import Intervals, Windows, empty_intervals, find_seasons, windows
from sarhad.schedule.risk.spec import Risk, Seasons, ThreePoint, event_names, require_sound
from sarhad.schedule.risk.working import Working

Method = Literal["lhs", "plain"]
OnDraws = Callable[[int, int], bool]
CHUNK = 8  # blocks that a thread simulates in one go
WEATHER = "weather"


@dataclass(frozen=True)
class Draws:
    """How many draws, and how.

    Parameters
    ----------
    iterations, seed
        Number of draws; seed of the counters, 0 or more.
    method
        "lhs": Latin hypercubes of 256 points, one after the other; "plain": independent draws.
    threads
        Worker threads; none: as many as processors. The result does not depend on it.
    keeps_activities
        Keep finish and money of every activity in every draw, for their quantiles.
    """

    iterations: int
    seed: int
    method: Method = "lhs"
    threads: int | None = None
    keeps_activities: bool = True


def simulate(
    project: Project,
    baseline: Baseline,
    risk: Risk,
    *,
    draws: Draws,
    without: frozenset[str] = frozenset(),
    on_progress: OnDraws | None = None,
) -> Simulation:
    """Return dates and money of the programme, its groups and activities over many draws.

    Parameters
    ----------
    project, baseline
        What is to be done, and the schedule whose resource order is kept.
    risk
        What is uncertain.
    draws
        How many draws; the same seed gives the same bits for any number of threads.
    without
        Names of drivers and stoppages (or "weather") that are switched off; all other random numbers stay the same.
    on_progress
        Called with draws done and asked for; returning False stops, and the draws so far are the result.

    Returns
    -------
    Simulation
        Every draw of programme and groups (and activities, if kept), and the tables made of them: `frames`, `summary`.

    Raises
    ------
    DataError
        If figures are out of range, links form a cycle, the baseline is none of this project or breaks a capacity,
        a calendar never works or an activity fits nowhere.
    SpecError
        If the number of draws, the seed or a name to leave out cannot be.

    Notes
    -----
    Nobody re-plans in a draw: the resource order of the baseline stands as links, and every activity starts as early
    as links, calendar, season and stoppages allow. What the order cannot promise is told in `notices`.

    References
    ----------
    AACE International, Recommended Practice 57R-09, Integrated cost and schedule risk analysis using Monte Carlo
    simulation of a CPM model.
    """
    _require_spec(draws, risk, without)
    require_sound(project, risk)
    require_baseline(project, baseline)
    project = project.in_modes(baseline.modes)
    run = _prepare(project, baseline, risk, draws, without)
    done = _run(run, draws, on_progress)
    return Simulation.of(
        project,
        run.groups,
        run.windows,
        run.out,
        run.centre,
        done=done,
        horizon=run.horizon,
        seed=draws.seed,
        notices=run.notices,
    )


@dataclass(frozen=True)
class _Run:
    """All that the kernel takes."""

    net: memory.Net
    figures: memory.Figures
    events: memory.Events
    work: Working
    lags: Working
    windows: Windows
    links: memory.Groups
    centre: memory.Centre
    out: memory.Output
    groups: list[tuple[str, str]]
    is_weather: bool
    horizon: int
    notices: list[str]


def _require_spec(draws: Draws, risk: Risk, without: frozenset[str]) -> None:
    if draws.iterations < 1:
        raise SpecError(f"iterations {draws.iterations}: give 1 or more.")
    if not 0 <= draws.seed < 2**63:
        raise SpecError(f"seed {draws.seed}: give 0 or more, below 2^63.")
    names = event_names(risk)
    twice = sorted({name for name in names if names.count(name) > 1 or name == WEATHER})
    if twice:
        raise SpecError(f"risks: names given twice, or taken: {', '.join(twice)}. Give each its own.")
    unknown = sorted(without - set(names) - {WEATHER})
    if unknown:
        raise SpecError(f"without: no such risks: {', '.join(unknown)}. There are {', '.join(names)}.")


def _prepare(project: Project, baseline: Baseline, risk: Risk, draws: Draws, without: frozenset[str]) -> _Run:
    lags = prefix_sums(project.calendars)
    require_room(project, baseline.modes)
    ends = finishes(project, baseline, lags)
    flow = flow_links(project, baseline.modes, baseline.starts, ends, lags)
    links, leads = links_of(project, baseline, flow)
    seasons = risk.seasons or find_seasons(project)
    if not len(seasons.base):
        none = np.empty(0, dtype=np.int64)
        seasons = Seasons(np.ones((1, 1), dtype=np.bool_), none, none, none, none)
    shut = windows(seasons, risk.weather)
    names, group_lists = _groups(project, risk)
    home = home_windows(project, shut, ends)
    n = draws.iterations
    return _Run(
        net=net(project, links, has_stoppages=bool(risk.stoppages)),
        figures=_figures(project.n_activities, risk),
        events=_events(project.n_activities, risk, without),
        work=prefix_sums(seasons.base),
        lags=lags,
        windows=shut,
        links=memory.Groups(group_lists, home, last_slots(project, shut, home)),
        centre=_centre(risk, ends),
        out=_output(n, len(names), len(shut.opens), project.n_activities, draws),
        groups=names,
        is_weather=risk.weather is not None and WEATHER not in without,
        horizon=seasons.base.shape[1] if len(project.calendars) else 0,
        notices=limits_left_out(project, flow, leads),
    )


def _run(run: _Run, draws: Draws, on_progress: OnDraws | None) -> int:
    """Simulate all blocks; return how many draws were made."""
    blocks = -(-draws.iterations // BLOCK)
    threads = max(1, min(draws.threads or os.cpu_count() or 1, blocks))
    spare = [_room(run) for _ in range(threads)]

    def simulate_chunk(first: int) -> None:
        m, open_ = spare.pop()
        kernel.run_blocks(
            run.net,
            run.figures,
            run.events,
            run.work,
            run.lags,
            run.windows,
            open_,
            run.links,
            run.centre,
            m,
            run.out,
            first,
            min(first + CHUNK, blocks),
            draws.seed,
            draws.method == "plain",
            run.is_weather,
        )
        spare.append((m, open_))

    done = 0
    wave = threads * CHUNK * 4
    with ThreadPoolExecutor(threads) as pool:
        while done < blocks:
            until = min(done + wave, blocks)
            list(pool.map(simulate_chunk, range(done, until, CHUNK)))
            done = until
            made = min(done * BLOCK, draws.iterations)
            if on_progress is not None and not on_progress(made, draws.iterations):
                return made
    return draws.iterations


def _room(run: _Run) -> tuple[memory.Room, Intervals]:
    factors = run.figures.loadings.shape[1]
    m = memory.room(run.net, run.events, factors, len(run.windows.opens))
    return m, empty_intervals(run.windows, run.work.before.shape[0])


def _figures(n: int, risk: Risk) -> memory.Figures:
    nothing = np.zeros(n)
    none = np.zeros((n, 0))
    loadings = none if risk.loadings is None else risk.loadings
    cost_loadings = none if risk.cost_loadings is None else risk.cost_loadings
    factors = max(loadings.shape[1], cost_loadings.shape[1])
    return memory.Figures(
        columns(risk.duration),
        columns(risk.cost or ThreePoint(nothing, nothing, nothing)),
        risk.cost is not None,
        _widened(loadings, factors),
        _widened(cost_loadings, factors),
        normal_quantiles(),
        normal_shares(),
        nothing if risk.cost_per_period is None else risk.cost_per_period.astype(np.float64),
        float(risk.overhead_per_period),
    )


def _widened(loadings: FloatArray, factors: int) -> FloatArray:
    """Return the loadings with columns of zeros up to the number of factors."""
    return np.pad(loadings.astype(np.float64), ((0, 0), (0, factors - loadings.shape[1])))


def _events(n: int, risk: Risk, without: frozenset[str]) -> memory.Events:
    drivers, stops = risk.drivers, risk.stoppages
    strikes = [(a, d) for d, driver in enumerate(drivers) for a in sorted(set(driver.activities))]
    moves = np.array([p for p in strikes if drivers[p[1]].duration != (1, 1, 1)], dtype=np.int64).reshape(
        -1, 2
    )
    pays = np.array([p for p in strikes if drivers[p[1]].cost != (1, 1, 1)], dtype=np.int64).reshape(-1, 2)
    held = [(a, j) for j, stop in enumerate(stops) for a in sorted(set(stop.activities))]
    holds = np.array(held, dtype=np.int64).reshape(-1, 2)
    return memory.Events(
        np.array([0.0 if d.name in without else d.probability for d in drivers]),
        np.array([d.duration for d in drivers], dtype=np.float64).reshape(-1, 3),
        np.array([d.cost for d in drivers], dtype=np.float64).reshape(-1, 3),
        lists(n, moves[:, 0], moves[:, 1]),
        lists(n, pays[:, 0], pays[:, 1]),
        np.array([0.0 if s.name in without else s.probability for s in stops]),
        np.array([s.onset for s in stops], dtype=np.float64).reshape(-1, 2),
        np.array([s.length for s in stops], dtype=np.float64).reshape(-1, 3),
        lists(n, holds[:, 0], holds[:, 1]),
    )


def _groups(project: Project, risk: Risk) -> tuple[list[tuple[str, str]], memory.Lists]:
    """Return (grouping, label) of each group, and the groups of each activity."""
    names: list[tuple[str, str]] = []
    keys, values = [], []
    for grouping in sorted(risk.groups):
        labels = risk.groups[grouping]
        known = {label: len(names) + i for i, label in enumerate(sorted(set(labels) - {""}))}
        names += [(grouping, label) for label in known]
        for a, label in enumerate(labels):
            if label:
                keys.append(a)
                values.append(known[label])
    pairs = (np.array(keys, dtype=np.int64), np.array(values, dtype=np.int64))
    return names, lists(project.n_activities, *pairs)


def _centre(risk: Risk, ends: FloatArray) -> memory.Centre:
    money = 0.0 if risk.cost is None else float(risk.cost.likely.sum())
    likely = np.asarray(risk.duration.likely, dtype=np.float64)
    return memory.Centre(float(ends.max(initial=0.0)), likely, money)


def _output(n: int, groups: int, shut: int, activities: int, draws: Draws) -> memory.Output:
    kept = n if draws.keeps_activities else 0
    blocks = -(-n // BLOCK)
    missed: IntArray = np.zeros(n, dtype=np.int64)
    return memory.Output(
        np.zeros(n),
        np.zeros(n),
        np.zeros((groups, n)),
        np.zeros((groups, n)),
        np.zeros((activities, kept), dtype=np.float32),
        np.zeros((activities, kept), dtype=np.float32),
        np.zeros((blocks, activities, memory.N_SUMS)),
        np.zeros((blocks, shut, memory.N_MISSED)),
        missed,
    )
