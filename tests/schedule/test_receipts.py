"""Money that comes in over time and expires: paid exactly in every engine, told when it cannot be, refused when it is none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.optimize import linprog

from sarhad.errors import DataError
from sarhad.schedule.money import ledger_of, money_of, pay
from sarhad.schedule.project import IntArray, Project, assemble
from sarhad.schedule.result import SequenceSpec
from sarhad.schedule.sequencing import sequence
from sarhad.schedule.verify import breaches
from tests.schedule.projects import assert_sound, random_project, with_receipts
from tests.schedule.test_sequencing import spec_for

LAST = 22
NOTHING = (np.array([-1]), np.array([-1]), np.array([-1]))


@pytest.mark.parametrize("seed", range(40))
def test_no_schedule_that_can_be_paid_is_better_than_one_called_optimal(seed: int) -> None:
    project = with_receipts(random_project(seed, n=3 + seed % 2, with_deadlines=seed % 4 == 0), seed)
    spec = spec_for(project, seed, has_begun=seed % 5 == 0)
    result = sequence(project, spec, time_limit_s=10)
    assert_sound(project, spec, result, LAST)


def can_pay(project: Project, starts: IntArray, modes: IntArray, ends: IntArray) -> bool:
    """Return whether a linear programme finds a way to pay: an oracle of its own."""
    receipts = project.receipts
    assert receipts is not None
    assert project.is_paid_at_end is not None
    rows = []
    for a, mode in enumerate(modes.tolist()):
        is_late = project.is_paid_at_end[a] and ends[a] > starts[a]
        period = int(ends[a]) - 1 if is_late else int(starts[a])
        is_open = (receipts.opens <= period) & ((receipts.closes < 0) | (period < receipts.closes))
        asked = np.flatnonzero(receipts.pays.any(axis=0) & (project.consumption[mode] > 0))
        rows += [(int(project.consumption[mode, k]), is_open & receipts.pays[:, k]) for k in asked]
    if not rows:
        return True
    n = len(receipts.amount)
    open_to = np.array([row for _, row in rows])
    if not open_to.any(axis=1).all():
        return False
    spent = np.tile(np.eye(n), (1, len(rows)))  # variables: payment by need and receipt
    met = np.kron(np.eye(len(rows)), np.ones((1, n)))
    bounds = [(0, None if may else 0) for may in open_to.ravel()]
    found = linprog(
        np.zeros(n * len(rows)), A_ub=spent, b_ub=receipts.amount, A_eq=met, b_eq=[a for a, _ in rows], bounds=bounds
    )  # fmt: skip
    return bool(found.success)


@pytest.mark.parametrize("seed", range(40))
def test_verifier_and_kernel_pay_what_a_linear_programme_can_pay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    project = with_receipts(random_project(seed, n=6, with_modes=False), seed)
    project = dataclasses.replace(project, stock=np.array([99, 99]), calendar=np.full(6, -1))
    starts, modes = rng.integers(0, 8, 6), np.arange(6)
    ends = starts + project.duration
    expected = can_pay(project, starts, modes, ends)
    told = [text for text in breaches(project, starts, modes) if "too little has come in" in text]
    assert bool(told) != expected
    money = money_of(project, 40, NOTHING)
    ledger = ledger_of(money)
    order = rng.permutation(6)
    cells = money.cells[0, np.where(money.asks[1], ends - 1, starts)]
    assert all(pay(money, ledger, mode, cells[mode], True) for mode in order) == expected
    assert sorted(ledger.paid[0].sum(axis=1)) == sorted(project.receipts.amount)  # nothing is lost or made


def test_money_that_comes_in_later_is_waited_for() -> None:
    # 5 now, 5 from period 10 on: b, which costs 5, cannot begin beside a; paid in its last period it can begin at 8.
    modes = [[(3, [], [5])], [(3, [], [5])]]
    project = assemble(
        [*"ab"], modes, [(0, 1, "SS", 0)], stock=[10], receipts=[(5, 0, -1, [0]), (5, 10, -1, [0])]
    )
    assert sequence(project, time_limit_s=5).starts.tolist() == [0, 10]
    at_end = dataclasses.replace(project, is_paid_at_end=np.array([False, True]))
    assert sequence(at_end, time_limit_s=5).starts.tolist() == [0, 8]


def test_a_payment_made_first_gives_way_to_one_that_has_no_other_money() -> None:
    # In order of starts: a could take either receipt, c needs the first, for the second is not open when it must be paid.
    modes = [[(1, [], [4])], [(1, [], [4])]]
    project = assemble(
        ["a", "c"],
        modes,
        stock=[8],
        release=[6, 2],
        deadline=[-1, 3],
        receipts=[(4, 0, -1, [0]), (4, 5, -1, [0])],
    )
    assert sequence(project, time_limit_s=0).starts.tolist() == [6, 2]


def test_what_expires_is_lost_and_nothing_is_paid_after_closing() -> None:
    # 4 expires at period 5; the link lets b begin at 6 only, so that its 4 must come from the later receipt.
    modes = [[(2, [], [0])], [(1, [], [4])]]
    project = assemble(
        [*"ab"], modes, [(0, 1, "FS", 4)], stock=[8], receipts=[(4, 0, 5, [0]), (4, 9, -1, [0])]
    )
    assert sequence(project, time_limit_s=5).starts.tolist() == [0, 9]
    none = dataclasses.replace(
        project, receipts=dataclasses.replace(project.receipts, closes=np.array([5, 10]))
    )  # type: ignore[type-var]
    late = dataclasses.replace(none, release=np.array([8, 0]))
    result = sequence(late, time_limit_s=5)
    assert result.status == "infeasible"
    assert "These cannot all be kept: the receipts of N1. Loosen" in result.notices[0]


def test_money_may_be_tied_to_some_stocks_and_free_for_others() -> None:
    # 3 are for N2 alone, 5 for either: N1 needs 5 and N2 needs 3 at once. With N2 needing 4 one of them waits for nothing.
    modes = [[(1, [], [5, 0])], [(1, [], [0, 3])]]
    project = assemble([*"ab"], modes, stock=[5, 4], receipts=[(5, 0, -1, [0, 1]), (3, 0, -1, [1])])
    assert sequence(project, time_limit_s=5).value == 1
    short = dataclasses.replace(project, consumption=np.array([[5, 0], [0, 4]]))
    assert "the receipts of N1; the receipts of N2" in sequence(short, time_limit_s=5).notices[0]


def test_what_has_begun_has_paid_as_far_as_there_was_money() -> None:
    modes = [[(2, [], [6])], [(1, [], [3])]]
    project = assemble([*"ab"], modes, stock=[20], receipts=[(4, 0, -1, [0]), (3, 7, -1, [0])])
    spec = SequenceSpec(started={"a": 0}, now=1)
    result = sequence(project, spec, time_limit_s=5)
    assert (result.status, result.starts.tolist()) == ("optimal", [0, 7])
    assert not breaches(project, result.starts, result.modes, spec)
    told = breaches(project, np.array([0, 5]), result.modes, spec)
    assert told == ["N1 in period 5: 3 too little has come in or is left"]


def test_a_dearer_mode_is_taken_where_the_money_is_there() -> None:
    project = assemble(
        ["a"], [[(9, [], [1]), (2, [], [5])]], stock=[9], receipts=[(1, 0, -1, [0]), (8, 3, -1, [0])]
    )
    assert sequence(project, time_limit_s=5).ends.tolist() == [5]


def test_receipts_that_are_none_are_refused_all_at_once() -> None:
    project = assemble(
        ["a"],
        [[(1, [], [9])]],
        stock=[9],
        receipts=[(-1, 0, -1, [0]), (4, 5, 5, [0]), (4, 0, 3, []), (5, 6, -1, [0])],
    )
    with pytest.raises(DataError) as told:
        sequence(project, time_limit_s=1)
    text = str(told.value)
    assert "receipt.amount: negative: 1. Give 0 or more." in text
    assert "receipt.closes: no period between opening and closing: 2." in text
    assert "receipt.pays: pay from no stock: 3." in text
    shaped = dataclasses.replace(project, is_paid_at_end=np.array([True, False]))
    with pytest.raises(DataError, match=r"activity.is_paid_at_end: has the shape \(2,\), expected \(1,\)"):
        sequence(shaped, time_limit_s=1)


def test_what_costs_more_than_is_ever_open_at_once_is_told() -> None:
    terms = [(4, 0, 3, [0]), (5, 6, -1, [0])]  # 9 in all, but never together
    dear = assemble(["a"], [[(1, [], [9])]], stock=[9], receipts=terms)
    result = sequence(dear, time_limit_s=1)
    assert result.status == "infeasible"
    assert (
        "a: every mode that is allowed needs more than the stock, the money open at once" in result.notices[0]
    )
    cheaper = assemble(["a"], [[(1, [], [9]), (7, [], [5])]], stock=[9], receipts=terms)
    assert sequence(cheaper, time_limit_s=1).ends.tolist() == [13]


def test_less_money_in_all_than_the_thriftiest_modes_use_is_told() -> None:
    project = assemble(["a", "b"], [[(1, [], [4])]] * 2, stock=[9], receipts=[(5, 0, -1, [0])])
    result = sequence(project, time_limit_s=1)
    assert (result.status, result.notices) == (
        "infeasible",
        ("N1: the thriftiest modes use 8, 5 comes in. Raise it.",),
    )
