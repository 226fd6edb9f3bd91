"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sarhad.errors import StoreError

FULL = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
)  # faults of what is written to, wherever they are met


def write_whole(out: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file under another name, then put it in place whole, in a new folder where there is none.

    Raises
    ------
    StoreError
        If that fails; `is_output` is set, and nothing is left behind.
    """
    try:
        out.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(out, error) from error
    with placed(out) as part:
        try:
            write(part)
        except OSError as error:
            raise not_written(out, error) from error


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """Give a path to make a file or folder under, and put that in place when all went well.

    What else goes wrong meanwhile is the caller's and passes as it is.

    Raises
    ------
    StoreError
        If it cannot be made or put in place; `is_output` is set, and nothing is left behind.
    """
    try:
        made = tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=".sarhad-")
    except OSError as error:
        raise not_written(out, error) from error
    with made as folder:
        part = Path(folder) / out.name
        try:
            yield part
            part.replace(out)
        except OSError as error:
            if error.errno in FULL or _is_within(Path(folder), error.filename):
                raise not_written(out, error) from error
            raise


def _is_within(folder: Path, name: object) -> bool:
    return isinstance(name, str | bytes | Path) and Path(os.fsdecode(name)).is_relative_to(folder)


def not_written(out: Path, error: OSError) -> StoreError:
    """Return the error that says what could not be written and why."""
    return StoreError(f"{out}: cannot be written ({error}). Choose another name.", is_output=True)
