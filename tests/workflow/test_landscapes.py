"""What the report shows of the place, against sums and searches that share no code with it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from sarhad.place import visible
from sarhad.place.corridor import BEYOND, INSIDE
from sarhad.place.travel import movers_of
from sarhad.programme import Programme
from sarhad.workflow import landscapes
from sarhad.workflow.landscapes import landscape
from sarhad.workflow.prepare import Prepared, prepare
from sarhad.workflow.ways import hours_across, hours_around, ways


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


def lookouts(prepared: Prepared) -> list[str]:
    """Return the items whose measure looks out for a mover on land."""
    looks = landscapes._looks(prepared, movers_on_land(prepared)[0])
    return sorted(prepared.items.loc[prepared.items["site_id"].isin(looks), "id"])


def movers_on_land(prepared: Prepared) -> list[str]:
    return [mover.id for mover in movers_of(prepared.prog) if mover.crosses_anywhere and mover.on_land]


def test_a_cell_is_seen_by_as_many_posts_as_look_at_it(prepared: Prepared) -> None:
    chosen = lookouts(prepared)
    assert chosen
    plan = prepared.items.loc[prepared.items["id"].isin(chosen), ["id"]].rename(columns={"id": "item_id"})
    found = landscape(prepared, plan)
    assert found is not None
    looks = landscapes._looks(prepared, found.movers["id"].iloc[0])
    expected = np.zeros(prepared.terrain.side.size, dtype=int)
    for site, sights in looks.items():
        own = np.zeros(expected.size, dtype=bool)
        for observer_m, target_m, range_km in sights:
            cells, _ = visible(
                prepared.terrain,
                *prepared.views.cells[site],
                observer_height_m=observer_m,
                target_height_m=target_m,
                radius_km=range_km,
                refraction=float(prepared.prog.setting("refraction")),
            )
            own[cells] = True
        expected += own
    assert found.posts == found.posts_possible == len(looks)
    assert (found.seen.ravel() == expected).all()
    assert (found.could == (found.seen > 0)).all()
    assert found.share_seen == found.share_possible > 0.0


def test_without_error_a_cell_is_seen_surely_or_not_at_all(tiny: Programme) -> None:
    frame = tiny["setting"]
    rows = frame[frame["id"] == frame["id"].iloc[0]].assign(
        id="elevation_error_m", value="0", low=None, high=None
    )
    exact = prepare(tiny.with_changes({"setting": pd.concat([frame, rows], ignore_index=True)}))
    plan = exact.items.loc[exact.items["id"].isin(lookouts(exact)), ["id"]].rename(columns={"id": "item_id"})
    found = landscape(exact, plan)
    assert found is not None
    assert (found.chance == (found.seen > 0)).all()
    assert found.share_likely == found.share_seen


def test_without_a_plan_nothing_is_seen(prepared: Prepared) -> None:
    nothing = prepared.items[["id"]].rename(columns={"id": "item_id"}).head(0)
    found = landscape(prepared, nothing)
    assert found is not None
    assert (found.posts, found.share_seen, found.share_likely) == (0, 0.0, 0.0)
    assert found.posts_possible > 0


def test_hours_over_the_line_are_those_of_a_search_by_relaxation(prepared: Prepared) -> None:
    network = prepared.network
    tail, head = (network.node_index(network.edge[end]) for end in ("tail_id", "head_id"))
    is_crossing = network.edge["is_crossing"].to_numpy(dtype=bool)
    scenario = prepared.prog["scenario"]
    for mover in movers_on_land(prepared):
        hours = network.hours[network.movers.index(mover)]
        own = scenario[scenario["mover_id"] == mover]
        before = relaxed(tail, head, hours, ~is_crossing, network.node_index(own["origin_id"]))
        after = relaxed(head, tail, hours, ~is_crossing, network.node_index(own["destination_id"]))
        total = (before[tail] + hours + after[head])[is_crossing]
        chainage = network.edge["chainage_km"].to_numpy(dtype=float)[is_crossing]
        found = hours_across(prepared, [mover], 2.0)
        last = len(found) - 1
        for k, row in found.iterrows():
            here = total[np.minimum(chainage // 2.0, last) == k]
            assert row["hours"] == pytest.approx(here.min() if len(here) else np.inf)
        assert np.isfinite(found["hours"]).any()


def relaxed(
    tail: np.ndarray, head: np.ndarray, hours: np.ndarray, keep: np.ndarray, sources: np.ndarray
) -> np.ndarray:
    """Return the shortest hours from any source, by relaxing every edge until none falls (Bellman-Ford)."""
    best = np.full(int(max(tail.max(), head.max())) + 1, np.inf)
    best[sources] = 0.0
    while True:
        new = best.copy()
        np.minimum.at(new, head[keep], best[tail[keep]] + hours[keep])
        if (new == best).all():
            return best
        best = new


def test_nobody_walks_over_the_line_in_the_map_of_hours(prepared: Prepared) -> None:
    mover = next(mover for mover in movers_of(prepared.prog) if mover.crosses_anywhere and mover.on_land)
    prog = prepared.prog
    for side, end in ((INSIDE, "destination_id"), (BEYOND, "origin_id")):
        scenario = prog["scenario"]
        node = prog["node"].set_index("id")
        known = scenario.loc[scenario["mover_id"] == mover.id, end]
        assert set(node.loc[known, "side"]) == {"inside" if side == INSIDE else "beyond"}
    hours = hours_around(prepared, mover)
    assert (hours == 0.0).any()
    assert np.isinf(hours[prepared.terrain.side == 0]).all()
    barred = dataclasses.replace(
        prepared,
        prog=prog.adopt({"scenario": prog["scenario"].assign(destination_id=prog["scenario"]["origin_id"])}),
    )
    inside = prepared.terrain.side == INSIDE
    assert np.isfinite(hours[inside]).any()
    assert np.isinf(hours_around(barred, mover)[inside]).all()


def test_every_way_is_drawn_once(prepared: Prepared) -> None:
    edge = prepared.network.edge
    lines, nodes = ways(prepared, movers_on_land(prepared)[0])
    pairs = {
        (bool(c), bool(r), *sorted((t, h)))
        for c, r, t, h in zip(
            edge["is_crossing"], edge["is_road"], edge["tail_id"], edge["head_id"], strict=True
        )
    }
    assert 0 < sum(map(len, lines.values())) <= len(pairs)
    assert len(nodes) == len(prepared.network.node)
    assert nodes["is_end"].any()
    assert not nodes["is_end"].all()


def test_the_profile_holds_the_line_between_the_ground_around_it(prepared: Prepared) -> None:
    profile = landscapes._profile(prepared.terrain)
    assert (profile["low_m"] <= profile["line_m"]).all()
    assert (profile["line_m"] <= profile["high_m"]).all()
    assert (np.diff(profile["chainage_from_km"]) > 0).all()
