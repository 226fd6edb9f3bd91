"""Time the plan: value, bound and gap of a made-up border strip or of a programme, at several time limits."""

from __future__ import annotations

import numpy as np

from sarhad.detection.instance import Instance
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
