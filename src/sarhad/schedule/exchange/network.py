"""Forward and backward pass over the links of an exchanged schedule, in working days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sarhad.schedule.exchange.model import Exchanged, Link


@dataclass(frozen=True)
class Floats:
    """Earliest starts, total floats by task, and the length of the critical path, in working days."""

    early_start: Mapping[str, float]
    total: Mapping[str, float]
    length: float


def _order(schedule: Exchanged) -> list[str]:
    """Return the tasks, each after all it waits for; those on a cycle are missing."""
    waiting = {t.uid: 0 for t in schedule.tasks}
    after: dict[str, list[str]] = {uid: [] for uid in waiting}
    for link in schedule.links:
        waiting[link.after] += 1
        after[link.before].append(link.after)
    ready = [uid for uid, n in waiting.items() if n == 0]
    for uid in ready:  # grows
        for other in after[uid]:
            waiting[other] -= 1
            if waiting[other] == 0:
                ready.append(other)
    return ready


def is_cyclic(schedule: Exchanged) -> bool:
    """Tell whether the links hold a cycle."""
    return len(_order(schedule)) < len(schedule.tasks)


def floats(schedule: Exchanged, longer: Mapping[str, float] | None = None) -> Floats:
    """Return the floats of a schedule without cycle, some tasks taken to last longer by so many days."""
    lasts = {t.uid: t.duration_days + (longer or {}).get(t.uid, 0.0) for t in schedule.tasks}
    before: dict[str, list[Link]] = {uid: [] for uid in lasts}
    after: dict[str, list[Link]] = {uid: [] for uid in lasts}
    for link in schedule.links:
        before[link.after].append(link)
        after[link.before].append(link)
    order = _order(schedule)
    start: dict[str, float] = {}
    for uid in order:
        start[uid] = max([0.0, *(start[k.before] + _apart(k, lasts) for k in before[uid])])
    length = max((start[uid] + lasts[uid] for uid in order), default=0.0)
    latest: dict[str, float] = {}
    for uid in reversed(order):
        own = length - lasts[uid]
        latest[uid] = min([own, *(latest[k.after] - _apart(k, lasts) for k in after[uid])])
    return Floats(start, {uid: latest[uid] - start[uid] for uid in order}, length)


def _apart(link: Link, lasts: Mapping[str, float]) -> float:
    """Return the days from the start of the one to the start of the other that a link asks for."""
    from_end = lasts[link.before] if link.type[0] == "F" else 0.0
    to_end = lasts[link.after] if link.type[1] == "F" else 0.0
    return from_end + link.lag_days - to_end
