"""Where results go."""

from __future__ import annotations

from pathlib import Path

from sarhad.errors import StoreError


def require_writable(folder: Path) -> None:
    """Create the folder where it does not exist and see that files can be made in it, before anything is computed.

    Raises
    ------
    StoreError
        If not; `is_output` is set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written ({error.strerror}). Choose another folder.", is_output=True
        ) from error
