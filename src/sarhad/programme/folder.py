"""The text form of a programme: a folder with programme.toml, a CSV a table, and rasters."""

from __future__ import annotations

import ctypes
import difflib
import os
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from sarhad.errors import StoreError
from sarhad.programme.content import Content
from sarhad.programme.dictionary import declared
from sarhad.programme.faults import Fault
from sarhad.programme.frames import typed_frame
from sarhad.programme.meta import meta_from
from sarhad.programme.settings import settings_from_toml, settings_to_toml
from sarhad.programme.text import UnreadableError, canonical_csv, read_csv

HEAD = "programme.toml"
RASTERS = "rasters"
RESEMBLES = 0.8  # how alike, of 1, the name of a file and that of a table are for a slip of the pen


def read_folder(folder: Path) -> tuple[Content, list[Fault]]:
    """Return what a folder holds, and every structural fault of its files.

    Raises
    ------
    StoreError
        If it is not a programme, cannot be read, or was written by a newer version.
    """
    head, faults = _read_head(folder)
    meta, wrong = meta_from(head.get("programme", {}), where=str(folder / HEAD))
    faults += wrong
    frames, wrong = _read_tables(folder)
    faults += wrong
    if head.get("setting"):
        settings, wrong = settings_from_toml(head["setting"])
        faults += wrong
        frames["setting"], wrong = typed_frame(declared().table("setting"), settings)
        faults += wrong
    rasters = {path.name: path.read_bytes() for path in sorted(folder.glob(f"{RASTERS}/*")) if path.is_file()}
    return Content(meta, frames, rasters), faults


def write_folder(folder: Path, content: Content) -> None:
    """Write the text form; what stood there stays whole until the new folder is complete.

    Files that are not sarhad's (a README, licences, other CSV files) are carried over. A link to a folder stays a
    link: the folder it names is written.

    Raises
    ------
    StoreError
        If the target is not a programme folder, or cannot be written; `is_output` is set.
    """
    folder = target_of(folder)
    if folder.exists() and not _may_replace(folder):
        raise StoreError(
            f"{folder} exists and is not a programme folder. Choose another name or remove it.",
            is_output=True,
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".new", dir=folder.parent))
    except OSError as error:
        raise StoreError(
            f"cannot write {folder}: {error.strerror}. Choose a folder you may write.", is_output=True
        ) from error
    try:
        _write_files(fresh, content)
        if folder.exists():
            _carry_over(folder, fresh)
        _swap(fresh, folder)
    except OSError as error:
        raise StoreError(
            f"cannot write {folder}: {error.strerror}. Free space or choose another.", is_output=True
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def target_of(path: Path) -> Path:
    """Return what a link names in the end, and any other path as it is."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _read_head(folder: Path) -> tuple[dict[str, Any], list[Fault]]:
    path = folder / HEAD
    if not path.is_file():
        raise StoreError(
            f"{folder} is not a programme: it has no {HEAD}. Name a programme folder or a .gpkg file."
        )
    try:
        head = tomllib.loads(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError:
        raise StoreError(f"{path} is not UTF-8. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise StoreError(f"{path} is not proper TOML: {error}. Correct that line.") from None
    unknown = sorted(set(head) - {"programme", "setting"})
    remedy = "Remove it; the parts are [programme] and [setting.NAME]."
    return head, [Fault(HEAD, "", name, "", "is not a part of programme.toml", remedy) for name in unknown]


def _read_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    frames, faults = {}, []
    tables = declared().tables
    for path in sorted(folder.glob("*.csv")):
        name = path.stem
        if name not in tables or name == "setting":
            faults.append(_stranger(path.name, name))
            continue
        try:
            frames[name], wrong = read_csv(tables[name], path.read_bytes())
        except UnreadableError as error:
            wrong = [Fault(path.name, "", "", "", error.text, error.remedy)]
        faults += wrong
    return frames, faults


def _stranger(file: str, name: str) -> Fault:
    """Return an error where a table may be meant, else the notice that the file is not read."""
    text = "is not a table of a programme"
    if name == "setting":
        return Fault(file, "", "", "", text, f"Settings stand in {HEAD}.")
    meant = difflib.get_close_matches(name.lower(), declared().tables, n=1, cutoff=RESEMBLES)
    if meant:
        remedy = f"Rename it to {meant[0]}.csv, or to something unlike a table; tables: {', '.join(declared().tables)}."
        return Fault(file, "", "", "", text, remedy)
    remedy = "It is not read; saving here leaves it alone."
    return Fault(file, "", "", "", text, remedy, "notice")


def _write_files(folder: Path, content: Content) -> None:
    folder.chmod(0o755)
    settings = content.frames.get("setting")
    head: dict[str, Mapping[str, Any]] = {"programme": dict(content.meta)}
    if settings is not None and len(settings):
        head["setting"] = settings_to_toml(settings)
    _write(folder / HEAD, tomli_w.dumps(head).encode("utf-8"))
    for name, table in declared().tables.items():
        frame = content.frames.get(name)
        if name != "setting" and frame is not None and len(frame):
            _write(folder / f"{name}.csv", canonical_csv(table, frame))
    for name in sorted(content.rasters):
        (folder / RASTERS).mkdir(exist_ok=True)
        _write(folder / RASTERS / name, content.rasters[name])


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _may_replace(folder: Path) -> bool:
    return folder.is_dir() and ((folder / HEAD).is_file() or not any(folder.iterdir()))


def _carry_over(old: Path, new: Path) -> None:
    """Copy what is not sarhad's: all but the head, the tables that the dictionary declares, and rasters."""
    ours = {HEAD, RASTERS, *(f"{name}.csv" for name in declared().tables)}
    for path in sorted(old.iterdir()):
        if path.name in ours:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True)
        else:
            shutil.copy2(path, new / path.name, follow_symlinks=False)


def _swap(new: Path, target: Path) -> None:
    """Put the new folder in place of the target: in one step where the system can, else in two."""
    if not target.exists():
        new.rename(target)
        return
    if _exchange(new, target):
        return
    aside = new.with_suffix(".old")
    target.rename(aside)
    try:
        new.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux renameat2); return whether it was done."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    at_cwd, exchange = -100, 2
    return bool(rename(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0)
