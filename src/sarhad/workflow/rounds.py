"""Plan and schedule in turns: each plan is told what the schedule of the one before could not keep up with."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from sarhad import plan as planner
from sarhad import schedule as scheduler
from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.result import gap, gap_of_gain
from sarhad.programme.quarters import Quarter, horizon
from sarhad.workflow.planning import USUAL, Planned, adopt_plan, finish, search_plan
from sarhad.workflow.prepare import Prepared
from sarhad.workflow.schedules import keep
from sarhad.workflow.sequencing import DAYS_A_MONTH, Scheduled, find_schedule, months_late, order_of
from sarhad.workflow.steps import OnStep, Step, silent

TOLERANCE_MONTHS = 3.0  # an item that comes later than this is late beyond what a plan in quarters can say
SAME = 1e-9  # share by which values may differ that are the same: then the plan that is least late is kept
EMPTY = "the plan holds no item, so that no schedule was made of it"
NO_SCHEDULE = "round {n}: no schedule carries out the plan: {why}"
NO_PLAN = "round {n}: no plan keeps to what the schedule can do: {why}"
ROUNDS = (
    "rounds of plan and schedule: {n}, the plan of round {kept} is kept, which loses least as scheduled. The bound holds "
    "for every plan at the build times of the catalogue, and so for every plan as scheduled"
)


@dataclass(frozen=True)
class Turn:
    """A plan and its schedule.

    Parameters
    ----------
    number
        Of the round.
    planned, scheduled
        The plan, not priced; its schedule.
    value
        Expected undetected attempts when each item operates from its quarter on, or, if that is later, from the day on which the
        schedule has it ready; what no item can touch is left out.
    seconds
        That plan and schedule took.
    """

    number: int
    planned: Planned
    scheduled: Scheduled
    value: float
    seconds: float

    @property
    def late(self) -> FloatArray:
        """Return the months by which the schedule has each item ready after the first day of its quarter."""
        return np.array(list(months_late(self.scheduled).values()))

    @property
    def is_on_time(self) -> bool:
        """Tell whether no item is late beyond the tolerance."""
        return not (self.late > TOLERANCE_MONTHS).any()

    def row(self, kept: int) -> dict[str, Any]:
        """Return the round as a row of table `plan_round`."""
        return {
            "round": self.number,
            "value": self.planned.result.value,
            "value_scheduled": self.value,
            "items": len(self.late),
            "items_late": int((self.late > 0).sum()),
            "items_late_beyond": int((self.late > TOLERANCE_MONTHS).sum()),
            "months_late": float(self.late.mean()),
            "seconds": self.seconds,
            "is_kept": self.number == kept,
        }


def plan_in_rounds(
    prepared: Prepared,
    name: str,
    rounds: int,
    *,
    spec: planner.PlanSpec,
    time_limit_s: float,
    seed: int,
    method: planner.Method = USUAL,
    on_step: OnStep = silent,
) -> Planned:
    """Return the plan that loses least as scheduled, with its schedule, of so many rounds at most.

    Parameters
    ----------
    rounds
        It ends sooner when no item of a schedule is late beyond the tolerance, or when interrupted.
    time_limit_s
        Of the search for each plan.

    Raises
    ------
    DataError
        If the programme does not say which activities its measures need.

    Notes
    -----
    The bound is that of the first round, whose limits are those of the tables: later rounds only forbid and delay. A
    round whose plan no schedule can carry out is not among the rounds of the result; a notice says why.
    """
    scheduler.require_templates(prepared.prog)
    turns: list[Turn] = []
    told: list[str] = []
    learned = Learned(prepared)
    first = last = None
    for number in range(1, rounds + 1):
        began = time.perf_counter()
        last = search_plan(
            prepared, spec=spec, time_limit_s=time_limit_s, seed=seed, method=method, on_step=on_step,
            pace=learned.pace(last.terms) if last is not None else None,
        )  # fmt: skip
        first = first or last
        if last.result.stopped == "interrupt":
            break
        if last.result.plan_items.empty:
            told += [NO_PLAN.format(n=number, why="; ".join(last.result.notices))] * (number > 1)
            break
        scheduled = _schedule(last, name, seed, on_step)
        if scheduled.result.starts.size:
            value = value_as_scheduled(scheduled) - last.result.constant
            turns.append(Turn(number, last, scheduled, value, time.perf_counter() - began))
        else:
            told.append(NO_SCHEDULE.format(n=number, why="; ".join(scheduled.result.notices)))
        text = _words(turns[-1]) if turns else told[-1]
        goes_on = on_step(Step("rounds", number / rounds, text, keeps_answer=True))
        if not goes_on or (turns and turns[-1].number == number and turns[-1].is_on_time):
            break
        learned.from_schedule(last.terms, scheduled)
        starts = dict(
            zip(last.result.plan_items["item_id"], last.result.plan_items["start_quarter"], strict=True)
        )
        spec = dataclasses.replace(spec, warm_start=starts)
    assert first is not None
    if not turns:
        return _alone(first, told, name, seed, on_step)
    return _kept(first, turns, told, name, seed, on_step)


def _schedule(planned: Planned, name: str, seed: int, on_step: OnStep) -> Scheduled:
    prog = adopt_plan(planned.prepared.prog, name, planned.result, seed)
    return find_schedule(dataclasses.replace(planned.prepared, prog=prog), name, seed=seed, on_step=on_step)


def value_as_scheduled(scheduled: Scheduled) -> float:
    """Return the expected undetected attempts over horizon and tail with the dates of a schedule, quarter by quarter.

    An item operates in a quarter when it is ready by its middle, and never before the quarter that the plan says: only
    from then on is its upkeep paid.
    """
    prog, zones = scheduled.prepared.prog, scheduled.expanded.zones
    quarters = horizon(prog)
    begin = quarters[0].first_day
    clock = scheduler.clock_of(begin, quarters[-1].plus(1).first_day, prog.setting("tail_years"), months=3)
    rows = scheduled.rows.set_index("item_id")["operating_quarter"]
    ready = [
        max((zones.day(scheduled.ready[work.id]) - begin).days, (Quarter.parse(rows[work.id]).first_day - begin).days)
        for work in scheduled.expanded.works
    ]  # fmt: skip
    number, _ = order_of(scheduled)
    return scheduler.value_of_dates(
        scheduled.prepared.instance, number, np.array(ready, dtype=np.float64), clock
    )


def _words(turn: Turn) -> str:
    beyond = int((turn.late > TOLERANCE_MONTHS).sum())
    return f"as scheduled {turn.value:,.1f}, {beyond} items late by more than {TOLERANCE_MONTHS:g} months"


def _alone(found: Planned, told: Sequence[str], name: str, seed: int, on_step: OnStep) -> Planned:
    """Return the first plan when there was nothing to schedule, no schedule, or no time."""
    if found.result.status == "infeasible":
        return found
    told = (EMPTY,) if found.result.plan_items.empty else tuple(told)
    result = dataclasses.replace(found.result, notices=(*found.result.notices, *told))
    return finish(dataclasses.replace(found, result=result), name, seed, on_step)


def _kept(
    first: Planned, turns: Sequence[Turn], told: Sequence[str], name: str, seed: int, on_step: OnStep
) -> Planned:
    """Return the plan of the round that loses least as scheduled, priced, adopted with its schedule and the rounds."""
    best = min(turn.value for turn in turns)
    least = best + SAME * max(abs(best), 1.0)
    turn = min((one for one in turns if one.value <= least), key=lambda one: float(one.late.mean()))
    bound, result = first.result.bound, turn.planned.result
    words = ROUNDS.format(n=turns[-1].number, kept=turn.number)
    apart = gap(result.value, bound)
    result = dataclasses.replace(
        result,
        bound=bound,
        gap=apart,
        gap_of_gain=gap_of_gain(result.value, bound, result.value_without_plan),
        status="optimal" if apart <= turn.planned.method.target_gap else "feasible",
        notices=(*result.notices, words, *told),
    )
    done = finish(dataclasses.replace(turn.planned, result=result), name, seed, on_step)
    table = [one.row(turn.number) for one in turns]
    scheduled = dataclasses.replace(turn.scheduled, prepared=done.prepared)
    prog = keep(scheduled, None, seed)
    stored = pd.concat(
        [prog["plan_round"], pd.DataFrame(table).assign(plan_id=name)[list(prog["plan_round"].columns)]]
    )
    prog = prog.adopt({"plan_round": stored.reset_index(drop=True)})
    rounds = {
        "tolerance_months": TOLERANCE_MONTHS,
        "is_on_time": turn.is_on_time,
        "value_scheduled": turn.value,
        "gap_scheduled": gap(turn.value, bound),
        "table": table,
    }
    return dataclasses.replace(done, prepared=dataclasses.replace(done.prepared, prog=prog), rounds=rounds)


@dataclass
class Learned:
    """What the schedules so far have taught about the candidates.

    Parameters
    ----------
    prepared
        The programme made ready.
    lead
        Lead payer of each item of the last plan that held it.
    seen
        Day on which an item was ready by item and quarter of start, the latest of all schedules.
    tight
        Pools of resources that late items waited for.
    """

    prepared: Prepared
    lead: dict[str, str] = field(default_factory=dict)
    seen: dict[tuple[int, int], int] = field(default_factory=dict)
    tight: set[frozenset[str]] = field(default_factory=set)
    chains: scheduler.Chains | None = None

    def from_schedule(self, terms: planner.Terms, scheduled: Scheduled) -> None:
        """Take in a schedule: who leads, when items are ready, which crews they waited for.

        What an item waited for a pool that becomes a limit of the next plan is not counted against the item itself; where the
        pool was a limit already, it is: work that fits into a quarter may still have to wait within it.
        """
        if self.chains is None:
            self.chains = scheduler.chains(self.prepared.prog, self.prepared.items, leads_of(terms))
        if not scheduled.result.starts.size:
            return
        number = {item: i for i, item in enumerate(terms.item_ids)}
        start = planner.starts(terms, scheduled.rows)
        free, waited = scheduler.waits(scheduled.expanded, scheduled.result)
        limits = set(self.tight)
        for work in scheduled.expanded.works:
            item, k = number[work.id], scheduled.expanded.ready[work.id]
            self.lead[work.id] = work.lead
            new: set[frozenset[str]] = set()
            if scheduled.result.ends[k] - free[k] > TOLERANCE_MONTHS * DAYS_A_MONTH:
                new = {pool for part in waited.get(work.id, ()) for pool in self.chains.around(part)} - limits
            self.tight |= new
            day = int(free[k] if new else scheduled.result.ends[k])
            at = item, int(start[item])
            self.seen[at] = max(day, self.seen.get(at, 0))

    def pace(self, terms: planner.Terms) -> planner.Pace | None:
        """Return what a plan has to keep to from now on; None before the first schedule."""
        if self.chains is None:
            return None
        chosen = [self._chain(terms.item_ids[i], leads) for i, leads in enumerate(leads_of(terms).values())]
        shape = terms.n_items, terms.n_quarters
        day = np.zeros(shape, dtype=np.int64)
        for i, chain in enumerate(chosen):
            if chain is not None:
                day[i] = chain.ready
        for at, seen in self.seen.items():
            day[at] = max(day[at], seen)
        return planner.Pace(self._quarters(day), tuple(self._crews(terms, chosen)))

    def _chain(self, item: str, leads: Sequence[str]) -> scheduler.Chain | None:
        """Return the chain of an item, led by who led it last, else by whoever is quickest."""
        assert self.chains is not None
        kind = self.chains.kind.get(item)
        if kind is None:
            return None
        known = self.lead.get(item)
        if (kind, known or "") in self.chains.of and known is not None:
            return self.chains.of[kind, known]
        options = [
            chain for lead in leads or ("",) if (chain := self.chains.of.get((kind, lead))) is not None
        ]
        return min(options, key=lambda chain: int(chain.ready.sum()), default=None)

    def _quarters(self, day: IntArray) -> IntArray:
        """Return the first quarter by whose middle a day is past, T where none is."""
        quarters = horizon(self.prepared.prog)
        begin = self.prepared.prog.setting("status_date")
        edges = np.array([(q.first_day - begin).days for q in (*quarters, quarters[-1].plus(1))])
        return np.searchsorted((edges[:-1] + edges[1:]) / 2, day, side="left").astype(np.int64)

    def _crews(
        self, terms: planner.Terms, chosen: Sequence[scheduler.Chain | None]
    ) -> list[tuple[str, FloatArray, float]]:
        """Return the work of the pools that were waited for: a limit a pool and quarter, in unit-days."""
        assert self.chains is not None
        rows = []
        for pool in sorted(self.tight, key=sorted):
            asked = np.zeros((terms.n_items, terms.n_quarters, terms.n_quarters))
            for i, chain in enumerate(chosen):
                for part, work in () if chain is None else chain.work.items():
                    if part <= pool:
                        asked[i] += work
            offered = self.chains.offered[pool]
            rows += [
                (f"work of {', '.join(sorted(pool))} in {label}: {offered[q]:,.0f} unit-days", asked[:, :, q], offered[q])
                for q, label in enumerate(terms.quarters)
                if asked[:, :, q].any()
            ]  # fmt: skip
        return rows


def leads_of(terms: planner.Terms) -> Mapping[str, tuple[str, ...]]:
    """Return the partners that may pay for each item, by its id; none for what costs nothing."""
    pays = terms.payers.copy()
    if terms.tied is not None:
        for g, partner in enumerate(terms.tied.partner.tolist()):
            pays[:, partner] |= terms.tied.pays[:, g]
    names = np.array(terms.partners, dtype=np.str_)
    by_class = [tuple(names[row].tolist()) for row in pays]
    return {
        item: by_class[of] if usd > 0 else ()
        for item, of, usd in zip(terms.item_ids, terms.item_class.tolist(), terms.capital_usd.tolist(), strict=True)
    }  # fmt: skip
