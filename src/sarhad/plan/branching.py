"""Branch and cut over whole starts: SCIP is handed the missing rows of a tree, and plans found elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import pyscipopt
from pyscipopt import SCIP_HEURTIMING, SCIP_PARAMSETTING, SCIP_RESULT

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.tree import LAZY, SCALE, TOLERANCE, Tree
from sarhad.plan.whole import WANTED

log = logging.getLogger(__name__)

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


def prove(tree: Tree, time_limit_s: float, gap: float, nodes: int | None, seed: int) -> float | None:
    """Return a bound that no plan is below, None where SCIP gave up; the search holds the plans that were found."""
    model = tree.model
    _include(tree, seed)
    model.setParam("limits/time", max(time_limit_s, 0.01))
    model.setParam("limits/gap", gap / 2)
    if nodes is not None:
        model.setParam("limits/nodes", nodes)
    fault = _fault_of(model.optimize)
    if tree.error is not None:
        raise tree.error
    if fault is not None:
        log.warning("SCIP gave up: %s", fault)
        return None
    tree.take_over()
    log.debug("%s after %d nodes, pool %d", model.getStatus(), model.getNNodes(), tree.whole.pool.n)
    return tree.bound()


def _fault_of(run: Callable[[], None]) -> str | None:
    """Return why SCIP gave up, such as numbers that its linear solver cannot bear; None when it came to its end."""
    try:
        run()
    except Exception as error:  # noqa: BLE001 - pyscipopt raises nothing narrower
        return str(error)
    return None


def _include(tree: Tree, seed: int) -> None:
    """Set what SCIP may do, and hand it the cuts and the plans."""
    model = tree.model
    model.setHeuristics(SCIP_PARAMSETTING.OFF)  # they cannot know the cuts not yet found
    for name, setting in SETTINGS.items():
        model.setParam(name, setting)
    model.setParam("randomization/randomseedshift", seed % 2**31)
    model.includeConshdlr(
        _Paths(tree), "paths", "path cuts and money", sepapriority=1, enfopriority=-100, chckpriority=-5_000_000,
        sepafreq=1, propfreq=-1, eagerfreq=-1, maxprerounds=0, needscons=False,
    )  # fmt: skip
    when = SCIP_HEURTIMING.AFTERLPNODE | SCIP_HEURTIMING.DURINGLPLOOP | SCIP_HEURTIMING.BEFORENODE
    model.includeHeur(_Plans(tree), "plans", "plans found by the search", "Y", freq=1, timingmask=when)


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
        except BaseException as error:  # noqa: BLE001  raised again by `prove`
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
        columns, usd, _, room = tree.money(mask)
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
