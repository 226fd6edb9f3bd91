"""The one object: a frozen set of checked tables, with its settings and rasters."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import pandas as pd
import shapely

from sarhad.errors import DataError, SpecError, StoreError
from sarhad.programme.content import Content
from sarhad.programme.dictionary import Table, declared
from sarhad.programme.faults import Fault, require_none
from sarhad.programme.frames import empty_frame, typed_frame
from sarhad.programme.meta import meta_from
from sarhad.programme.settings import setting_faults, setting_value
from sarhad.programme.text import canonical_csv

WORKING_FORM = ".gpkg"


class Programme:
    """A border programme: given facts, what follows from them, decisions, records.

    It never changes: `adopt` and `with_changes` give a new one. Make one with `Programme.open`
    or, from frames, `Programme.of`.
    """

    __slots__ = ("__dict__", "_content")

    def __init__(self, content: Content) -> None:
        self._content = content

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, "_content"):
            raise AttributeError("a Programme never changes; use adopt or with_changes")
        object.__setattr__(self, name, value)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Return the programme in a folder or a .gpkg file.

        Raises
        ------
        StoreError
            If there is no programme there, it is corrupt, or written by a newer sarhad.
        DataError
            If tables are not what the dictionary declares; every such fault is named at once.
        """
        content, faults = read(Path(path))
        require_none(faults)
        return cls(content)

    @classmethod
    def of(
        cls,
        meta: Mapping[str, Any],
        frames: Mapping[str, pd.DataFrame],
        rasters: Mapping[str, bytes] | None = None,
    ) -> Self:
        """Return a programme made of frames and of raster files by file name.

        Raises
        ------
        DataError
            If frames are not what the dictionary declares; every such fault is named at once.
        """
        head, faults = meta_from({"schema_version": 1, **meta}, where="the programme")
        typed, wrong = _typed(frames)
        require_none(faults + wrong)
        return cls(Content(MappingProxyType(head), MappingProxyType(typed), dict(rasters or {})))

    def save(self, path: str | Path) -> None:
        """Write the programme: a .gpkg file by that suffix, else a folder.

        A save is all or nothing: killed at any moment, what stood there before is whole.

        Raises
        ------
        StoreError
            If it cannot be written there; `is_output` is set.
        """
        target = Path(path)
        if target.suffix == WORKING_FORM:
            from sarhad.programme.geopackage import write_geopackage

            write_geopackage(target, self._content)
        else:
            from sarhad.programme.folder import write_folder

            write_folder(target, self._content)

    def check(self) -> list[Fault]:
        """Return every fault of the programme at once; empty when it is sound."""
        from sarhad.programme.checks import faults_of

        return faults_of(self)

    def adopt(self, frames: Mapping[str, pd.DataFrame]) -> Self:
        """Return a programme with these derived tables, decisions or records in place of its own.

        Raises
        ------
        SpecError
            If a table holds given facts (those change through `with_changes`).
        DataError
            If a frame is not what the dictionary declares: columns, types, keys, ranges, choices.
        """
        for name in frames:
            if declared().table(name).is_given:
                raise SpecError(f"table {name} holds given facts: use with_changes, not adopt.")
        typed, faults = _typed(frames)
        from sarhad.programme.checks import cell_faults

        for name, frame in typed.items():
            faults += cell_faults(declared().table(name), frame)
        require_none(faults)
        return self._with(typed)

    def with_changes(self, frames: Mapping[str, pd.DataFrame]) -> Self:
        """Return a programme with other facts in these given tables: a what-if.

        Derived tables stay as they are; `data_hash` tells that they no longer follow from the facts.

        Raises
        ------
        SpecError
            If a table is not one of given facts.
        DataError
            If a frame has wrong columns, types or keys. Run `check` for everything else.
        """
        for name in frames:
            if not declared().table(name).is_given:
                raise SpecError(f"table {name} is computed, not given: use adopt, not with_changes.")
        typed, faults = _typed(frames)
        require_none(faults)
        return self._with(typed)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a fresh frame of a table, sorted by key; change it as you like."""
        table = declared().table(name)
        frame = self._content.frames.get(name)
        return empty_frame(table) if frame is None else frame.copy()

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the sorted names of the tables that have rows."""
        return tuple(sorted(name for name, frame in self._content.frames.items() if len(frame)))

    @property
    def meta(self) -> Mapping[str, str | int]:
        """Return name, title_en and other titles, schema_version."""
        return MappingProxyType(dict(self._content.meta))

    def setting(self, name: str) -> Any:
        """Return the typed value of a setting, or its declared default.

        Raises
        ------
        SpecError
            If no such setting is declared.
        """
        return setting_value(self["setting"], name)

    def raster(self, raster_id: str) -> bytes:
        """Return the bytes of a raster's GeoTIFF, unchanged.

        Raises
        ------
        DataError
            If the table `raster` or the store has no such raster.
        """
        rows = self["raster"]
        names = rows.loc[rows["id"] == raster_id, "file"].tolist()
        if not names or names[0] not in self._content.rasters:
            known = ", ".join(rows["id"]) or "none"
            raise DataError(
                f"raster: {raster_id!r} is not there (there is: {known}). Add its row and file.",
                table="raster",
            )
        return self._content.rasters[names[0]]

    def raster_file(self, file: str) -> bytes:
        """Return the bytes of a raster by its file name."""
        return self._content.rasters[file]

    @property
    def raster_files(self) -> tuple[str, ...]:
        """Return the sorted names of the raster files it holds."""
        return tuple(sorted(self._content.rasters))

    def line(self) -> shapely.LineString:
        """Return the border line, lon lat.

        Raises
        ------
        DataError
            If the table `border` does not hold exactly one line.
        """
        lines = self["border"]["geometry"].tolist()
        if len(lines) != 1 or lines[0] is None:
            raise DataError(
                f"border: {len(lines)} lines; a programme has exactly one. Keep one.", table="border"
            )
        return lines[0]

    def describe(self) -> dict[str, Any]:
        """Return counts of what the programme holds, the line's length and the share assumed."""
        from sarhad.programme.describe import description

        return description(self)

    @cached_property
    def data_hash(self) -> str:
        """Return the SHA-256 of the given facts and rasters; the same for both forms on disk."""
        digest = hashlib.sha256()
        for name in self.tables:
            table = declared().table(name)
            if table.is_given:
                _feed(digest, f"{name}.csv", canonical_csv(table, self._content.frames[name]))
        for name in self.raster_files:
            _feed(digest, f"rasters/{name}", self._content.rasters[name])
        return digest.hexdigest()

    def __repr__(self) -> str:
        return f"Programme({self.meta.get('name', '')!r}, {len(self.tables)} tables, {self.data_hash[:12]})"

    def _with(self, typed: Mapping[str, pd.DataFrame]) -> Self:
        frames = MappingProxyType({**self._content.frames, **typed})
        return type(self)(Content(self._content.meta, frames, self._content.rasters))


def read(path: Path) -> tuple[Content, list[Fault]]:
    """Return what a folder or .gpkg file holds, and its structural faults.

    Raises
    ------
    StoreError
        If there is no programme there, it is corrupt, or written by a newer sarhad.
    """
    if not path.exists():
        raise StoreError(f"{path} does not exist. Name a programme folder or a .gpkg file.")
    if path.is_dir():
        from sarhad.programme.folder import read_folder

        content, faults = read_folder(path)
    else:
        from sarhad.programme.geopackage import read_geopackage

        content, faults = read_geopackage(path)
    if "setting" in content.frames:
        faults += setting_faults(content.frames["setting"])
    return content, faults


def inspect(path: str | Path) -> list[Fault]:
    """Return every fault of a programme on disk at once, structural ones first.

    Raises
    ------
    StoreError
        If there is no programme there, it is corrupt, or written by a newer sarhad.
    """
    content, faults = read(Path(path))
    return faults + [fault for fault in Programme(content).check() if fault not in faults]


def _typed(frames: Mapping[str, pd.DataFrame]) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    typed, faults = {}, []
    for name, frame in frames.items():
        table: Table = declared().table(name)
        typed[name], wrong = typed_frame(table, frame)
        faults += wrong
    if "setting" in typed:
        faults += setting_faults(typed["setting"])
    return typed, faults


def _feed(digest: Any, name: str, data: bytes) -> None:
    digest.update(f"{name}\n{len(data)}\n".encode())
    digest.update(data)
