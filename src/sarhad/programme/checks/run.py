"""All checks, in the order in which their faults are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sarhad.programme.checks import (
    catalogue,
    effects,
    line,
    money,
    orders,
    provenance,
    references,
    terrain,
    threats,
    what_ifs,
)
from sarhad.programme.checks.cells import cell_faults
from sarhad.programme.dictionary import declared

if TYPE_CHECKING:
    from sarhad.programme.faults import Fault
    from sarhad.programme.programme import Programme

Check = Callable[["Programme"], "Iterator[Fault]"]


def faults_of(prog: Programme) -> list[Fault]:
    """Return every fault of the programme, in a fixed order."""
    return [fault for check in CHECKS for fault in check(prog)]


def _cells(prog: Programme) -> Iterator[Fault]:
    for name in prog.tables:
        yield from cell_faults(declared().table(name), prog[name])


CHECKS: tuple[Check, ...] = (
    _cells,
    references.dangling,
    provenance.without_provenance,
    orders.out_of_order,
    line.wrong_line,
    line.reversed_line,
    line.wrong_side,
    line.wrong_runs,
    line.misplaced,
    terrain.wrong_rasters,
    terrain.uncovered_corridor,
    catalogue.incomplete_candidates,
    catalogue.missing_prices,
    effects.wrong_effects,
    effects.idle_supports,
    effects.short_ranges,
    catalogue.endless_prerequisites,
    money.wrong_money,
    money.unknown_categories,
    threats.protected_people,
    threats.incomplete_threats,
    threats.wrong_shares,
    threats.missing_coverage,
    threats.undetectable_threats,
    threats.idle_movers,
    what_ifs.idle_changes,
)
