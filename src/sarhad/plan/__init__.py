"""Plan: what to build, where, when and from whose money, with a bound on what any plan could reach."""

from sarhad.plan.baseline import even_spread, greedy
from sarhad.plan.certificate import require_folder, write_certificate
from sarhad.plan.coalition import Coalitions
from sarhad.plan.comparison import Comparison, compare, cost_usd
from sarhad.plan.coverage import CoverResult, cover, covered
from sarhad.plan.demand import Demand, demand_within
from sarhad.plan.engine import Method, require
from sarhad.plan.explanation import Explanation, explain
from sarhad.plan.frontier import frontier, shares_of
from sarhad.plan.limits import Pace, Terms, falls_with, operating, since
from sarhad.plan.memory import Memory, needed, require_gigabytes, require_room_for_edges
from sarhad.plan.money import funding, tail_upkeep
from sarhad.plan.override import Override, cost_of_override
from sarhad.plan.priority import afforded, priority_list
from sarhad.plan.reading import terms
from sarhad.plan.result import PlanProgress, PlanResult, PlanSpec
from sarhad.plan.search import optimise
from sarhad.plan.shadow import money_prices
from sarhad.plan.shapley import shapley_shares
from sarhad.plan.stacking import stacked
from sarhad.plan.store import dated, starts, stored

__all__ = [
    "Coalitions",
    "Comparison",
    "CoverResult",
    "Demand",
    "Explanation",
    "Memory",
    "Method",
    "Override",
    "Pace",
    "PlanProgress",
    "PlanResult",
    "PlanSpec",
    "Terms",
    "afforded",
    "compare",
    "cost_of_override",
    "cost_usd",
    "cover",
    "covered",
    "dated",
    "demand_within",
    "even_spread",
    "explain",
    "falls_with",
    "frontier",
    "funding",
    "greedy",
    "money_prices",
    "needed",
    "operating",
    "optimise",
    "priority_list",
    "require",
    "require_folder",
    "require_gigabytes",
    "require_room_for_edges",
    "shapley_shares",
    "shares_of",
    "since",
    "stacked",
    "starts",
    "stored",
    "tail_upkeep",
    "terms",
    "write_certificate",
]
