"""Faults of single values in a file, gathered so that all can be named at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from sarhad.errors import StoreError

Source = TypeVar("Source")
Made = TypeVar("Made")
UNREADABLE = (ValueError, KeyError, IndexError)


class Faults:
    """What could not be read of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[str] = []

    def read(
        self,
        kind: str,
        name_of: Callable[[Source], str],
        rows: Iterable[Source],
        make: Callable[[Source], Made],
    ) -> list[Made]:
        """Return what is made of rows; of one that cannot be read, its name and the fault are noted."""
        made = []
        for row in rows:
            try:
                made.append(make(row))
            except UNREADABLE as error:
                fault = f"{error} is not known" if isinstance(error, KeyError) else f"{error}"
                where = f"{self.path}: {kind} {name_of(row)}"
                self.found.append(f"{where}: {fault}. Correct the value or export it again.")
        return made

    def raise_all(self) -> None:
        """Raise one error for all faults.

        Raises
        ------
        StoreError
            If there are any.
        """
        if self.found:
            raise StoreError("\n".join(self.found))
