"""Limits that conflict for all to see: stocks and receipts too small for any modes, deadlines before the critical path."""

from __future__ import annotations

import numpy as np

from sarhad.schedule.project import IntArray
from sarhad.schedule.ready import Ready


def stock_conflicts(ready: Ready) -> list[str]:
    """Return the stocks that even the thriftiest modes use up, in words, and activities that no mode suits."""
    project, frame = ready.project, ready.forth
    least = np.zeros(len(project.stock_ids), dtype=np.int64)
    found = []
    for activity, name in enumerate(project.activity_ids):
        own = frame.usable[frame.first_mode[activity] : frame.first_mode[activity + 1]]
        if frame.fixed_start[activity] >= 0:
            own = np.array([ready.mode[activity]])
        if not own.size:
            found.append(
                f"{name}: every mode that is allowed needs more than the stock, the money open at once, or the "
                "capacity. Allow another mode, or raise them."
            )
            continue
        if len(least):
            least += project.consumption[own].min(axis=0)
    for k, name in enumerate(project.stock_ids):
        if least[k] > project.stock[k] and not found:
            found.append(
                f"{name}: the thriftiest modes use {least[k]}, the stock is {project.stock[k]}. Raise it."
            )
    return found or _receipt_conflicts(ready, least)


def _receipt_conflicts(ready: Ready, least: IntArray) -> list[str]:
    """Return the stocks whose receipts, all together, are less than even the thriftiest modes use, in words."""
    project, receipts = ready.project, ready.project.receipts
    if receipts is None:
        return []
    offered = receipts.amount @ receipts.pays
    return [
        f"{name}: the thriftiest modes use {least[k]}, {offered[k]} comes in. Raise it."
        for k, name in enumerate(project.stock_ids)
        if receipts.pays[:, k].any() and least[k] > offered[k] and (ready.begun.mode < 0).all()
    ]


def chain_conflicts(ready: Ready) -> list[str]:
    """Return the deadlines that the links alone break, each with the chain that leads there, in words."""
    project, heads = ready.project, ready.heads
    found = []
    for activity in np.flatnonzero((project.deadline >= 0) & (ready.forth.fixed_start < 0)):
        if heads.end[activity] > project.deadline[activity]:
            names = " -> ".join(project.activity_ids[k] for k in _chain(ready, int(activity)))
            found.append(
                f"deadline {project.deadline[activity]} of {project.activity_ids[activity]}: it cannot end before "
                f"{heads.end[activity]} even with resources without limit, because of {names}. Move the deadline, "
                "or shorten the chain."
            )
    return found


def _chain(ready: Ready, activity: int) -> list[int]:
    """Return the activities that hold one back, the first of them first."""
    frame, heads = ready.forth, ready.heads
    chain = [activity]
    while True:
        own = range(frame.first[activity], frame.first[activity + 1])
        if not own or heads.start[activity] <= frame.release[activity]:
            return chain[::-1]
        activity = int(
            frame.before[max(own, key=lambda link: heads.end[frame.before[link]] + frame.lag[link])]
        )
        chain.append(activity)
