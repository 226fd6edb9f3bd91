"""Checks of what a plan cannot do without: tables without rows, sides where nobody lives, movers without a crossing point.

`new` lists the same tables. Every command that derives anything from the facts checks them first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import shapely

from sarhad.programme.checks.line import usable_line
from sarhad.programme.checks.threats import placed_threats
from sarhad.programme.faults import Fault
from sarhad.programme.geodesy import WGS84, nearest_piece

if TYPE_CHECKING:
    from sarhad.programme.programme import Programme

# what must be there before a plan is worth its name, and why
NEEDED: Mapping[str, str] = {
    "section": "named runs of the line, from chainage 0 to its end",
    "district": "adjoining districts on both sides by chainage",
    "settlement": "places on both sides: where attempts start and lead to",
    "threat": "what may cross, with attempts a year",
    "mover": "by which means",
    "traffic": "share of each threat's attempts by mover",
    "coverage": "chance to detect a crossing today, by section and mover",
    "measure": "what may be built, with cost and duration",
    "effect": "what each measure does",
    "effect_parameter": "the figures of each effect",
    "partner": "who pays",
    "budget": "money by partner and year",
    "eligibility": "which categories each partner pays for",
    "price_index": "dollars of each year per dollar of the base year",
}
WITHOUT: Mapping[str, str] = {
    "threat": "nothing is at stake",
    "measure": "nothing can be built",
    "effect": "nothing that is built has an effect",
    "partner": "nobody pays, so no plan builds anything",
    "budget": "there is no money, so no plan builds anything",
    "eligibility": "no partner pays for anything, so no plan builds anything",
}  # the plan of such a programme is to do nothing
SIDES: Mapping[str, str] = {"inside": "lead to", "beyond": "start from"}


def missing_tables(prog: Programme) -> dict[str, str]:
    """Return the tables without rows that a plan needs, and why it needs them."""
    found = {name: why for name, why in NEEDED.items() if prog[name].empty}
    stuck = crossing_movers(prog)
    if stuck and prog["crossing"].empty:
        found["crossing"] = f"crossing points of the line: {', '.join(stuck)} can cross nowhere else"
    return found


def missing_rows(prog: Programme) -> Iterator[Fault]:
    """Yield tables without rows: no movers is an error; where the plan could only be to do nothing, a notice."""
    if prog["mover"].empty:
        yield Fault(
            "mover", "", "", "", "has no rows", f"Say {NEEDED['mover']} threats cross; one is enough."
        )
    for table, text in WITHOUT.items():
        if prog[table].empty:
            yield Fault(table, "", "", "", f"has no rows: {text}", f"Add {NEEDED[table]}.", "notice")


def missing_crossings(prog: Programme) -> Iterator[Fault]:
    """Yield that there is no crossing point though a mover in use can cross nowhere else."""
    stuck = crossing_movers(prog)
    if stuck and prog["crossing"].empty:
        text = f"has no rows, and {', '.join(stuck)} can cross nowhere else"
        remedy = "Add the crossing points of the line, or set crosses to anywhere in mover."
        yield Fault("crossing", "", "", "", text, remedy)


def crossing_movers(prog: Programme) -> list[str]:
    """Return the movers of placed threats that cross at crossing points only, by id."""
    movers, traffic = prog["mover"], prog["traffic"]
    used = traffic[traffic["threat_id"].isin(placed_threats(prog)["id"]) & (traffic["share"] > 0)]["mover_id"]
    return sorted(movers.loc[(movers["crosses"] == "crossing_points") & movers["id"].isin(used), "id"])


def missing_settlements(prog: Programme) -> Iterator[Fault]:
    """Yield sides of the line near which nobody lives: attempts have no place to start from, or to lead to.

    A settlement counts for the side on which most settlements of its country in the corridor lie.
    """
    line = usable_line(prog)
    if line is None:
        return
    depth_km = float(prog.setting("corridor_km"))
    counted: Counter[tuple[str, str]] = Counter()
    for code, point in zip(prog["settlement"]["country"], prog["settlement"]["geometry"], strict=True):
        if point is not None and isinstance(code, str):
            is_left, apart_km = _seen_from(line, point)
            if apart_km <= depth_km:
                is_inside = is_left == (prog["border"]["inside_side"].iloc[0] == "left")
                counted[code, "inside" if is_inside else "beyond"] += 1
    for side, other in (("inside", "beyond"), ("beyond", "inside")):
        if not any(number > counted[code, other] for (code, at), number in counted.items() if at == side):
            text = f"has no place {side} within {depth_km:g} km of the line"
            remedy = f"Add places of the country {side} that attempts {SIDES[side]}; one is enough."
            yield Fault("settlement", "", "", "", text, remedy)


def _seen_from(line: shapely.LineString, point: shapely.Point) -> tuple[bool, float]:
    """Return whether a place lies to the left of the line, and how far off in km."""
    k, share, is_left = nearest_piece(line, point.x, point.y)
    start, end = shapely.get_coordinates(line)[k : k + 2]
    lon, lat = start + share * (end - start)
    return is_left, float(WGS84.inv(point.x, point.y, lon, lat)[2]) / 1000.0
