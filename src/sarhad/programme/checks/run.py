"""All checks, in the order in which their faults are listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sarhad.programme.checks import (
    activities,
    catalogue,
    effects,
    limits,
    line,
    money,
    needed,
    orders,
    provenance,
    references,
    terrain,
    threats,
    what_ifs,
)
from sarhad.programme.checks.cells import cell_faults
from sarhad.programme.dictionary import declared
from sarhad.programme.programme import Programme

if TYPE_CHECKING:
    import pandas as pd

    from sarhad.programme.faults import Fault

Check = Callable[["Programme"], "Iterator[Fault]"]


def faults_of(prog: Programme, unread: frozenset[str] = frozenset()) -> list[Fault]:
    """Return every fault of the programme, in a fixed order.

    Of tables that could not be read, `unread`, nothing is known: references into them, and checks that look at them,
    are left out, as their faults would only be echoes.
    """
    if not unread:
        return [fault for check in CHECKS for fault in check(prog)]
    found: list[Fault] = []
    for check in CHECKS:
        watched = _Watched(prog)
        faults = references.dangling(prog, unread) if check is references.dangling else check(watched)
        listed = list(faults)
        found += [] if check not in BY_TABLE and watched.seen & unread else listed
    return found


class _Watched(Programme):
    """A programme that remembers which tables were looked at."""

    def __init__(self, prog: Programme) -> None:
        self.seen: set[str] = set()
        super().__init__(prog._content)

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.seen.add(name)
        return super().__getitem__(name)


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
    needed.missing_rows,
    needed.missing_crossings,
    needed.missing_settlements,
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
    money.wrong_days,
    limits.wrong_pledges,
    limits.idle_payers,
    limits.wrong_resources,
    limits.wrong_seasons,
    limits.wrong_floors,
    threats.protected_people,
    threats.incomplete_threats,
    threats.wrong_shares,
    threats.missing_coverage,
    threats.undetectable_threats,
    threats.idle_movers,
    what_ifs.idle_changes,
    activities.wrong_links,
    activities.wrong_demands,
    activities.wrong_calendars,
    activities.wrong_activity_shares,
    activities.wrong_risks,
)

# these look at the tables one by one, or know of `unread`
BY_TABLE: tuple[Check, ...] = (
    _cells,
    references.dangling,
    provenance.without_provenance,
    orders.out_of_order,
)
