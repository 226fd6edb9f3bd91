"""What has come into a folder: a row a file in fetched.csv, and the sources as rows of the table `source`."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pandas as pd

from sarhad.errors import RefusedError, StoreError
from sarhad.ingest.download import Fetched, Wanted, digests
from sarhad.ingest.providers import Provider
from sarhad.programme.written import write_whole

NAME = "fetched.csv"
COLUMNS = ("file", "url", "bytes", "sha256", "checked_by", "etag", "last_modified", "fetched_at_utc")


def _rows(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / NAME
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["file"]: {name: row.get(name) or "" for name in COLUMNS} for row in csv.DictReader(file)
            }
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise StoreError(
            f"{path}: is not the record of what was fetched ({error}). Move it away and fetch with --replace, or choose "
            "another folder."
        ) from error


def note(fetched: Fetched) -> None:
    """Add a file that has come to the record of its folder."""
    path = fetched.wanted.target
    row = {
        "file": path.name,
        "url": fetched.wanted.url,
        "bytes": str(fetched.n_bytes),
        "sha256": fetched.sha256,
        "checked_by": fetched.checked_by,
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "fetched_at_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    _add(path.parent, row)


def note_made(path: Path, data: bytes, *, is_replacing: bool) -> None:
    """Write a file that was made of what came, and add it to the record.

    Raises
    ------
    RefusedError
        If a file stands there that was not made so and `is_replacing` is false.
    StoreError
        If it cannot be written.
    """
    if path.exists() and not is_replacing:
        made = _rows(path.parent).get(path.name, {}).get("sha256")
        if digests(path)[0] not in (made, hashlib.sha256(data).hexdigest()):
            raise RefusedError(
                f"{path}: is there already and was not made by `fetch`, or was edited since. Give --replace to lose it, "
                "or choose another folder."
            )
    write_whole(path, lambda part: part.write_bytes(data))
    row = dict.fromkeys(COLUMNS, "") | {"file": path.name, "bytes": str(len(data)), "checked_by": "made here"}
    row["sha256"] = hashlib.sha256(data).hexdigest()
    row["fetched_at_utc"] = datetime.now(UTC).isoformat(timespec="seconds")
    _add(path.parent, row)


def _add(folder: Path, row: dict[str, str]) -> None:
    rows = _rows(folder) | {row["file"]: row}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows[name] for name in sorted(rows))
    write_whole(folder / NAME, lambda part: part.write_bytes(text.getvalue().encode("utf-8")))


def known(wanted: Wanted, *, is_replacing: bool) -> Fetched | None:
    """Return a file that came before and is unchanged; None where it is to be fetched.

    Raises
    ------
    RefusedError
        If another file stands under its name and `is_replacing` is false.
    """
    target = wanted.target
    if is_replacing or not target.exists():
        return None
    row = _rows(target.parent).get(target.name, {})
    if row.get("url") == wanted.url and row.get("sha256") == digests(target)[0]:
        size, etag, modified = target.stat().st_size, row["etag"], row["last_modified"]
        return Fetched(wanted, size, row["sha256"], row["checked_by"], etag, modified, was_there=True)
    raise RefusedError(
        f"{target}: is there already and is not what came from {wanted.url}. Give --replace to lose it, or choose "
        "another folder."
    )


def source_id(name: str, part: str = "") -> str:
    """Return the id of the source row of a provider, or of a part of what it publishes."""
    return "-".join(filter(None, ("DS", name.upper(), part.upper())))


def source_row(
    one: Provider,
    url: str,
    *,
    part: str = "",
    title: str = "",
    date: str = "",
    licence: str = "",
    credit: str = "",
) -> dict[str, str | None]:
    """Return a row of the table `source`; what is not given is as the provider states it."""
    return {
        "id": source_id(one.id, part),
        "title": title or one.title,
        "publisher": one.publisher,
        "date": date or one.date or None,
        "url": url,
        "kind": "data",
        "licence": licence or one.licence,
        "credit": credit or one.credit,
    }


def day_of(fetched: Iterable[Fetched]) -> str:
    """Return the day on which the newest of some files was last changed by its publisher, "" where none says so."""
    days = []
    for one in fetched:
        try:
            days.append(parsedate_to_datetime(one.last_modified).date().isoformat())
        except (TypeError, ValueError):
            continue
    return max(days, default="")


def joined(old: pd.DataFrame, new: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of a table with others added; a new row takes the place of an old one of the same id."""
    frames = [frame for frame in (old, *new) if len(frame)]
    if not frames:
        return old
    return pd.concat(frames).drop_duplicates("id", keep="last").sort_values("id", ignore_index=True)
