"""Kill saves at many points and see what is left; run by test_killed_save.py in a process without threads.

Each save runs in a fork that counts the steps of SQLite's machine and the statements sent to it, and kills
itself with SIGKILL at the k-th. What it wrote to a pipe proves that the save had begun, was in its
transaction and had not ended. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from sarhad.programme import Programme

STEPS = 400  # steps of SQLite's machine between two points
POINTS = 200
DURING_COMMIT = 20
OPERATIONS = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "ctypes.dlopen")


class Fuse:
    """Counts points of a save; at the chosen one the process kills itself."""

    def __init__(self, pipe: int, at: int) -> None:
        self.pipe, self.at, self.seen = pipe, at, 0
        self.connection: sqlite3.Connection | None = None
        event.listen(Engine, "connect", self.on_connect)
        event.listen(Engine, "before_cursor_execute", self.on_statement)

    def on_connect(self, connection: sqlite3.Connection, record: object) -> None:
        self.connection = connection
        connection.execute("PRAGMA cache_size = 10")  # pages reach the file before the commit
        connection.set_progress_handler(self.on_point, STEPS)

    def on_statement(self, *_: object) -> None:
        self.on_point()

    def on_point(self) -> int:
        if self.connection is not None and self.connection.in_transaction:
            self.seen += 1
            if self.seen == self.at:
                os.write(self.pipe, b"in transaction\n")
                os.kill(os.getpid(), signal.SIGKILL)
        return 0


def forked(
    prog: Programme, path: Path, at: int, after_commit_s: float | None = None
) -> tuple[int, list[str]]:
    """Save in a fork that kills itself; return its wait status and what it told."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        fuse = Fuse(writer, at)
        if after_commit_s is not None:
            event.listen(Engine, "commit", lambda _: kill_after(after_commit_s, writer))
        os.write(writer, b"begun\n")
        prog.save(path)
        os.write(writer, f"ended {fuse.seen}\n".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read().split("\n")[:-1]
    return os.waitpid(child, 0)[1], told


def is_hot(journal: Path) -> bool:
    """Return whether SQLite would still roll back this journal: its header is there."""
    return journal.exists() and journal.read_bytes()[:1] not in (b"", b"\0")


def killed_folder(prog: Programme, base: Path, at: int) -> dict[str, Any]:
    """Save a folder in a fork that kills itself at the at-th file operation; return what was left."""
    path = base.with_name("work")
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(base, path)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        seen = 0

        def on_audit(name: str, _: object) -> None:
            nonlocal seen
            if name not in OPERATIONS:
                return
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

        os.write(writer, b"begun\n")
        sys.addaudithook(on_audit)
        prog.save(path)
        os.write(writer, f"ended {seen}\n".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read().split("\n")[:-1]
    status = os.waitpid(child, 0)[1]
    signal_ = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    return {"signal": signal_, "told": told, "hash": Programme.open(path).data_hash}


def kill_after(seconds: float, pipe: int) -> None:
    """Kill this process so many seconds from now, whatever it does then."""

    def kill() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    os.write(pipe, b"committing\n")
    threading.Thread(target=kill).start()


def killed_once(
    prog: Programme, base: Path, at: int, after_commit_s: float | None = None
) -> dict[str, object]:
    """Return what one killed save told and left behind."""
    path = base.with_name("work.gpkg")
    path.with_name("work.gpkg-journal").unlink(missing_ok=True)
    shutil.copyfile(base, path)
    status, told = forked(prog, path, at, after_commit_s)
    had_journal = path.with_name("work.gpkg-journal").exists()
    is_same_file = path.read_bytes() == base.read_bytes()
    found = Programme.open(path)
    again = Programme.open(path)
    return {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "told": told,
        "hash": found.data_hash,
        "rows": len(found["source"]),
        "had_journal": had_journal,
        "was_touched": not is_same_file,
        "hash_again": again.data_hash,
        "is_hot": is_hot(path.with_name("work.gpkg-journal")),
    }


def main(folder: Path, tables: Path) -> None:
    """Kill saves of one programme over another; print what was found."""
    tiny = Programme.open(tables)
    old = Programme.of({"name": "old"}, {"source": tiny["source"], "fact": tiny["fact"]})
    source = tiny["source"]
    source["title"] = "Quite another title"
    new = Programme.of({"name": "new"}, {"source": source, "border": tiny["border"], "river": tiny["river"]})
    base = folder / "base.gpkg"
    old.save(base)
    shutil.copyfile(base, folder / "work.gpkg")
    status, told = forked(new, folder / "work.gpkg", at=-1)
    total = int(told[-1].split()[1])
    points = sorted({1 + i * (total - 1) // (POINTS + 4) for i in range(POINTS + 5)})
    result = {
        "old": old.data_hash,
        "new": new.data_hash,
        "whole": [status, told],
        "total": total,
        "killed": [killed_once(new, base, at) for at in points],
        "committing": [killed_once(new, base, -1, i * 2e-4) for i in range(DURING_COMMIT)],
    }
    old.save(folder / "base")
    operations = int(str(killed_folder(new, folder / "base", -1)["told"][-1]).split()[1])
    result["folder"] = [killed_folder(new, folder / "base", at) for at in range(1, operations + 1)]
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
