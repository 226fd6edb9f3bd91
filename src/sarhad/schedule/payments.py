"""Payments out of receipts in a CP-SAT model: a flow from receipts to needs by stock and cell of time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from sarhad.schedule.money import edges_of

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from sarhad.schedule.project import IntArray
    from sarhad.schedule.ready import Ready

Limit = Callable[[int], Any]
Needs = dict[int, list[Any]]


def add_payments(
    ready: Ready,
    model: cp_model.CpModel,
    times: tuple[list[Any], list[Any]],
    is_taken: dict[int, Any],
    limit: Limit | None,
) -> None:
    """Add to a model that all payments can be met out of the receipts.

    Parameters
    ----------
    times
        Start and end of each activity, variables or numbers.
    is_taken
        Literal or 1 of each usable mode.
    limit
        Gives the literal under which a stock's needs must be met; None: they must.
    """
    project, money = ready.project, ready.forth.money
    if project.receipts is None:
        return
    edges = edges_of(project, ready.forth.free.shape[0])
    needs: Needs = {}
    for mode, taken in is_taken.items():
        if money.asks[0, mode]:
            activity = int(project.mode_activity[mode])
            moment = times[1][activity] - 1 if money.asks[1, mode] else times[0][activity]
            for cell, paid in enumerate(_cells(model, edges, moment, taken)):
                for stock in np.flatnonzero(money.bill[mode]).tolist():
                    need = stock * money.n_cells + cell
                    needs.setdefault(need, []).append(int(money.bill[mode, stock]) * paid)
    facts, met = _facts(ready, model)
    for need, amount in facts.items():
        needs.setdefault(need, []).append(amount)
    if facts:
        model.add(sum(facts.values()) >= met)
    _flow(ready, model, needs, limit)


def _cells(model: cp_model.CpModel, edges: IntArray, moment: Any, taken: Any) -> list[Any]:
    """Return a literal for each cell: the mode is taken and paid for there."""
    found = []
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        paid = model.new_bool_var("")
        model.add(moment >= first).only_enforce_if(paid)
        model.add(moment < last).only_enforce_if(paid)
        found.append(paid)
    model.add(sum(found) == taken)
    return found


def _facts(ready: Ready, model: cp_model.CpModel) -> tuple[dict[int, Any], int]:
    """Return how much of each need of what has begun is met, and how much of all of them together can be."""
    money, begun = ready.forth.money, ready.begun
    asked: dict[int, int] = {}
    for activity in np.flatnonzero(begun.mode >= 0).tolist():
        mode = begun.mode[activity]
        moment = begun.end[activity] - 1 if money.asks[1, mode] else begun.start[activity]
        for stock in np.flatnonzero(money.bill[mode]).tolist():
            need = stock * money.n_cells + int(money.cells[0, moment])
            asked[need] = asked.get(need, 0) + int(money.bill[mode, stock])
    return {need: model.new_int_var(0, most, "") for need, most in asked.items()}, int(
        money.paid[:, :-1].sum()
    )


def _flow(ready: Ready, model: cp_model.CpModel, needs: Needs, limit: Limit | None) -> None:
    """Meet every need out of receipts that may pay for it."""
    money = ready.forth.money
    amounts = money.paid.sum(axis=1).tolist()
    given: list[list[Any]] = [[] for _ in amounts]
    literals: dict[int, Any] = {}
    for need in sorted(needs):
        payers = np.flatnonzero(money.can[:, need]).tolist()
        parts = [model.new_int_var(0, amounts[receipt], "") for receipt in payers]
        for receipt, part in zip(payers, parts, strict=True):
            given[receipt].append(part)
        rule = model.add(sum(parts) >= sum(needs[need]))
        stock = need // money.n_cells
        if limit is not None:
            literals[stock] = literals[stock] if stock in literals else limit(stock)
            rule.only_enforce_if(literals[stock])
    for amount, parts in zip(amounts, given, strict=True):
        if parts:
            model.add(sum(parts) <= amount)
