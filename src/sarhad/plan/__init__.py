"""Plan: what to build, where, when and from whose money, with a bound on what any plan could reach."""

from sarhad.plan.baseline import even_spread, greedy
from sarhad.plan.explanation import Explanation, explain
from sarhad.plan.limits import Terms, operating
from sarhad.plan.money import tail_upkeep
from sarhad.plan.reading import terms
from sarhad.plan.result import PlanProgress, PlanResult, PlanSpec, with_items
from sarhad.plan.search import optimise
from sarhad.plan.shapley import shapley_shares
from sarhad.plan.store import starts, stored

__all__ = [
    "Explanation",
    "PlanProgress",
    "PlanResult",
    "PlanSpec",
    "Terms",
    "even_spread",
    "explain",
    "greedy",
    "operating",
    "optimise",
    "shapley_shares",
    "starts",
    "stored",
    "tail_upkeep",
    "terms",
    "with_items",
]
