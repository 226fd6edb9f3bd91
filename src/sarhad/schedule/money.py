"""Compiled: whether payments can be met out of money that comes in over time, may expire, and is tied to some uses.

Time falls into cells between which no receipt opens or closes. A payment is a need of one stock in one cell; receipts
reach the needs that they may pay for. The payments made so far are a flow, and one more fits when augmenting paths
carry it (Ford and Fulkerson 1956), whatever the order in which payments are made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sarhad.schedule.project import BoolArray, IntArray, Project


class Money(NamedTuple):
    """What the search does not change of the money, seen forwards or, mirrored, backwards; few arrays, for each costs time.

    Parameters
    ----------
    cells
        Cell of each period, and the first later period of another (T where there is none), shape (2, T).
    can
        May a receipt pay for a need: those of stock k in cell q stand at ``k * Q + q``, shape (G, N * Q); receipts in the
        order in which they are spent.
    bill
        What each mode asks receipts for by stock, shape (M, N).
    asks
        Does a mode ask for anything; is it paid in the last period of the activity and not in its first, shape (2, M).
    paid
        What each receipt pays for what has begun, by need, and last what it has left, shape (G, N * Q + 1).
    n_cells
        Q.
    is_simple
        Each receipt pays from one stock only.
    """

    cells: IntArray
    can: BoolArray
    bill: IntArray
    asks: BoolArray
    paid: IntArray
    n_cells: int
    is_simple: bool


class Ledger(NamedTuple):
    """Payments of one pass.

    Parameters
    ----------
    paid
        As in the money, and a copy to go back to, shape (2, G, N * Q + 1).
    way
        From which need each receipt was reached, from which receipt each need, and a queue of needs; shape (3, K).
    """

    paid: IntArray
    way: IntArray


def ledger_of(money: Money) -> Ledger:
    """Return working room for payments."""
    return Ledger(np.stack([money.paid, money.paid]), np.zeros((3, max(money.paid.shape)), np.int64))


def money_of(project: Project, horizon: int, begun: tuple[IntArray, IntArray, IntArray]) -> Money:
    """Return the money of a project over `horizon` periods; what has begun has paid as far as there was money.

    Parameters
    ----------
    begun
        Start, end and mode of each activity that has begun, -1 of the others, shape (A,) each.
    """
    n_modes, n_stocks = project.consumption.shape
    edges = edges_of(project, horizon)
    n_cells = len(edges) - 1
    spans = np.repeat(np.stack([np.arange(n_cells), edges[1:]]), np.diff(edges), axis=1)
    at_end = np.zeros(n_modes, dtype=np.bool_)
    if project.is_paid_at_end is not None:
        at_end = project.is_paid_at_end[project.mode_activity] & (project.duration > 0)
    bill, receipts = np.zeros((n_modes, n_stocks), dtype=np.int64), project.receipts
    if receipts is None:
        none = np.zeros((0, n_stocks * n_cells + 1), dtype=np.int64)
        asks = np.stack([np.zeros_like(at_end), at_end])
        return Money(spans, none[:, 1:] > 0, bill, asks, none, n_cells, True)
    begins = edges[:-1]
    is_open = (receipts.opens[:, None] <= begins) & (
        (receipts.closes[:, None] < 0) | (begins < receipts.closes[:, None])
    )
    can = (receipts.pays[:, :, None] & is_open[:, None, :]).reshape(len(receipts.amount), n_stocks * n_cells)
    bill = np.where(receipts.pays.any(axis=0), project.consumption, 0)
    paid = np.concatenate([np.zeros(can.shape, dtype=np.int64), receipts.amount[:, None]], axis=1)
    is_simple = bool((receipts.pays.sum(axis=1) <= 1).all())
    asks = np.stack([bill.any(axis=1), at_end])
    last = np.where(receipts.closes < 0, horizon, receipts.closes)
    order = np.lexsort(
        (-receipts.opens, last)
    )  # what expires first, then what opens last: few swaps are needed
    return _with_facts(Money(spans, can[order], bill, asks, paid[order], n_cells, is_simple), begun)


def _with_facts(money: Money, begun: tuple[IntArray, IntArray, IntArray]) -> Money:
    """Return the money after what has begun has paid as much as it can."""
    ledger = ledger_of(money)
    for start, end, mode in zip(*(part.tolist() for part in begun), strict=True):
        if mode >= 0 and money.asks[0, mode]:
            at = int(money.cells[0, end - 1 if money.asks[1, mode] else start])
            for stock, need in enumerate(money.bill[mode].tolist()):
                _fill(money.can, ledger.paid[0], ledger.way, stock * money.n_cells + at, need)
    return money._replace(paid=ledger.paid[0])


def edges_of(project: Project, horizon: int) -> IntArray:
    """Return the first period of each cell, and the horizon, shape (Q + 1,)."""
    if project.receipts is None:
        return np.array([0, horizon], dtype=np.int64)
    edges = np.concatenate((project.receipts.opens, project.receipts.closes, [0, horizon]))
    return np.unique(edges[(edges >= 0) & (edges <= horizon)]).astype(np.int64)


def most_payable(project: Project) -> IntArray:
    """Return the most that could be paid of each stock in one period, with nothing spent before, shape (N,)."""
    receipts = project.receipts
    if receipts is None:
        return project.stock
    found = np.zeros(receipts.pays.shape[1], dtype=np.int64)
    for period in np.unique(receipts.opens):
        is_open = (receipts.opens <= period) & ((receipts.closes < 0) | (period < receipts.closes))
        found = np.maximum(found, (receipts.amount * is_open) @ receipts.pays)
    return np.where(receipts.pays.any(axis=0), np.minimum(found, project.stock), project.stock)


def mirrored(money: Money) -> Money:
    """Return the money with time running backwards: what was paid at the start is now paid at the end."""
    cell = money.cells[0, ::-1]
    stops = np.append(np.flatnonzero(np.diff(cell)) + 1, len(cell))
    until = stops[np.searchsorted(stops, np.arange(len(cell)), side="right")]
    return money._replace(cells=np.stack([cell, until]), asks=np.stack([money.asks[0], ~money.asks[1]]))


@njit(cache=True, nogil=True)
def _reach(can, paid, way, need_at):  # type: ignore[no-untyped-def]
    """Return a receipt with money left that a need reaches over payments that may be swapped, -1 if none."""
    n_receipts, n_needs = can.shape
    way[:2] = -1
    way[2, 0], first, last = need_at, 0, 1
    way[1, need_at] = n_receipts
    while first < last:
        at = way[2, first]
        first += 1
        for receipt in range(n_receipts):
            if not can[receipt, at] or way[0, receipt] >= 0:
                continue
            way[0, receipt] = at
            if paid[receipt, n_needs] > 0:
                return receipt
            for other in range(n_needs):
                if paid[receipt, other] > 0 and way[1, other] < 0:
                    way[1, other] = receipt
                    way[2, last] = other
                    last += 1
    return -1


@njit(cache=True, nogil=True)
def _take(can, paid, need_at, need):  # type: ignore[no-untyped-def]
    """Pay a need from receipts with money left; return what is lacking."""
    n_receipts, n_needs = can.shape
    for receipt in range(n_receipts):
        if need > 0 and can[receipt, need_at]:
            given = min(paid[receipt, n_needs], need)
            paid[receipt, need_at] += given
            paid[receipt, n_needs] -= given
            need -= given
    return need


@njit(cache=True, nogil=True)
def _fill(can, paid, way, need_at, need):  # type: ignore[no-untyped-def]
    """Pay a need, with payments swapped where that helps; return what is lacking."""
    left = can.shape[1]
    need = _take(can, paid, need_at, need)
    while need > 0:
        found = _reach(can, paid, way, need_at)
        if found < 0:
            break
        given, receipt = min(paid[found, left], need), found
        while way[0, receipt] != need_at:
            other = way[0, receipt]
            receipt = way[1, other]
            given = min(given, paid[receipt, other])
        paid[found, left] -= given
        receipt = found
        while True:
            other = way[0, receipt]
            paid[receipt, other] += given
            if other == need_at:
                break
            receipt = way[1, other]
            paid[receipt, other] -= given
        need -= given
    return need


@njit(cache=True, nogil=True)
def _is_at_hand(can, paid, bill, n_cells, cell):  # type: ignore[no-untyped-def]
    """Return whether each stock's receipts have enough left without a swap."""
    n_receipts, left = can.shape
    for stock in range(len(bill)):
        lacking = bill[stock]
        for receipt in range(n_receipts):
            if lacking > 0 and can[receipt, stock * n_cells + cell]:
                lacking -= paid[receipt, left]
        if lacking > 0:
            return False
    return True


@njit(cache=True, nogil=True)
def pay(money, ledger, mode, cell, keeps):  # type: ignore[no-untyped-def]
    """Return whether a mode can be paid for in a cell; with `keeps` it is paid, else all stays as it was."""
    can, bill, n_cells = money.can, money.bill[mode], money.n_cells
    now, old = ledger.paid[0], ledger.paid[1]
    if money.is_simple and _is_at_hand(can, now, bill, n_cells, cell):
        if keeps:
            for stock in range(len(bill)):
                _take(can, now, stock * n_cells + cell, bill[stock])
        return True
    old[:] = now
    lacking = np.int64(0)
    for stock in range(len(bill)):
        if lacking == 0 and bill[stock] > 0:
            lacking = _fill(can, now, ledger.way, stock * n_cells + cell, bill[stock])
    if lacking > 0 or not keeps:
        now[:] = old
    return lacking == 0
