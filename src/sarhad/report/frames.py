"""Frames that the report is given: what each must hold."""

from __future__ import annotations

from collections.abc import Mapping

from sarhad.errors import SpecError


def require_columns(of: object, columns: Mapping[str, tuple[str, ...]]) -> None:
    """See that the frames of an object, by name, have the columns that are shown of them.

    Raises
    ------
    SpecError
        If not; every missing column of every frame is named.
    """
    missing = {
        name: [column for column in needed if column not in getattr(of, name).columns]
        for name, needed in columns.items()
    }
    faults = [f"{name}: {', '.join(lacks)}" for name, lacks in missing.items() if lacks]
    if faults:
        raise SpecError(
            f"{type(of).__name__}: columns are missing: {'; '.join(faults)}. Add them to these frames."
        )
