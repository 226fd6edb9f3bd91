"""Where results go: what cannot be written is refused before anything is computed, and the look leaves nothing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from sarhad.errors import RefusedError, SpecError, StoreError
from sarhad.programme.programme import WORKING_FORM, read


def require_writable(folder: Path) -> None:
    """See that files can be made in the folder; where it does not exist, in the nearest one above it that does.

    Raises
    ------
    StoreError
        If not; `is_output` is set.
    """
    nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror}). Choose another folder.", is_output=True
        ) from error


def require_target(target: Path, source: Path, *, is_replacing: bool = False) -> None:
    """See that a programme can be saved there: in a new place, an empty one, in place, or where it may replace another.

    Parameters
    ----------
    target
        Where it is to be saved.
    source
        Where it came from: saved in place it is not read again.
    is_replacing
        May it take the place of another programme, whose edits and plans are then lost.

    Raises
    ------
    StoreError
        If it cannot be saved there; `is_output` is set.
    SpecError
        If another programme stands there that it may not replace.
    """
    require_writable(target.parent)
    if not target.exists():
        return
    is_file = target.suffix == WORKING_FORM
    if target.is_dir() == is_file:
        wanted = "a file" if is_file else f"a folder, as every name that does not end in {WORKING_FORM}"
        raise StoreError(
            f"{target} exists and is not {wanted}. Choose another name or remove it.", is_output=True
        )
    if is_file and not os.access(target, os.W_OK):
        raise StoreError(f"{target} may not be written. Choose another name.", is_output=True)
    is_empty = target.stat().st_size == 0 if is_file else not any(target.iterdir())
    if not is_empty and not target.samefile(source):
        try:
            read(target)
        except StoreError as error:
            raise StoreError(f"will not write over it: {error}", is_output=True) from error
        if not is_replacing:
            raise SpecError(
                f"{target} exists and is a programme: its plans and edits would be lost. Choose another name, or give "
                "--replace."
            )


def require_free(target: Path, source: Path, *, is_replacing: bool) -> None:
    """Refuse to write one file over another unasked, and never over what it is made from.

    Raises
    ------
    RefusedError
        If the target is there and `is_replacing` is false.
    SpecError
        If the target is the source.
    StoreError
        If the target's folder cannot be written to.
    """
    if target.exists() and source.exists() and target.samefile(source):
        raise SpecError(f"-o {target}: the result would replace what it is made from. Choose another name.")
    if target.exists() and not is_replacing:
        raise RefusedError(
            f"-o {target}: is there already. Give --replace to lose it, or choose another name."
        )
    require_writable(target.parent)
