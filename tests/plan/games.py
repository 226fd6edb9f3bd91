"""Small games and limits, and their optimum by trying every plan."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.sparse import csr_array

from sarhad.detection import Exposure, Graph, Instance, evaluate
from sarhad.detection.instance import FloatArray, IntArray
from sarhad.plan import Terms, operating
from sarhad.plan.money import demand, outlays, pay, purse


def instance(
    edges: list[tuple[int, int]],
    added: list[list[float]],
    scenarios: list[tuple[int, int, float]],
    supports: dict[int, tuple[tuple[int, ...], ...]] | None = None,
    item_ids: tuple[str, ...] | None = None,
    prevention: list[float] | None = None,
) -> Instance:
    """Return a game of one mover: item i adds ``added[i][e]``; `supports` turns an item's row into a second column."""
    tail, head = np.array(edges, dtype=np.int64).T
    matrix = np.array(added, dtype=np.float64)
    item, sets = list(range(len(added))), [()] * len(added)
    rows = [*matrix]
    for i, of in (supports or {}).items():
        item.append(i)
        sets.append(of)
        rows.append(matrix[i])
    order = sorted(range(len(item)), key=lambda c: (item[c], c))
    full = np.stack([rows[c] for c in order])
    origin, destination, attempts = zip(*scenarios, strict=True)
    n = len(scenarios)
    threat = np.zeros((len(item), 1))
    if prevention is not None:
        threat[: len(prevention), 0] = prevention
    return Instance(
        graph=Graph(
            int(max(tail.max(), head.max())) + 1, tail, head, np.where(np.isin(tail, origin), 0, -1),
            tuple(f"E{k:02d}" for k in range(len(edges))),
        ),
        exposure=Exposure(
            item_ids or tuple(f"I{k:02d}" for k in range(len(added))),
            np.array([item[c] for c in order]),
            tuple(sets[c] for c in order),
            (csr_array(full),),
            threat[order],
        ),
        movers=("foot",),
        threats=("goods",),
        sections=("S",),
        effort=np.full((1, len(edges)), 0.05),
        existing=np.full((1, len(edges)), 0.05),
        scenario_ids=tuple(f"C{k:02d}" for k in range(n)),
        origin=np.array(origin),
        destination=np.array(destination),
        mover=np.zeros(n, dtype=np.int64),
        threat=np.zeros(n, dtype=np.int64),
        attempts_per_year=np.array(attempts, dtype=np.float64),
        consequence=np.ones(1),
    )  # fmt: skip


def limits(
    capital: list[int],
    budget: list[list[int]],
    *,
    quarters: int = 3,
    build: list[int] | None = None,
    annual: list[int] | None = None,
    requires: dict[int, tuple[tuple[int, ...], ...]] | None = None,
    exclusive: tuple[tuple[int, ...], ...] = (),
    classes: list[int] | None = None,
    payers: list[list[bool]] | None = None,
    carries: bool = True,
    tail_years: float = 1.0,
    item_ids: tuple[str, ...] | None = None,
) -> Terms:
    """Return limits; `budget` holds a row a partner and a column a year."""
    n, (partners, years) = len(capital), np.array(budget).shape
    per_year = -(-quarters // years)
    year = 2025 + np.arange(quarters) // per_year
    tail = int(np.ceil(tail_years))
    money = np.concatenate([np.array(budget), np.zeros((partners, tail), dtype=np.int64)], axis=1).astype(
        np.int64
    )
    carry = np.zeros(money.shape, dtype=np.bool_)
    carry[:, : years - 1] = carries
    return Terms(
        item_ids=item_ids or tuple(f"I{k:02d}" for k in range(n)),
        quarters=tuple(f"{2025 + q // per_year}Q{q % per_year + 1}" for q in range(quarters)),
        quarter_year=year,
        first_start=0,
        tail_years=tail_years,
        capital_usd=np.array(capital, dtype=np.int64),
        annual_usd=np.array(annual or [0] * n, dtype=np.int64),
        build_quarters=np.array(build or [0] * n, dtype=np.int64),
        category=tuple(f"category {k}" for k in (classes or [0] * n)),
        section_id=tuple(f"S{k % 2}" for k in range(n)),
        chainage_km=np.arange(n, dtype=np.float64),
        item_class=np.array(classes or [0] * n, dtype=np.int64),
        payers=np.array(payers or [[True] * partners], dtype=np.bool_),
        partners=tuple(f"P{k}" for k in range(partners)),
        years=tuple(range(2025, 2025 + years + tail)),
        budget_usd=money,
        carries_over=carry,
        is_tail_paid=False,
        requires=tuple((requires or {}).get(k, ()) for k in range(n)),
        exclusive=exclusive,
    )


def random_game(seed: int, n_items: int = 6, quarters: int = 3) -> tuple[Instance, Terms]:
    """Return a game on a ladder of nodes with parallel ways, supports, a prerequisite and two partners."""
    rng = np.random.default_rng(seed)
    edges = [(a, b) for a in (0, 1, 2) for b in (3, 4, 5)] + [(3, 6), (4, 6), (5, 6), (4, 7), (5, 7)]
    added = np.where(
        rng.random((n_items, len(edges))) < 0.4, rng.uniform(0.1, 2.0, (n_items, len(edges))), 0.0
    )
    scenarios = [(int(o), int(d), float(rng.uniform(1, 10))) for o in (0, 1, 2) for d in (6, 7)]
    supports = {1: ((0, 2),)} if n_items > 2 else {}
    game = instance(edges, added.tolist(), scenarios, supports)
    terms = limits(
        rng.integers(20, 60, n_items).tolist(),
        rng.integers(20, 60, (2, quarters)).tolist(),
        quarters=quarters,
        build=rng.integers(0, 2, n_items).tolist(),
        annual=rng.integers(0, 8, n_items).tolist(),
        requires={3: ((4, 5),)} if n_items > 5 else {},
        exclusive=((2, 5),) if n_items > 5 else (),
        classes=rng.integers(0, 2, n_items).tolist(),
        payers=[[True, True], [False, True]],
        carries=bool(rng.random() < 0.5),
    )
    return game, terms


def is_feasible(terms: Terms, start: IntArray) -> bool:
    """Tell whether a plan keeps money, prerequisites and exclusions, straight from their definitions."""
    state = operating(terms, start)
    source = purse(terms)
    need = demand(terms, outlays(terms).total, start)
    if pay(source.supply, need, source.is_open)[1].any():
        return False
    for item, sets in enumerate(terms.requires):
        for members in sets:
            if (state[:, item] > state[:, list(members)].any(axis=1)).any():
                return False
    return all((start[list(clique)] >= 0).sum() <= 1 for clique in terms.exclusive)


def every_plan(terms: Terms) -> list[IntArray]:
    """Return every feasible plan."""
    choices = [[-1, *range(terms.first_start, int(last) + 1)] for last in terms.latest_start]
    plans = (np.array(p, dtype=np.int64) for p in itertools.product(*choices))
    return [p for p in plans if is_feasible(terms, p)]


def value_of(game: Instance, terms: Terms, start: IntArray) -> float:
    """Return the value of a plan by the independent evaluation."""
    return float(evaluate(game, operating(terms, start), terms.quarter_weight).value)


def best_value(game: Instance, terms: Terms, plans: list[IntArray]) -> float:
    """Return the optimum: quarter states are valued once each."""
    known: dict[bytes, float] = {}

    def rate(state: FloatArray) -> float:
        key = state.tobytes()
        if key not in known:
            known[key] = float(evaluate(game, state[None], np.ones(1)).value)
        return known[key]

    weight = terms.quarter_weight
    return min(
        sum(w * rate(state) for w, state in zip(weight, operating(terms, plan), strict=True))
        for plan in plans
    )
