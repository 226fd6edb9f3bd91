"""Readers of the scheduling community's text forms: PSPLIB .sm and .mm, Patterson .rcp."""

from __future__ import annotations

import re
from pathlib import Path

from sarhad.errors import StoreError
from sarhad.schedule.project import LinkType, Project, assemble

SUFFIXES = (".sm", ".mm", ".rcp")
LARGEST = 10**9

Mode = tuple[int, list[int], list[int]]


def read_psplib(path: Path) -> Project:
    """Return the project of a .sm, .mm or .rcp file, its first and last (empty) jobs included.

    Raises
    ------
    StoreError
        If the file cannot be read or is not of its form: file, line and what was found there.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise StoreError(f"{path}: unknown form {path.suffix!r}. Give a file that ends in .sm, .mm or .rcp.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"{path}: cannot be read as text: {error}. Give a PSPLIB or Patterson file."
        ) from None
    return _patterson(path, text) if path.suffix.lower() == ".rcp" else _Progen(path, text).project()


class _Progen:
    """The lines of a PSPLIB file, section by section."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()

    def project(self) -> Project:
        """Return the project that the lines describe."""
        n_jobs = self.count("jobs ")
        n_renewable, n_stock = self.count("- renewable"), self.count("- nonrenewable")
        if self.count("- doubly constrained", default=0):
            self.fail(
                self.find("- doubly constrained"), "doubly constrained resources", "none: they are not read"
            )
        successors, n_modes = self.successors(n_jobs)
        modes = self.modes(n_jobs, n_modes, n_renewable, n_stock)
        found = self.availabilities(n_renewable + n_stock)
        links: list[tuple[int, int, LinkType, int]] = [
            (job, after - 1, "FS", 0) for job, own in enumerate(successors) for after in own
        ]
        names = [str(job + 1) for job in range(n_jobs)]
        return assemble(names, modes, links, capacity=found[:n_renewable], stock=found[n_renewable:])

    def fail(self, line: int, found: str, wanted: str) -> None:
        raise StoreError(f"{self.path}, line {line + 1}: found {found}, expected {wanted}. Correct the file.")

    def find(self, heading: str) -> int:
        """Return the number of the line that begins with a heading."""
        for number, line in enumerate(self.lines):
            if line.strip().lower().startswith(heading):
                return number
        raise StoreError(
            f"{self.path}: no line begins with {heading!r}. The file is cut short or of another form."
        )

    def count(self, heading: str, default: int | None = None) -> int:
        """Return the number after the colon of a line."""
        if default is not None and not any(line.strip().lower().startswith(heading) for line in self.lines):
            return default
        number = self.find(heading)
        match = re.search(r":\s*(\d+)", self.lines[number])
        if match is None:
            self.fail(number, repr(self.lines[number].strip()), "a colon and a count")
            return 0
        return int(match[1])

    def numbers(self, line: int, wanted: str) -> list[int]:
        """Return the whole numbers of a line."""
        if line >= len(self.lines):
            self.fail(line, "the end of the file", wanted)
        return _whole_numbers(self.path, line, self.lines[line].split(), wanted)

    def successors(self, n_jobs: int) -> tuple[list[list[int]], list[int]]:
        """Return the successors and the number of modes of each job."""
        begin = self.find("precedence relations") + 2
        found, n_modes = [], []
        for job in range(n_jobs):
            row = self.numbers(begin + job, f"job {job + 1}: modes, successors")
            if len(row) < 3 or row[0] != job + 1 or len(row) != 3 + row[2] or row[1] < 1:
                wanted = f"job {job + 1}, its number of modes (1 or more) and of successors, and as many successors"
                self.fail(begin + job, repr(self.lines[begin + job].strip()), wanted)
            if strange := [other for other in row[3:] if not 1 <= other <= n_jobs]:
                self.fail(begin + job, f"successor {strange[0]}", f"a job between 1 and {n_jobs}")
            found.append(row[3:])
            n_modes.append(row[1])
        return found, n_modes

    def modes(self, n_jobs: int, n_modes: list[int], n_renewable: int, n_stock: int) -> list[list[Mode]]:
        """Return the modes of each job."""
        line = self.find("requests/durations") + 3
        n_numbers = 2 + n_renewable + n_stock
        found: list[list[Mode]] = []
        for job in range(n_jobs):
            own: list[Mode] = []
            for mode in range(n_modes[job]):
                wanted = f"job {job + 1}, mode {mode + 1}: a duration and {n_renewable + n_stock} demands"
                row = self.numbers(line, wanted)
                if mode == 0 and (len(row) != n_numbers + 1 or row[0] != job + 1):
                    self.fail(line, repr(self.lines[line].strip()), wanted)
                row = row[1:] if mode == 0 else row
                if len(row) != n_numbers or row[0] != mode + 1:
                    self.fail(line, repr(self.lines[line].strip()), wanted)
                own.append((row[1], row[2 : 2 + n_renewable], row[2 + n_renewable :]))
                line += 1
            found.append(own)
        return found

    def availabilities(self, n_resources: int) -> list[int]:
        """Return the capacities and stocks."""
        line = self.find("resourceavailabilities") + 2
        row = self.numbers(line, f"{n_resources} capacities")
        if len(row) != n_resources:
            self.fail(line, f"{len(row)} numbers", f"{n_resources} capacities")
        return row


def _whole_numbers(path: Path, line: int, words: list[str], wanted: str) -> list[int]:
    for word in words:
        if not re.fullmatch(r"\d+", word) or int(word) > LARGEST:
            raise StoreError(
                f"{path}, line {line + 1}: found {word!r}, expected {wanted}: whole numbers from 0 to {LARGEST:,}. "
                "Correct the file."
            )
    return [int(word) for word in words]


class _Words:
    """The numbers of a Patterson file one after another, each with its line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.words = [(word, line) for line, row in enumerate(text.splitlines()) for word in row.split()]
        self.at = 0

    def take(self, n: int, wanted: str) -> list[int]:
        """Return the next n whole numbers."""
        part = self.words[self.at : self.at + n]
        if len(part) < n:
            last = self.words[-1][1] + 1 if self.words else 1
            raise StoreError(
                f"{self.path}, line {last}: found the end of the file, expected {wanted}. The file is cut short."
            )
        self.at += n
        return [value for word, line in part for value in _whole_numbers(self.path, line, [word], wanted)]


def _patterson(path: Path, text: str) -> Project:
    words = _Words(path, text)
    n_jobs, n_resources = words.take(2, "the number of jobs and of resources")
    capacity = words.take(n_resources, f"{n_resources} capacities")
    modes: list[list[Mode]] = []
    links: list[tuple[int, int, LinkType, int]] = []
    for job in range(n_jobs):
        duration, *demand, n_after = words.take(
            n_resources + 2, f"job {job + 1}: a duration, {n_resources} demands and a number of successors"
        )
        modes.append([(duration, demand, [])])
        for after in words.take(n_after, f"{n_after} successors of job {job + 1}"):
            if not 1 <= after <= n_jobs:
                raise StoreError(
                    f"{path}, line {words.words[words.at - 1][1] + 1}: found successor {after} of job {job + 1}, "
                    f"expected a job between 1 and {n_jobs}. Correct the file."
                )
            links.append((job, after - 1, "FS", 0))
    if words.at < len(words.words):
        word, line = words.words[words.at]
        raise StoreError(
            f"{path}, line {line + 1}: found {word!r} after job {n_jobs}, expected the end of the file."
        )
    names = [str(job + 1) for job in range(n_jobs)]
    return assemble(names, modes, links, capacity=capacity)
