"""Proof of a small programme over whole starts: linear programme, some improvement, then the engine."""

from __future__ import annotations

import itertools
from functools import partial

from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan.run import Run
from sarhad.plan.whole import Whole

POLISHES = 4  # improvements of the plan before a small programme is proved
NODES = 100  # of the tree in one unit of work
LOOSE = 3e-4  # the same for a small programme, whose tree goes on cutting


def prove(run: Run) -> None:
    """Solve a small programme over whole starts: linear programme, some improvement, then the engine."""
    own = Whole(run.game, run.terms, run.pool, run.out.total, run.locks.allowed, run.locks.forced)
    run.bounding = own
    run.begin(run.terms.n_quarters)
    if run.work_limit == 0:
        return
    while run.goes_on("search") and run.is_open():
        is_solved = own.round(run.left())
        run.bound = max(run.bound, own.bound)
        is_near = own.short < LOOSE * run.value or own.n_cut == 0
        if is_solved and own.news == 0 and is_near:
            break
    for _ in range(POLISHES):
        if run.bounding.answer is None or not run.goes_on("search"):
            return
        run.improve()
    if run.engine == "scip":
        _tree(run, own)
    else:
        whole(run)


def _tree(run: Run, own: Whole) -> None:
    """Let SCIP raise the bound in one tree; where it gives up, go on without it."""
    from sarhad.plan.branching import prove  # an optional package
    from sarhad.plan.tree import Tree, Watch

    limits = run.out.total, run.locks.allowed, run.locks.forced
    watch = Watch(
        partial(_best, run), run.keep_if_better, partial(_guess, run), partial(_notice, run), run.watch
    )
    tree = Tree(own, run.terms, *limits, watch)
    nodes = None if run.work_limit is None else NODES * run.work_limit
    found = prove(tree, run.left(), run.target_gap, nodes, run.seed)
    if found is None:
        whole(run)
        return
    run.bound = max(run.bound, found)
    run.goes_on("tree")


def _best(run: Run) -> tuple[float, IntArray]:
    """Return the value and the starts of the best plan."""
    assert run.start is not None
    return run.value, run.start


def _notice(run: Run, bound: float) -> bool:
    """Take notice of a bound; tell whether to go on."""
    run.bound = max(run.bound, bound)
    return run.goes_on("tree")


def _guess(run: Run, share: FloatArray) -> None:
    """Look for a plan near shares of starts."""
    run.search.refresh(run.pool, run.game.of.n)
    run.search.round_off(share, run.dollars, 0.0)
    run.keep_if_better(run.search.start)


def whole(run: Run) -> None:
    """Solve over whole starts until bound and value meet: exact, for small programmes."""
    last: IntArray | None = None
    rounds = itertools.count() if run.work_limit is None else range(run.work_limit)
    for _ in rounds:
        if not (run.goes_on("whole") and run.is_open()):
            return
        start = run.bounding.whole(run.left())
        run.bound = max(run.bound, run.bounding.bound)
        if start is None or (last is not None and (start == last).all()):
            run.is_done = start is not None
            return
        last = start
        if run.watch(start).n:
            continue
        run.search.refresh(run.pool, run.game.of.n)
        run.search.load(start)
        if run.search.is_sound():
            run.keep_if_better(start)
