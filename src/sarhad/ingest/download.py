"""A download that can be broken off and resumed, and stands under its name only once it is whole and checked."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sarhad.errors import StoreError
from sarhad.ingest.connection import Manners, PassingError, answer, pause, read_some, require_answer

CHUNK = 1 << 16
ENOUGH = 1 << 20  # bytes that make an attempt count as progress
SPARE = 50_000_000  # bytes of the disk that stay free
BEGINS = {
    "tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "zip": (b"PK\x03\x04",),
    "json": (b"{", b"["),
    "osm": (b"\0\0\0", b"<?xml", b"<osm"),
    "text": (),
}
OnBytes = Callable[[int, int | None], None]  # bytes that are there, and of how many


@dataclass(frozen=True)
class Wanted:
    """A file to bring.

    Parameters
    ----------
    url, target
        From where, and its final name.
    kind
        One of `BEGINS`: what its first bytes must be.
    md5
        The checksum that the source publishes, "" for none.
    is_etag_md5
        Does the server name the MD5 of the file in its ETag, as object stores do of files sent in one part.
    """

    url: str
    target: Path
    kind: str
    md5: str = ""
    is_etag_md5: bool = False


@dataclass(frozen=True)
class Fetched:
    """A file that has come.

    Parameters
    ----------
    wanted
        What was asked for.
    n_bytes, sha256
        Its size and checksum.
    checked_by
        Against what it was held: "MD5 of the source", "MD5 in the ETag", or "size" alone.
    etag, last_modified
        As the server said.
    was_there
        True when it had come before and is unchanged.
    """

    wanted: Wanted
    n_bytes: int
    sha256: str
    checked_by: str
    etag: str = ""
    last_modified: str = ""
    was_there: bool = False


class Part:
    """The file as far as it has come, and beside it what of: the server's mark of the version, and its size."""

    def __init__(self, wanted: Wanted) -> None:
        target = wanted.target
        self.url = wanted.url
        self.path = target.with_name(f"{target.name}.part")
        self.note = target.with_name(f"{target.name}.part.json")
        self.mark: dict[str, Any] = self._noted()

    def _noted(self) -> dict[str, Any]:
        try:
            mark = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return mark if isinstance(mark, dict) and mark.get("url") == self.url else {}

    @property
    def size(self) -> int:
        """Return the bytes that have come."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def resuming(self) -> dict[str, str]:
        """Return the headers that ask for the rest; none where the version that has come cannot be named."""
        etag = self.mark.get("etag") or ""
        mark = etag if etag and not etag.startswith("W/") else self.mark.get("last_modified")
        return {"Range": f"bytes={self.size}-", "If-Range": mark} if mark and self.size else {}

    def begin(self, headers: Any) -> None:
        """Start over with the version that the server now sends."""
        length = headers.get("Content-Length") or ""
        self.mark = {
            "url": self.url,
            "etag": headers.get("ETag") or "",
            "last_modified": headers.get("Last-Modified") or "",
            "total": int(length) if length.isdecimal() else None,
        }
        self.path.write_bytes(b"")
        self.note.write_text(json.dumps(self.mark), encoding="utf-8")

    def drop(self) -> None:
        """Forget what has come."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)
        self.mark = {}


def download(
    wanted: Wanted, manners: Manners, on_bytes: OnBytes, record: Callable[[Fetched], None] | None = None
) -> Fetched:
    """Bring a file, or the rest of it, and give it its name once it is whole.

    `record` is told of the file before it gets its name, so that no file stands there unrecorded.

    Raises
    ------
    StoreError
        If the server is out of reach, busy for too long, has no such file, sends something else or a damaged
        file twice; or if the disk is full. The final name is then not there; a sound part is kept.
    """
    part = Part(wanted)
    try:
        for _ in range(2):
            _bring(wanted, part, manners, on_bytes)
            sha256, md5 = digests(part.path)
            fault, checked_by = _judged(wanted, part, md5)
            if not fault:
                mark = part.mark
                found = Fetched(wanted, part.size, sha256, checked_by, mark["etag"], mark["last_modified"])
                if record is not None:
                    record(found)
                part.path.replace(wanted.target)
                part.drop()
                return found
            part.drop()
    except OSError as error:
        raise StoreError(
            f"{wanted.target}: cannot be written ({error.strerror or error}).", is_output=True
        ) from error
    raise StoreError(f"{wanted.url}: {fault}, twice. Try again later, or name another address with --from.")


def digests(path: Path) -> tuple[str, str]:
    """Return the SHA-256 and the MD5 of a file."""
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            sha256.update(chunk)
            md5.update(chunk)
    return sha256.hexdigest(), md5.hexdigest()


def _judged(wanted: Wanted, part: Part, md5: str) -> tuple[str, str]:
    """Return what is wrong with a file that has come, and else against what it was held."""
    with part.path.open("rb") as file:
        head = file.read(64)
    begins = BEGINS[wanted.kind]
    if not head:
        return "an empty file came", ""
    if begins and not head.lstrip(b" \r\n\t\xef\xbb\xbf").startswith(begins):
        return f"what came is no {wanted.kind} file (it begins with {head[:16]!r})", ""
    if wanted.kind == "text" and head.lstrip().startswith(b"<"):
        return "a web page came in place of text", ""
    etag = str(part.mark["etag"]).strip('"')
    if wanted.md5:
        return _differs(md5, wanted.md5, "the source publishes"), "MD5 of the source"
    if wanted.is_etag_md5 and re.fullmatch(r"[0-9a-f]{32}", etag):
        return _differs(md5, etag, "the server names"), "MD5 in the ETag"
    return "", "size" if part.mark["total"] is not None else "its first bytes"


def _differs(found: str, wanted: str, who: str) -> str:
    return "" if found == wanted.lower() else f"it came damaged (MD5 {found}; {who} {wanted})"


def _bring(wanted: Wanted, part: Part, manners: Manners, on_bytes: OnBytes) -> None:
    """Bring what is missing, in as many attempts as it takes while each brings something."""
    failed = 0
    while True:
        before = part.size
        try:
            _receive(wanted, part, manners, on_bytes)
        except PassingError as fault:
            failed = 1 if part.size - before >= ENOUGH else failed + 1
            pause(wanted.url, fault, failed, manners)
        else:
            return


def _receive(wanted: Wanted, part: Part, manners: Manners, on_bytes: OnBytes) -> None:
    """Write what one answer brings."""
    if part.mark.get("total") and part.size == part.mark["total"]:
        return
    asked = part.resuming
    with answer(wanted.url, manners, asked) as response:
        if response.status == 416 or (response.status == 206 and not (asked and _goes_on(response, part))):
            part.drop()
            raise PassingError("the server has another version than before")
        require_answer(wanted.url, response)
        if response.status != 206:
            part.begin(response.headers)
        total = part.mark["total"]
        require_room(part.path.parent, (total or 0) - part.size)
        _copy(response, part, manners, on_bytes)
        if total is not None and part.size != total:
            raise PassingError(f"it ended after {part.size:,} of {total:,} bytes")


def _goes_on(response: Any, part: Part) -> bool:
    """Tell whether a partial answer begins where the part ends, of a file of the same size."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range") or "")
    if found is None or int(found[1]) != part.size:
        return False
    return part.mark["total"] is None or found[2] in ("*", str(part.mark["total"]))


def _copy(response: Any, part: Part, manners: Manners, on_bytes: OnBytes) -> None:
    since, came = time.monotonic(), 0
    with part.path.open("ab") as file:
        while chunk := read_some(part.url, response, CHUNK):
            file.write(chunk)
            came += len(chunk)
            on_bytes(file.tell(), part.mark["total"])
            if time.monotonic() - since > manners.stall_s:
                if came < manners.stall_bytes:
                    raise PassingError(f"only {came:,} bytes came in {manners.stall_s:g} s")
                since, came = time.monotonic(), 0


def require_room(folder: Path, n_bytes: int) -> None:
    """See that the disk has room.

    Raises
    ------
    StoreError
        If not; `is_output` is set.
    """
    free = shutil.disk_usage(folder).free
    if n_bytes > 0 and n_bytes + SPARE > free:
        raise StoreError(
            f"{folder}: {n_bytes / 1e6:,.1f} MB are to come and {free / 1e6:,.1f} MB are free, of which "
            f"{SPARE / 1e6:,.0f} MB are to stay so. Make room, or choose another folder.",
            is_output=True,
        )
