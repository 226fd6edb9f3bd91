"""What the machine has of memory, and what may be taken of it."""

from __future__ import annotations

import os
from pathlib import Path

SHARE = 0.8  # of the machine's memory that may be taken unless a limit is given


def machine_bytes() -> float | None:
    """Return the memory of the machine, or of the container it stands for, None where it does not tell."""
    found = []
    if hasattr(os, "sysconf") and {"SC_PAGE_SIZE", "SC_PHYS_PAGES"} <= set(os.sysconf_names):
        found.append(float(os.sysconf("SC_PAGE_SIZE")) * os.sysconf("SC_PHYS_PAGES"))
    try:
        text = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except OSError:
        text = "max"
    if text.isdigit():
        found.append(float(text))
    return min(found, default=None)


def held_bytes() -> float:
    """Return what this process holds now, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def spare_bytes() -> float | None:
    """Return what may be taken besides what this process holds, None where the machine does not tell its memory."""
    there = machine_bytes()
    return None if there is None else max(SHARE * there - held_bytes(), 0.0)
