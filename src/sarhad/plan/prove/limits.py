"""Limits again, from prices, budgets and payers; and whether the plan keeps them and has its value."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from ortools.linear_solver.python import model_builder

from .tables import Array, Certificate, is_near, lists

LIMITS = ("need", "supply", "choice", "exclusive")


def outlays(c: Certificate) -> Array:
    """Return the dollars of every start by year: capital spread over the build, upkeep in operation, then the tail."""
    head, starts, items = c.head, c.t["starts"], c.t["items"]
    item, begin = starts["item"].to_numpy(), starts["quarter"].to_numpy()
    capital, annual = items["capital_usd"].to_numpy()[item], items["annual_usd"].to_numpy()[item]
    build, year_of = c.build[item], np.array(head["quarter_year"]) - head["years"][0]
    spread = np.maximum(build, 1)

    def spent(quarter: int) -> Array:
        paid = np.floor(capital * np.clip(quarter - begin, 0, spread) / spread + 0.5)
        return paid + np.floor(annual * np.maximum(quarter - begin - build, 0) / 4 + 0.5)

    cost = np.zeros((len(starts), len(head["years"])))
    for q in range(len(year_of)):
        cost[:, year_of[q]] += spent(q + 1) - spent(q)
    for n, year in enumerate(range(int(year_of[-1]) + 1, len(head["years"]))):
        cost[:, year] = np.floor(annual * min(1.0, head["tail_years"] - n) + 0.5) * head["is_tail_paid"]
    return cost


def check_money(c: Certificate) -> Iterable[str]:
    """Yield what is wrong with the rows of needs, supplies and choices, worked out from prices and budgets."""
    limits, usd, cost, stated = c.t["limits"], c.head["usd"], outlays(c), c.factors("limit_starts", "starts")
    item = c.t["starts"]["item"].to_numpy()
    of_class = c.t["items"]["class"].to_numpy()[item]
    budget = c.t["budget"].set_index(["partner", "year"])["usd"]
    for row, (kind, name) in enumerate(zip(limits["kind"], limits["name"], strict=True)):
        number, _, year = str(name).partition(" ")
        k, y = int(number), c.head["years"].index(int(year)) if year else -1
        own, high = stated[[row]].toarray()[0], limits["high"].iloc[row]
        if kind == "need":
            right = high == 0 and (np.abs(own * usd - cost[:, y] * (of_class == k)) < 1e-3).all()
        elif kind == "supply":
            right = abs(high * usd - budget[k, y]) < 1e-3 and not own.any()
        elif kind == "choice":
            right = high == 1 and (own == (item == k)).all()
        elif kind == "exclusive":
            right = high == 1 and (own == np.isin(item, lists(c.t["exclusive"]["items"].iloc[k])[0])).all()
        else:
            continue
        if not right:
            yield f"{kind} {name}"


def check_payments(c: Certificate) -> Iterable[str]:
    """Yield payments that no partner may make: not for this class, or with money that is not carried over."""
    limits, budget = c.t["limits"], c.t["budget"].set_index(["partner", "year"])["carries_over"]
    payers = set(c.t["payers"].itertuples(index=False, name=None))
    ends: dict[int, dict[str, tuple[int, int, int, float]]] = {}
    for row, payment, factor in c.t["limit_payments"].itertuples(index=False):
        number, year = limits["name"][row].split()
        place = row, int(number), c.head["years"].index(int(year)), factor
        ends.setdefault(payment, {})[limits["kind"][row]] = place
    for payment, end in ends.items():
        if end.keys() != {"need", "supply"}:
            continue
        (_, k, until, minus), (row, partner, year, plus) = end["need"], end["supply"]
        is_kept = year <= until and all(budget[partner, y] for y in range(year, until))
        is_enough = c.t["payments"]["most"][payment] >= limits["high"][row] - 1e-9
        if not ((k, partner) in payers and is_kept and is_enough and (minus, plus) == (-1, 1)):
            yield f"payment {payment}"


def check_plan(c: Certificate) -> Iterable[str]:
    """Yield the limits that the plan breaks, and its value where it is another."""
    on, plan, items = c.operating(), c.t["plan"], c.t["items"]
    starts = c.t["starts"]
    chosen = plan.merge(starts, on=["item", "quarter"])
    if len(chosen) < len(plan) or plan["item"].duplicated().any():
        yield "a start that is not allowed"
    if not set(c.t["forced"]["item"]) <= set(plan["item"]):
        yield "a locked item is missing"
    for i, sets in enumerate(items["requires"]):
        if any((on[:, i] > on[:, part].max(axis=1, initial=0)).any() for part in lists(sets)):
            yield f"item {items['id'].iloc[i]} operates without what it requires"
    value = 0.0
    for state, weight in zip(on, c.weight, strict=True):
        evade = np.exp(c.t["units"]["without"] - c.distances(c.binaries(state), c.t["units"]))
        value += weight * float(evade @ c.t["units"]["weight"])
    if not is_near(value, c.head["value"]):
        yield f"value {c.head['value']}, recomputed {value}"
    if "limits" in c.t and not is_payable(c, chosen["start"].to_numpy()):
        yield "limits that no payments keep"


def is_payable(c: Certificate, chosen: Array) -> bool:
    """Tell whether some payments keep every row of the limits with these starts."""
    limits, pays = c.t["limits"], c.t["payments"]
    block, own = c.t["limit_starts"], c.t["limit_payments"]
    used = np.bincount(block["row"], block["factor"] * block["start"].isin(chosen), len(limits))
    model = model_builder.Model()  # type: ignore[no-untyped-call]
    columns = [model.new_num_var(0.0, float(most), f"pay{k}") for k, most in enumerate(pays["most"])]
    parts = dict(list(own.groupby("row")))
    slack = 1e-9 * float(np.abs(limits["high"][np.isfinite(limits["high"])]).max())
    for row, (low, high) in enumerate(zip(limits["low"], limits["high"], strict=True)):
        part = parts.get(row, own.iloc[:0])
        total = sum((f * columns[k] for k, f in zip(part["payment"], part["factor"], strict=True)), 0.0)
        if len(part) == 0:
            if not low - slack <= used[row] <= high + slack:
                return False
            continue
        model.add_linear_constraint(total, float(low - used[row] - slack), float(high - used[row] + slack))
    solver = model_builder.Solver("GLOP")
    return bool(solver.solve(model) == model_builder.SolveStatus.OPTIMAL)
