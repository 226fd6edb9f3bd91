"""Read what a plan must keep beside money and dates: crews, packages, floors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sarhad.detection.instance import BoolArray, FloatArray
from sarhad.plan.limits import SecurityFloor, Terms, under_construction
from sarhad.plan.places import Places
from sarhad.plan.rows import Package, StartRows, start_rows

if TYPE_CHECKING:
    from sarhad.programme import Programme

Row = tuple[str, FloatArray, float]


def obligations(prog: Programme, terms: Terms, at: Places) -> tuple[StartRows, tuple[Package, ...]]:
    """Return the linear limits of the programme and its packages."""
    packs = list(_packages(prog["package"], terms, at))
    rows = [*_crews(prog, terms, at), *_floors(prog["floor"], terms, at)]
    for package in (package for package, is_required in packs if is_required):
        factor = np.zeros((terms.n_items, terms.n_quarters))
        factor[list(package.items)] = -np.array(package.weight)[:, None]
        rows.append((f"{package.words} (in any case)", factor, -package.least))
    return start_rows((terms.n_items, terms.n_quarters), rows), tuple(package for package, _ in packs)


def security_floors(prog: Programme) -> tuple[SecurityFloor, ...]:
    """Return the floors of security."""
    rows = prog["floor"]
    result = []
    for row in rows[rows["kind"] == "security"].sort_values("id").to_dict("records"):
        threat = "" if pd.isna(row["threat_id"]) else str(row["threat_id"])
        for section in tuple(row["section_ids"]) or ("",):
            where = f" through {section}" if section else ""
            words = f"floor {row['id']}: attempts of {threat or 'all threats'}{where}, at most {row['most_share']:.1%}"
            result.append(SecurityFloor(words, threat, section, float(row["most_share"])))
    return tuple(result)


def _packages(table: pd.DataFrame, terms: Terms, at: Places) -> Iterator[tuple[Package, bool]]:
    """Yield the packages of the candidates at hand, and whether each must be built in any case."""
    for row in table.sort_values("id").to_dict("records"):
        inside = np.flatnonzero(at.named(row["measure_ids"], row["section_ids"]))
        place = {"site": at.site, "section": at.section}.get(str(row["scope"]))
        of = np.full(len(inside), "", dtype=np.str_) if place is None else place[inside]
        for where in sorted(set(of.tolist())):
            items = inside[of == where]
            usd = terms.capital_usd[items].astype(np.float64)
            weight = usd if row["unit"] == "usd" else np.ones(len(items))
            least = weight.sum() if pd.isna(row["least"]) else float(row["least"])
            said = "all" if pd.isna(row["least"]) else f"at least {least:,.0f} {row['unit']}"
            words = f"package {row['id']}: {said} of {', '.join(row['measure_ids'])}" + (
                f" in {where}" if where else ""
            )
            yield (
                Package(words, tuple(items.tolist()), tuple(weight.tolist()), least),
                bool(row["is_required"]),
            )


def _crews(prog: Programme, terms: Terms, at: Places) -> Iterator[Row]:
    """Yield what crews and contractors can do in each quarter: one row a kind, set of sections and quarter."""
    need, resource, exception = prog["resource_need"], prog["resource"], prog["resource_quarter"]
    if need.empty or resource.empty:
        return
    other = {(r["resource_id"], r["quarter"]): float(r["capacity"]) for r in exception.to_dict("records")}
    building = [under_construction(terms, q) for q in range(terms.n_quarters)]
    for kind, rows in resource.groupby("kind", sort=True):
        units = need[need["kind"] == kind].set_index("measure_id")["units"].astype(float).to_dict()
        held = np.array([units.get(m, 0.0) for m in at.measure.tolist()])
        own = {s for sections in rows["section_ids"] for s in sections}
        for sections, pool in _pools(rows):
            serves = at.named((), sections) if sections else ~np.isin(at.section, sorted(own))
            holding = held * serves
            if not holding.any():
                continue
            for q, label in enumerate(terms.quarters):
                capacity = sum(other.get((r["id"], label), float(r["capacity"])) for r in pool)
                where = f" in {', '.join(sections)}" if sections else ""
                yield f"{kind}{where} in {label}: {capacity:g}", building[q] * holding[:, None], capacity


def _pools(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Yield the resources that serve the same sections."""
    pools: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows.sort_values("id").to_dict("records"):
        pools.setdefault(tuple(sorted(row["section_ids"])), []).append({str(k): v for k, v in row.items()})
    yield from sorted(pools.items())


def _floors(table: pd.DataFrame, terms: Terms, at: Places) -> Iterator[Row]:
    """Yield floors on items, money and crossing points."""
    for row in table[table["kind"] != "security"].sort_values("id").to_dict("records"):
        kind, least = str(row["kind"]), float(row["least"])
        counts: BoolArray = at.named(row["measure_ids"], row["section_ids"])
        if kind == "crossings":
            counts &= at.crossing != ""
        weight = counts * (terms.capital_usd.astype(np.float64) if kind == "usd" else 1.0)
        where = f" in {', '.join(row['section_ids'])}" if row["section_ids"] else ""
        of = f" of {', '.join(row['measure_ids'])}" if row["measure_ids"] else ""
        factor = -np.tile(weight[:, None], (1, terms.n_quarters)) * terms.startable
        yield f"floor {row['id']}: at least {least:,.0f} {kind}{of}{where}", factor, -least
