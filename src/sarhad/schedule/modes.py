"""Ways to do each activity: working days, what it holds, what it costs whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sarhad.errors import DataError
from sarhad.programme import Programme
from sarhad.programme.activities import parse_demand
from sarhad.schedule.project import FloatArray
from sarhad.schedule.purse import Purse
from sarhad.schedule.units import Row, Unit
from sarhad.schedule.zones import Zones

STANDARD: Row = {
    "mode": "standard",
    "partner_ids": (),
    "duration_factor": 1.0,
    "cost_factor": 1.0,
    "demands": (),
    "calendar_id": None,
}


class Modes:
    """Modes of every activity: working days, demand by resource, dollars by stock of money; the calendar of each."""

    def __init__(
        self,
        prog: Programme,
        all_units: Sequence[Unit],
        days: FloatArray,
        cost: FloatArray,
        purse: Purse,
        zone: Zones,
        calendar: Sequence[int],
    ) -> None:
        resource = prog["resource"].sort_values("id")
        self.rows: list[dict[str, Any]] = [
            {str(k): v for k, v in row.items()} for row in resource.to_dict("records")
        ]
        self.resource_ids = [str(row["id"]) for row in self.rows]
        self.capacity = [int(row["capacity"]) for row in self.rows]
        self.purse, self.zone = purse, zone
        self.names: list[str] = []
        self.cost_factor: list[float] = []
        self.calendar: list[int] = []
        self.unserved: list[str] = []
        by_activity: dict[str, list[Row]] = {}
        for row in prog["activity_mode"].sort_values(["activity_id", "mode"]).to_dict("records"):
            by_activity.setdefault(str(row["activity_id"]), []).append({str(k): v for k, v in row.items()})
        self.of_units = [
            self._of_unit(unit, by_activity.get(str(unit.row["id"]), [STANDARD]), float(d), float(c), kept)
            for unit, d, c, kept in zip(all_units, days, cost, calendar, strict=True)
        ]
        if self.unserved:
            text = f"resource: {len(self.unserved)} demands find no resource: {'; '.join(sorted(self.unserved)[:5])}."
            raise DataError(f"{text} Add one that serves all sections and partners.", table="resource")

    def _of_unit(
        self, unit: Unit, rows: Sequence[Row], days: float, cost: float, kept: int
    ) -> list[tuple[int, list[int], list[int]]]:
        found = []
        for row in rows:
            own = self._calendar(row, unit, kept)
            if own is None or (row["partner_ids"] and unit.partner not in row["partner_ids"]):
                continue
            demand = [0] * len(self.rows)
            for text in row["demands"]:
                asked = parse_demand(text)
                at = self._serving(asked.kind, unit)
                if at < 0:
                    self.unserved.append(f"{asked.kind} for {unit.id}")
                else:
                    demand[at] += asked.units
            days_in_mode = int(np.floor(days * float(row["duration_factor"]) + 0.5))
            found.append((days_in_mode, demand, self.purse.bill(unit, cost * float(row["cost_factor"]))))
            self.names.append(str(row["mode"]))
            self.cost_factor.append(float(row["cost_factor"]))
            self.calendar.append(own)
        if not found:
            self.unserved.append(
                f"a way to do {unit.id} that {unit.partner or 'nobody in particular'} may choose"
            )
        return found

    def _calendar(self, row: Row, unit: Unit, kept: int) -> int | None:
        """Return the calendar of a mode, None where it has one of its own that does not hold there."""
        if not isinstance(row["calendar_id"], str):
            return kept
        own = self.zone.ids.index(row["calendar_id"])
        sections = {work.section for work in unit.works}
        section = sections.pop() if len(sections) == 1 else ""
        highest = max(work.altitude_m for work in unit.works)
        return own if self.zone.holds(own, unit.partner, section, highest) else None

    def _serving(self, kind: str, unit: Unit) -> int:
        """Return the resource that serves an activity, -1 where none does; the partner's and section's own first."""
        sections = {work.section for work in unit.works}
        section = sections.pop() if len(sections) == 1 else ""
        best, most = -1, -1
        for k, row in enumerate(self.rows):
            partner = row["partner_id"] if isinstance(row["partner_id"], str) else ""
            if row["kind"] != kind or (partner and partner != unit.partner):
                continue
            if row["section_ids"] and section not in row["section_ids"]:
                continue
            rank = 2 * bool(partner) + bool(row["section_ids"])
            if rank > most:
                best, most = k, rank
        return best
