"""The risk of a schedule: dates and money in many draws, what security late items cost, and who or what is to blame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sarhad import schedule as scheduler
from sarhad.detection.instance import FloatArray, IntArray
from sarhad.programme.quarters import horizon
from sarhad.workflow.sequencing import Scheduled, order_of
from sarhad.workflow.steps import OnStep, Step, silent

LEVEL = 0.8
EXACT = 500  # draws whose loss is evaluated exactly
POOLED = 6  # draws whose paths the surrogate knows
LEAST = 2  # exact draws, below which nothing can be said
LOSSES = 4000  # draws whose loss is estimated
REMOVED = 1000  # draws for what each driver, partner and approval is to blame for
KEPT = 2000  # draws of which every activity is kept
MONTHS = 3  # of a period in which the loss is counted
APPROVALS = ("agreement", "approval")


@dataclass(frozen=True)
class Assessed:
    """The risk of a schedule in hand.

    Parameters
    ----------
    simulation
        Dates and money of programme and groups over all draws.
    kept
        Some of the draws, with the dates and money of every activity.
    activities
        Quantiles and indices of each activity, in the order of the project.
    loss
        Security lost to delay over the draws.
    on_time, scheduled
        Value when all items operate as the plan says, and as the schedule says.
    blame
        What the programme would gain without each cause: kind (driver, partner, approval), id, finish_days, cost_usd,
        expected_undetected, all of the means.
    """

    simulation: scheduler.Simulation
    kept: scheduler.Simulation
    activities: pd.DataFrame
    loss: scheduler.Loss
    on_time: float
    scheduled: float
    blame: pd.DataFrame


@dataclass(frozen=True)
class _Game:
    """What is needed to judge dates of operation: item numbers, clock, surrogate."""

    scheduled: Scheduled
    number: IntArray
    clock: scheduler.Clock
    risk: scheduler.Risk
    baseline: scheduler.Baseline

    def draws(self, n: int, seed: int, risk: scheduler.Risk | None = None, *, keeps: bool = False,
              without: frozenset[str] = frozenset()) -> scheduler.Simulation:  # fmt: skip
        return scheduler.simulate(
            self.scheduled.expanded.project,
            self.baseline,
            self.risk if risk is None else risk,
            draws=scheduler.Draws(n, seed, keeps_activities=keeps),
            without=without,
        )

    def ready(self, simulation: scheduler.Simulation, n: int) -> FloatArray:
        """Return the day from which each item operates in the first n draws, shape (J, n)."""
        at = {label: k for k, (kind, label) in enumerate(simulation.group_names) if kind == "item"}
        rows = [at[work.id] for work in self.scheduled.expanded.works]
        return np.asarray(simulation.group_finish[rows, :n])


def assess(
    scheduled: Scheduled, *, iterations: int, seed: int, exact: int = EXACT, on_step: OnStep = silent
) -> Assessed:
    """Return the risk of a schedule.

    Parameters
    ----------
    iterations, seed
        Draws of the simulation.
    exact
        Of these, the draws whose loss is evaluated exactly.

    Raises
    ------
    KeyboardInterrupt
        If `on_step` says stop before two draws are evaluated; after that the loss rests on those that are.
    """
    game = _game(scheduled)
    on_step(Step("simulate", 0.0))
    simulation = game.draws(iterations, seed)
    kept = game.draws(min(iterations, KEPT), seed, keeps=True)
    instance = scheduled.prepared.instance
    _, due = order_of(scheduled)
    planned = scheduled.ready
    dates = np.array([float(planned[work.id]) for work in scheduled.expanded.works])
    on_time = scheduler.value_of_dates(instance, game.number, due, game.clock)
    ready = game.ready(simulation, min(iterations, LOSSES))
    pool = _pool(game, ready, due, dates)
    on_step(Step("security lost to delay", 0.0))
    certain = scheduler.values_of_draws(
        instance, game.number, ready[:, :exact], game.clock,
        on_draw=lambda done, of: on_step(Step("security lost to delay", done / of)),
    )  # fmt: skip
    if len(certain) < LEAST:
        raise KeyboardInterrupt
    surrogate = scheduler.pool_values(pool, ready, game.clock)
    loss = scheduler.loss_of(certain, surrogate, on_time)
    n = min(iterations, REMOVED)
    blame = _blame(game, pool, (simulation, surrogate[:n]), n, seed, on_step)
    return Assessed(
        simulation=simulation,
        kept=kept,
        activities=kept.activities(),
        loss=loss,
        on_time=on_time,
        scheduled=scheduler.value_of_dates(instance, game.number, dates, game.clock),
        blame=blame,
    )


def _game(scheduled: Scheduled) -> _Game:
    prog, expanded, result = scheduled.prepared.prog, scheduled.expanded, scheduled.result
    end = horizon(prog)[-1].plus(1).first_day
    clock = scheduler.clock_of(expanded.zones.begin, end, prog.setting("tail_years"), months=MONTHS)
    return _Game(
        scheduled=scheduled,
        number=order_of(scheduled)[0],
        clock=clock,
        risk=scheduler.risk_of(prog, expanded, result.modes),
        baseline=scheduler.Baseline(result.modes, result.starts),
    )


def _pool(game: _Game, ready: FloatArray, due: FloatArray, dates: FloatArray) -> scheduler.Pool:
    """Return the surrogate: it knows the paths of the plan, the schedule and a few draws spread over all."""
    some = np.linspace(0, ready.shape[1] - 1, min(POOLED, ready.shape[1])).astype(int)
    columns = [due, dates, *(ready[:, k] for k in some)]
    instance = game.scheduled.prepared.instance
    states = [scheduler.states_of(instance, game.number, column, game.clock) for column in columns]
    return scheduler.pool_of(instance, game.number, np.concatenate(states))


def _blame(
    game: _Game,
    pool: scheduler.Pool,
    whole: tuple[scheduler.Simulation, FloatArray],
    n: int,
    seed: int,
    on_step: OnStep,
) -> pd.DataFrame:
    """Return what would be gained without each cause, from the same random numbers."""
    causes = list(_causes(game))
    rows = []
    for k, (kind, name, label, change) in enumerate(causes):
        on_step(Step("causes", k / len(causes)))
        if isinstance(change, str):
            less = game.draws(n, seed, without=frozenset({change}))
        else:
            less = game.draws(n, seed, scheduler.as_planned(game.risk, change))
        value = scheduler.pool_values(pool, game.ready(less, n), game.clock)
        rows.append(
            {
                "kind": kind,
                "id": name,
                "label": label,
                "finish_days": float((whole[0].finish[:n] - less.finish).mean()),
                "finish_p80_days": _p80(whole[0].finish[:n]) - _p80(less.finish),
                "cost_usd": float((whole[0].cost[:n] - less.cost).mean()),
                "expected_undetected": float((whole[1] - value).mean()),
            }
        )
    columns = ["kind", "id", "label", "finish_days", "finish_p80_days", "cost_usd", "expected_undetected"]
    frame = pd.DataFrame(rows, columns=columns)
    order = ["kind", "expected_undetected", "id"]
    return frame.sort_values(order, ascending=[True, False, True], ignore_index=True)


def _p80(values: FloatArray) -> float:
    return float(np.quantile(values, LEVEL))


Cause = tuple[str, str, str, str | frozenset[int]]


def _causes(game: _Game) -> list[Cause]:
    """Return kind, id, English name, and the risk or the activities that would be certain."""
    prog, units = game.scheduled.prepared.prog, game.scheduled.expanded.units
    names: Mapping[str, str] = dict(zip(prog["risk"]["id"], prog["risk"]["name_en"], strict=True))
    events = [event.name for event in game.risk.drivers] + [event.name for event in game.risk.stoppages]
    found: list[Cause] = [("driver", name, names[name], name) for name in events]
    found.append(("driver", "weather", "Weather of the seasons", "weather"))
    partner = dict(zip(prog["partner"]["id"], prog["partner"]["name_en"], strict=True))
    for name in sorted({unit.partner for unit in units} - {""}):
        own = frozenset(k for k, u in enumerate(units) if name in (u.partner, u.row["decided_by"]))
        found.append(("partner", name, partner.get(name, name), own))
    for k, unit in enumerate(units):
        if unit.is_shared and unit.row["step"] in APPROVALS:
            label = str(unit.row["name_en"])
            if unit.id != unit.row["id"]:
                label = f"{label}: {partner.get(unit.partner, unit.partner)}"
            found.append(("approval", unit.id, label, frozenset({k})))
    return found
