"""The error tree: every error a user can meet derives from `SarhadError`."""

from __future__ import annotations

from collections.abc import Sequence


class SarhadError(Exception):
    """Anything sarhad raises on purpose; its text says what, where and what to do."""


class DataError(SarhadError):
    """A table holds something it must not.

    Carries `table`, `column` and the `ids` of the rows at fault.
    """

    def __init__(self, text: str, *, table: str = "", column: str = "", ids: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.table = table
        self.column = column
        self.ids = tuple(ids)


class SpecError(SarhadError):
    """What was asked for cannot be asked (an option, a name, an argument)."""


class RefusedError(SarhadError):
    """What was asked for would break a rule, such as that a plan is never replaced unasked."""


class CrsMismatchError(SarhadError):
    """Geometry or raster without a coordinate system, or in the wrong one."""


class SolverError(SarhadError):
    """A solver broke. Infeasible is not an error but an answer."""


class StoreError(SarhadError):
    """A file could not be read or, when `is_output`, not be written."""

    def __init__(self, text: str, *, is_output: bool = False) -> None:
        super().__init__(text)
        self.is_output = is_output


class PluginError(SarhadError):
    """A registered form is missing or does not keep its contract."""
