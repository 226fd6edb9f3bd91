"""The engine `scip`: one branch-and-cut tree over whole starts, with path cuts as rows of its linear programme."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyscipopt
from pyscipopt import SCIP_HEURTIMING, SCIP_PARAMSETTING, SCIP_RESULT
from scipy.sparse import csr_array

from sarhad.detection.instance import BoolArray, FloatArray, IntArray
from sarhad.plan.game import states
from sarhad.plan.limits import Terms, operating
from sarhad.plan.master import Cuts
from sarhad.plan.money import demand, hall_rows, pay, purse
from sarhad.plan.rows import StartRows
from sarhad.plan.whole import WANTED, Whole

log = logging.getLogger(__name__)

SCALE = 1000.0  # the value with nothing built in the unit of the tree
TOLERANCE = 1e-8  # by which rows may be broken; the bound is lowered by it
LAZY = 1e-7  # by which a unit's chance to evade may be underrated at a whole plan
SHORT = 0.3  # share of a node's gap below which a shortfall is not worth cutting
EVERY = 10  # nodes between roundings of the answer
ROOT_LEAST, NODE_WANTED = 1e-6, 0.2
SETTINGS: dict[str, object] = {
    "misc/usesymmetry": 0,  # cuts not yet found would break it
    "misc/catchctrlc": False,
    "presolving/maxrestarts": 0,
    "presolving/donotmultaggr": True,  # a plan from outside could not be set otherwise
    "numerics/feastol": TOLERANCE,
    # What closes the gap are mixed-integer rounding cuts of several path cuts of one unit, at the root.
    "separating/aggregation/maxroundsroot": -1,
    "separating/aggregation/maxtriesroot": -1,
    "separating/aggregation/maxfailsroot": 100,
    "cutselection/hybrid/minorthoroot": 0.5,
    "branching/relpscost/inititer": 50,  # strong branching to the end took two thirds of the time
    "branching/relpscost/sbiterofs": 20000,
    "separating/gomory/freq": -1,
    "separating/zerohalf/freq": -1,
}


@dataclass(frozen=True)
class Watch:
    """What the tree tells the search, and asks it.

    Parameters
    ----------
    best
        Return the value and the starts of the best plan.
    keep
        Value a plan exactly and keep it if it is the best.
    guess
        Look for a plan near shares of starts (I, T).
    goes_on
        Take notice of a bound; tell whether to go on.
    rows
        Return rows of floors that a plan breaks.
    """

    best: Callable[[], tuple[float, IntArray]]
    keep: Callable[[IntArray], float]
    guess: Callable[[FloatArray], None]
    goes_on: Callable[[float], bool]
    rows: Callable[[IntArray], StartRows]


class Tree:
    """A programme over whole starts in SCIP.

    Columns: whole starts, and the chance to evade of each quarter and unit. Rows: one start an item, exclusions,
    prerequisites by quarter, money of sets of needs, and path cuts as they are found. Missing rows of money
    and missing path cuts are found at every whole point, so that a plan counts only with its exact value.
    """

    def __init__(
        self,
        whole: Whole,
        terms: Terms,
        cost: IntArray,
        allowed: BoolArray,
        forced: IntArray,
        watch: Watch,
        seed: int,
    ) -> None:
        self.whole, self.terms, self.watch = whole, terms, watch
        self.cost = cost.copy()
        self.cost[:, :, terms.n_horizon_years :] *= int(terms.is_tail_paid)
        self._source = purse(terms)
        self.starts = np.argwhere(allowed)
        self.n_eta = terms.n_quarters, whole.game.of.n
        self.worth = terms.quarter_weight[:, None] * whole.game.weight
        self.scale = SCALE / max(float(self.worth.sum()), 1e-12)
        self._reach = self._reached()
        self.model = pyscipopt.Model("plan")
        self.model.hideOutput()
        self.x = [self.model.addVar(f"x{k}", vtype="B") for k in range(len(self.starts))]
        low = self._lowest(allowed)
        self.eta = [
            self.model.addVar(
                f"e{k}", lb=float(low.flat[k]), ub=1.0, obj=float(self.worth.flat[k] * self.scale)
            )
            for k in range(low.size)
        ]
        self._choices(forced)
        self._prerequisites()
        self._linear(terms.linear)
        self._linear(whole.kept)
        for mask in hall_rows(terms):
            self._add(*self._money(mask))
        if whole.cuts and whole.answer is not None:
            for columns, factors, level in self.rows(whole.tight()):
                self._add(columns, factors, level, None)
        self.error: BaseException | None = None
        self._include(seed)

    def _reached(self) -> list[csr_array]:
        """Return for each quarter which start makes which item operate, matrices (I, N)."""
        item, begin = self.starts.T
        ready, n = self.terms.ready[item, begin], len(item)
        shape = (self.terms.n_items, n)
        places = [np.flatnonzero(ready <= quarter) for quarter in range(self.terms.n_quarters)]
        return [csr_array((np.ones(len(at)), (item[at], at)), shape=shape) for at in places]

    def _lowest(self, allowed: BoolArray) -> FloatArray:
        """Return the chance to evade by quarter and unit with all in operation that can be, shape (T, U)."""
        first = np.where(allowed.any(axis=1), allowed.argmax(axis=1), -1)
        everything = operating(self.terms, first).astype(np.float64)
        return self.whole.game.paths(self.whole.supports.states(everything))[0].clip(0.0, 1.0)

    def _add(self, columns: IntArray, factors: FloatArray, low: float | None, high: float | None) -> None:
        """Add a row over the columns: starts first, then chances."""
        if len(columns) == 0:
            return
        every = self.x + self.eta
        total = pyscipopt.quicksum(
            f * every[k] for k, f in zip(columns.tolist(), factors.tolist(), strict=True)
        )
        self.model.addCons(total >= low if high is None else total <= high)

    def _choices(self, forced: IntArray) -> None:
        """Add one start an item, and exclusions."""
        for item in range(self.terms.n_items):
            own = np.flatnonzero(self.starts[:, 0] == item)
            if len(own) > 1:
                self._add(own, np.ones(len(own)), None, 1.0)
            if item in set(forced.tolist()):
                self._add(own, np.ones(len(own)), 1.0, None)
        for clique in self.terms.exclusive:
            members = np.flatnonzero(np.isin(self.starts[:, 0], clique))
            self._add(members, np.ones(len(members)), None, 1.0)

    def _prerequisites(self) -> None:
        """Let an item operate only while one of each set that it requires does."""
        for item, sets in enumerate(self.terms.requires):
            for members in sets:
                for reach in self._reach:
                    row = reach[[item]] - csr_array(np.ones((1, len(members))) @ reach[list(members)])
                    row = csr_array(row)
                    if (row.data > 0).any():
                        self._add(np.asarray(row.indices, dtype=np.int64), row.data, None, 0.0)

    def _linear(self, rows: StartRows) -> None:
        """Add linear limits over starts."""
        for columns, factors, level in self.linear(rows):
            self._add(columns, factors, level, None)

    def linear(self, rows: StartRows) -> list[tuple[IntArray, FloatArray, float]]:
        """Return linear limits as rows ``sum >= level`` over the columns."""
        at = self.starts[:, 0] * self.terms.n_quarters + self.starts[:, 1]
        factor = csr_array(rows.factor[:, at])
        parts = [slice(a, b) for a, b in pairwise(factor.indptr.tolist())]
        return [
            (np.asarray(factor.indices[p], dtype=np.int64), -factor.data[p], -room)
            for p, room in zip(parts, rows.room.tolist(), strict=True)
        ]

    def _money(self, mask: BoolArray) -> tuple[IntArray, FloatArray, None, float]:
        """Return the row of the needs in the mask: together no more than the money that reaches them."""
        item, begin = self.starts.T
        wanted = mask.reshape(len(self.terms.payers), -1)[self.terms.item_class[item]]
        usd = (self.cost[item, begin] * wanted).sum(axis=1)
        columns = np.flatnonzero(usd)
        return columns, usd[columns].astype(np.float64), None, float(self._source.cover(mask[None])[0])

    def rows(self, cuts: Cuts) -> list[tuple[IntArray, FloatArray, float]]:
        """Return the cuts as rows over the columns: starts first, then chances."""
        result = []
        for quarter, reach in enumerate(self._reach):
            at = np.flatnonzero(cuts.epoch == quarter)
            block = csr_array(cuts.slope[at] @ reach)
            eta = len(self.x) + quarter * self.n_eta[1] + cuts.group[at]
            for k in range(len(at)):
                part = slice(block.indptr[k], block.indptr[k + 1])
                columns = np.append(block.indices[part], eta[k])
                result.append((columns, np.append(block.data[part], 1.0), float(cuts.level[at[k]])))
        return result

    def _include(self, seed: int) -> None:
        """Set what SCIP may do, and hand it the cuts and the plans."""
        model = self.model
        model.setHeuristics(SCIP_PARAMSETTING.OFF)  # they cannot know the cuts not yet found
        for name, setting in SETTINGS.items():
            model.setParam(name, setting)
        model.setParam("randomization/randomseedshift", seed % 2**31)
        self.paths, self.plans = _Paths(self), _Plans(self)
        model.includeConshdlr(
            self.paths, "paths", "path cuts and money", sepapriority=1, enfopriority=-100, chckpriority=-5_000_000,
            sepafreq=1, propfreq=-1, eagerfreq=-1, maxprerounds=0, needscons=False,
        )  # fmt: skip
        when = SCIP_HEURTIMING.AFTERLPNODE | SCIP_HEURTIMING.DURINGLPLOOP | SCIP_HEURTIMING.BEFORENODE
        model.includeHeur(self.plans, "plans", "plans found by the search", "Y", freq=1, timingmask=when)

    def prove(self, time_limit_s: float, gap: float, nodes: int | None) -> float:
        """Return a bound that no plan is below; the search holds the plans that were found."""
        model = self.model
        model.setParam("limits/time", max(time_limit_s, 0.01))
        model.setParam("limits/gap", gap / 2)
        if nodes is not None:
            model.setParam("limits/nodes", nodes)
        model.optimize()
        if self.error is not None:
            raise self.error
        self.take_over()
        log.debug("%s after %d nodes, pool %d", model.getStatus(), model.getNNodes(), self.whole.pool.n)
        return self.bound()

    def take_over(self) -> None:
        """Let the search keep SCIP's best plan if that is better than its own."""
        value, _ = self.watch.best()
        if self.model.getNSols() and self.model.getPrimalbound() / self.scale < value * (1 - 1e-7):
            solution = self.model.getBestSol()
            self.watch.keep(self.start_of(np.array([self.model.getSolVal(solution, v) for v in self.x])))

    def bound(self) -> float:
        """Return what the tree has proved, made safe against its tolerances."""
        bound = self.model.getDualbound()
        if bound >= self.model.infinity():
            return self.watch.best()[0]
        return float(bound - TOLERANCE * SCALE - 1e-9 * abs(bound)) / self.scale

    def start_of(self, x: FloatArray) -> IntArray:
        """Return the start of each item, -1 where it is left out, from whole columns."""
        start = np.full(self.terms.n_items, -1, dtype=np.int64)
        chosen = self.starts[x > 0.5]
        start[chosen[:, 0]] = chosen[:, 1]
        return start

    def items(self, x: FloatArray) -> FloatArray:
        """Return the state of the items by quarter, shape (T, I)."""
        return np.stack([np.asarray(reach @ x) for reach in self._reach])

    def unpaid(self, start: IntArray) -> BoolArray:
        """Return needs of a plan that together cannot be paid."""
        return pay(self._source.supply, demand(self.terms, self.cost, start), self._source.is_open)[1]

    def evade(self, start: IntArray) -> FloatArray:
        """Return the exact chance to evade by quarter and unit, shape (T, U)."""
        points = states(self.terms, self.whole.game.over, start).astype(np.float64)
        return self.whole.game.paths(points)[0]


class _Paths(pyscipopt.Conshdlr):  # type: ignore[misc]
    """Finds missing path cuts and rows of money."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.rounded = -EVERY

    def _point(self, solution: object = None) -> tuple[FloatArray, FloatArray]:
        """Return starts (N,) and chances (T, U) of a solution, or of the linear programme."""
        model, tree = self.model, self.tree
        x = np.array([model.getSolVal(solution, v) for v in tree.x])
        eta = np.array([model.getSolVal(solution, v) for v in tree.eta])
        return x.clip(0.0, 1.0), eta.reshape(tree.n_eta)

    def _safely(self, work: Callable[[], object], otherwise: object) -> dict[str, object]:
        """Do what may fail; SCIP would lose the error, so keep it and stop."""
        try:
            return {"result": work()}
        except BaseException as error:  # noqa: BLE001  raised again by `Tree.prove`
            self.tree.error = self.tree.error or error
            self.model.interruptSolve()
            return {"result": otherwise}

    def _add(self, rows: list[tuple[IntArray, FloatArray, float]]) -> None:
        """Add rows ``sum >= level``."""
        model, columns = self.model, self.tree.x + self.tree.eta
        for at, factors, level in rows:
            row = model.createEmptyRowUnspec("path", lhs=level, rhs=None, local=False, removable=True)
            model.cacheRowExtensions(row)
            for k, factor in zip(at.tolist(), factors.tolist(), strict=True):
                model.addVarToRow(row, columns[k], factor)
            model.flushRowExtensions(row)
            model.addCut(row, forcecut=True)
            model.releaseRow(row)

    def _separate(self) -> object:
        """Cut off the answer of the linear programme where that raises the node's bound noticeably."""
        tree, model = self.tree, self.model
        depth = model.getDepth()
        if not tree.watch.goes_on(tree.bound() if depth else 0.0):
            model.interruptSolve()
            return SCIP_RESULT.DIDNOTRUN
        if depth and model.getNSepaRounds() > 0:
            return SCIP_RESULT.DIDNOTRUN
        x, eta = self._point()
        tree.take_over()
        self._guess(x, depth)
        value = tree.watch.best()[0]
        cuts, short = tree.whole.separate(
            tree.items(x), eta, NODE_WANTED if depth else WANTED, value * ROOT_LEAST, explore=depth == 0
        )
        if depth and short * tree.scale < SHORT * (value * tree.scale - model.getLPObjVal()):
            return SCIP_RESULT.DIDNOTFIND
        self._add(tree.rows(cuts))
        return SCIP_RESULT.SEPARATED if len(cuts.level) else SCIP_RESULT.DIDNOTFIND

    def _guess(self, x: FloatArray, depth: int) -> None:
        """Let the search round the answer now and then."""
        tree, node = self.tree, self.model.getNNodes()
        if depth == 0 or node >= self.rounded + EVERY:
            self.rounded = node
            share = np.zeros((tree.terms.n_items, tree.terms.n_quarters))
            share[tree.starts[:, 0], tree.starts[:, 1]] = x
            tree.watch.guess(share)

    def _broken(self, start: IntArray) -> list[tuple[IntArray, FloatArray, float]]:
        """Return rows of money that a whole plan breaks: the money itself, and not all these starts at once."""
        tree, mask = self.tree, self.tree.unpaid(start)
        if not mask.any():
            return tree.linear(tree.watch.rows(start))
        columns, usd, _, room = tree._money(mask)
        chosen = np.flatnonzero(start[tree.starts[:, 0]] == tree.starts[:, 1])
        both = np.intersect1d(columns, chosen)
        unit = max(room, 1.0)
        return [(columns, -usd / unit, -room / unit), (both, -np.ones(len(both)), 1.0 - len(both))]

    def _enforce(self) -> object:
        """Cut off a whole answer that promises too much."""
        tree = self.tree
        x, eta = self._point()
        start = tree.start_of(x)
        rows = self._broken(start)
        if not rows:
            short = tree.evade(start) - eta
            if short.max(initial=0.0) <= LAZY:
                tree.watch.keep(start)
                return SCIP_RESULT.FEASIBLE
            tree.watch.keep(start)
            least = LAZY / 2 * tree.worth
            cuts, _ = tree.whole.separate(tree.items(x.round()), eta, 0.0, float(least.min()), explore=False)
            rows = tree.rows(cuts)
        self._add(rows)
        return SCIP_RESULT.SEPARATED if rows else SCIP_RESULT.INFEASIBLE

    def _check(self, solution: object) -> object:
        """Tell whether a solution is a plan with its exact value."""
        tree = self.tree
        x, eta = self._point(solution)
        start = tree.start_of(x)
        if tree.unpaid(start).any() or tree.watch.rows(start).n:
            return SCIP_RESULT.INFEASIBLE
        is_exact = bool((tree.evade(start) - eta).max(initial=0.0) <= LAZY)
        return SCIP_RESULT.FEASIBLE if is_exact else SCIP_RESULT.INFEASIBLE

    def conssepalp(self, *_: object) -> dict[str, object]:
        """Separate."""
        return self._safely(self._separate, SCIP_RESULT.DIDNOTRUN)

    def consenfolp(self, *_: object) -> dict[str, object]:
        """Enforce at the answer of the linear programme."""
        return self._safely(self._enforce, SCIP_RESULT.INFEASIBLE)

    def consenfops(self, *_: object) -> dict[str, object]:
        """Ask for the linear programme where it was not solved."""
        return {"result": SCIP_RESULT.SOLVELP}

    def conscheck(self, _: object, solution: object, *__: object) -> dict[str, object]:
        """Check a solution."""
        return self._safely(lambda: self._check(solution), SCIP_RESULT.INFEASIBLE)

    def conslock(self, _: object, __: object, up: int, down: int) -> None:
        """Say that any change of a column may break a missing row."""
        for v in self.tree.x + self.tree.eta:
            self.model.addVarLocks(v, up + down, up + down)


class _Plans(pyscipopt.Heur):  # type: ignore[misc]
    """Hands the best plan of the search over to SCIP."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.known = np.inf

    def heurexec(self, _: object, __: object) -> dict[str, object]:
        """Hand over a new best plan."""
        tree, model = self.tree, self.model
        value, start = tree.watch.best()
        if value >= self.known or value * tree.scale >= model.getPrimalbound() - LAZY * SCALE:
            return {"result": SCIP_RESULT.DIDNOTRUN}
        self.known = value
        chosen = (start[tree.starts[:, 0]] == tree.starts[:, 1]).astype(np.float64)
        levels = np.concatenate([chosen, tree.evade(start).ravel()])
        columns = [model.getTransformedVar(v) for v in tree.x + tree.eta]
        low = np.array([v.getLbGlobal() for v in columns])
        high = np.array([v.getUbGlobal() for v in columns])
        if ((levels < low - LAZY) | (levels > high + LAZY)).any():  # SCIP has proved that this is no gain
            return {"result": SCIP_RESULT.DIDNOTFIND}
        solution = model.createSol(self)
        for v, level in zip(columns, levels.clip(low, high).tolist(), strict=True):
            model.setSolVal(solution, v, level)
        is_kept = model.trySol(solution)
        return {"result": SCIP_RESULT.FOUNDSOL if is_kept else SCIP_RESULT.DIDNOTFIND}
