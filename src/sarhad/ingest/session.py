"""Bringing several files into one folder: sizes and room first, then one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sarhad.errors import StoreError
from sarhad.ingest.connection import Manners, size_of
from sarhad.ingest.download import Fetched, OnBytes, Part, Wanted, download, require_room
from sarhad.ingest.record import known, note

Tell = Callable[[str, float, str], None]  # stage, share done, text


def _silent(stage: str, done: float, text: str) -> None:
    del stage, done, text


@dataclass(frozen=True)
class Session:
    """Where files come to, and how.

    Parameters
    ----------
    folder
        The folder; made where it does not exist.
    manners
        Patience with the servers.
    is_replacing
        May files that stand there be fetched anew.
    tell
        Shows progress.
    """

    folder: Path
    manners: Manners = field(default_factory=Manners)
    is_replacing: bool = False
    tell: Tell = _silent

    def ready(self) -> None:
        """Make the folder.

        Raises
        ------
        StoreError
            If it cannot be made; `is_output` is set.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.folder}: cannot be made ({error.strerror}).", is_output=True) from error

    def sizes(self, wanted: Sequence[Wanted]) -> list[int | None]:
        """Return the bytes that each file still has to bring, 0 where it has come, None where the server does not say.

        Raises
        ------
        RefusedError
            If another file stands under a final name.
        StoreError
            If a server is out of reach or has no such file.
        """
        found: list[int | None] = []
        for number, one in enumerate(wanted, start=1):
            self.tell("ask", number / len(wanted), f"size of {number} of {len(wanted)} files")
            if known(one, is_replacing=self.is_replacing):
                found.append(0)
                continue
            total = size_of(one.url, self.manners)
            found.append(None if total is None else max(total - Part(one).size, 0))
        return found

    def bring(self, wanted: Sequence[Wanted], sizes: Sequence[int | None]) -> list[Fetched]:
        """Bring the files that have not come before, the room on the disk seen to first.

        Raises
        ------
        StoreError, RefusedError
            As `download` and `known`; what has come by then stays.
        """
        to_come = sum(size or 0 for size in sizes)
        require_room(self.folder, to_come)
        free = shutil.disk_usage(self.folder).free
        self.tell("fetch", 0.0, f"{to_come / 1e6:,.1f} MB to come, {free / 1e9:,.1f} GB free")
        return [self._one(one, number, len(wanted)) for number, one in enumerate(wanted)]

    def _one(self, wanted: Wanted, number: int, of: int) -> Fetched:
        there = known(wanted, is_replacing=self.is_replacing)
        if there:
            return there
        return download(wanted, self.manners, self._on_bytes(wanted, number, of), note)

    def _on_bytes(self, wanted: Wanted, number: int, of: int) -> OnBytes:
        def told(n_bytes: int, total: int | None) -> None:
            share = min(n_bytes / total, 1.0) if total else 0.0
            whole = f" of {total / 1e6:,.1f}" if total else ""
            text = f"{number + 1} of {of} files: {wanted.target.name}, {n_bytes / 1e6:,.1f}{whole} MB"
            self.tell("fetch", (number + share) / of, text)

        return told

    def aside(self, url: str, name: str, kind: str, *, is_fresh: bool = False) -> Path:
        """Return a small file that says what to fetch, such as a list of tiles; `is_fresh`: never that of an earlier run."""
        wanted = Wanted(url, self.folder / name, kind)
        there = known(wanted, is_replacing=self.is_replacing or is_fresh)
        if not there:
            download(wanted, self.manners, self._on_bytes(wanted, 0, 1), note)
        return wanted.target
