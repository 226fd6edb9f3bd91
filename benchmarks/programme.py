"""Time the plan of a made-up border strip of any size: value, bound and gap at several time limits.

    python benchmarks/programme.py [--items 600] [--quarters 20] [--scenarios 300] [--nodes 3500]
        [--budget-share 0.2] [--time-limit 60 300] [--seed 1] [--json]

Several numbers after an option give a row each, in every combination.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
from typing import Any

import numpy as np
from synthetic import ROWS, border_like

from sarhad.detection.instance import Instance
from sarhad.plan import PlanSpec, optimise
from sarhad.plan.limits import Terms

CATEGORIES = ("infrastructure", "surveillance", "barrier", "capacity")


def terms_like(instance: Instance, share: float, seed: int, n_quarters: int = 20) -> Terms:
    """Return limits for a made-up instance: 5 partners, 5 years, money for a `share` of all items.

    Parameters
    ----------
    instance
        The game.
    share
        Money over the horizon as a share of the capital of all items.
    seed
        Of the random generator.
    n_quarters
        Quarters of the horizon, from 2025 on.
    """
    rng = np.random.default_rng(seed)
    n = instance.exposure.n_items
    capital = np.round(rng.lognormal(13.0, 0.8, n)).astype(np.int64)
    year = 2025 + np.arange(n_quarters) // 4
    n_years = int(year[-1]) - 2025 + 1
    n_tail = 5
    shares = np.array([0.2, 0.5, 0.15, 0.1, 0.05])
    budget = np.zeros((5, n_years + n_tail), dtype=np.int64)
    budget[:, :n_years] = (capital.sum() * share * shares / n_years)[:, None]
    carries = np.zeros(budget.shape, dtype=np.bool_)
    carries[:4, : n_years - 1] = True
    item_class = rng.integers(0, len(CATEGORIES), n)
    payers = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 1, 0], [1, 1, 1, 0, 1], [0, 1, 1, 1, 0]], dtype=np.bool_)
    return Terms(
        item_ids=instance.exposure.item_ids,
        quarters=tuple(f"{2025 + q // 4}Q{q % 4 + 1}" for q in range(n_quarters)),
        quarter_year=year,
        first_start=0,
        tail_years=float(n_tail),
        capital_usd=capital,
        annual_usd=np.round(capital * 0.06).astype(np.int64),
        build_quarters=np.minimum(rng.integers(1, 8, n), n_quarters - 1),
        category=tuple(CATEGORIES[k] for k in item_class.tolist()),
        section_id=tuple(f"S{k:02d}" for k in rng.integers(0, 14, n).tolist()),
        chainage_km=np.sort(rng.uniform(0, 1300, n)),
        item_class=item_class,
        payers=payers,
        partners=("P1", "P2", "P3", "P4", "P5"),
        years=tuple(range(2025, 2025 + n_years + n_tail)),
        budget_usd=budget,
        carries_over=carries,
        is_tail_paid=False,
        requires=((),) * n,
        exclusive=(),
    )


def row(
    items: int, quarters: int, scenarios: int, nodes: int, seconds: float, options: argparse.Namespace
) -> dict[str, Any]:
    """Plan one strip and return its sizes and figures."""
    instance = border_like(items, max(nodes // ROWS, 30), scenarios, options.seed)
    terms = terms_like(instance, options.budget_share, options.seed, quarters)
    found = optimise(instance, terms, PlanSpec(), time_limit_s=seconds, seed=options.seed)
    return {
        "items": items,
        "quarters": quarters,
        "scenarios": scenarios,
        "nodes": instance.graph.n_nodes,
        "edges": instance.graph.n_edges,
        "time_limit": seconds,
        "seconds": round(found.seconds, 1),
        "without": round(found.value_without_plan, 2),
        "value": round(found.value, 2),
        "bound": round(found.bound, 2),
        "gap": round(found.gap, 4),
        "gap_of_gain": None if found.gap_of_gain is None else round(found.gap_of_gain, 4),
        "chosen": len(found.plan_items),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, nargs="+", default=[600])
    parser.add_argument("--quarters", type=int, nargs="+", default=[20])
    parser.add_argument("--scenarios", type=int, nargs="+", default=[300])
    parser.add_argument("--nodes", type=int, nargs="+", default=[3500])
    parser.add_argument("--time-limit", type=float, nargs="+", default=[60.0])
    parser.add_argument("--budget-share", type=float, default=0.2, help="money as a share of all capital")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = (options.items, options.quarters, options.scenarios, options.nodes, options.time_limit)
    rows = []
    for size in itertools.product(*sizes):
        rows.append(row(*size, options))
        if not options.json:
            if len(rows) == 1:
                print("  ".join(rows[0]))
            print("  ".join(f"{v!s:>{len(k)}}" for k, v in rows[-1].items()), flush=True)
    if options.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
