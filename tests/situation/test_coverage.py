from __future__ import annotations

import math

import numpy as np
import pytest
from two_regions import programme, traffic, two_regions

from sarhad import situation
from sarhad.errors import DataError, SpecError
from sarhad.programme import summarise


def exposure(mover: str, level: str = "likely") -> dict[str, float]:
    network = two_regions()
    found = situation.existing(programme(), network, level=level)
    return dict(zip(network.edge["id"], found[network.movers.index(mover)].tolist(), strict=True))


def test_a_crossing_is_detected_as_the_table_says():
    # On foot: 5 % in the west, 10 % in the east.
    found = exposure("foot")
    assert -math.expm1(-found["X05"]) == pytest.approx(0.05)
    assert -math.expm1(-found["X35"]) == pytest.approx(0.10)


def test_every_way_over_the_line_in_a_section_is_detected_alike():
    found = exposure("foot")
    assert found["X15"] == found["X05"] == pytest.approx(-math.log(0.95))


def test_an_hour_more_at_the_line_counts_as_one_of_the_quickest_way():
    network = two_regions()
    rate = situation.existing_rate(programme(), network)[0]
    at = (network.edge["id"] == "X15").to_numpy()
    assert rate[at] == pytest.approx(-math.log(0.95) / 2.5)
    assert not rate[~network.edge["is_crossing"].to_numpy()].any()


def test_away_from_the_line_and_where_nobody_can_go_there_is_none():
    found = exposure("foot")
    assert found["X25"] == 0.0
    assert all(value == 0.0 for name, value in found.items() if not name.startswith("X"))


def test_movers_at_crossing_points_carry_the_whole_exposure_on_the_crossing_edge():
    found = exposure("hidden")
    assert -math.expm1(-found["X25"]) == pytest.approx(0.2)
    assert sum(value > 0 for value in found.values()) == 1


def test_a_way_that_takes_no_watched_time_is_checked_at_the_line_and_gains_nothing_by_delay():
    network = two_regions()
    network.watched_hours[:] = 0.0
    at = (network.edge["id"] == "X05").to_numpy()
    assert situation.existing(programme(), network)[0][at] == pytest.approx(-math.log(0.95))
    assert not situation.existing_rate(programme(), network).any()


def test_low_likely_and_high_come_from_their_columns():
    low, likely, high = (exposure("foot", level)["X05"] for level in ("low", "likely", "high"))
    assert [-math.expm1(-one) for one in (low, likely, high)] == pytest.approx([0.01, 0.05, 0.3])


def test_quickest_hours_are_shown_by_section_and_mover():
    found = situation.quickest_hours(programme(), two_regions()).set_index(["section_id", "mover_id"])[
        "hours"
    ]
    assert found["W", "foot"] == 2.5
    assert found["E", "hidden"] == 0.3
    assert np.isinf(found["W", "hidden"])


def only_foot() -> list[dict[str, object]]:
    return [row for row in programme()["coverage"].to_dict("records") if row["mover_id"] == "foot"]


def test_pairs_without_a_row_are_counted_and_named_as_by_the_check():
    both = [traffic("T1", "foot", 0.5), traffic("T1", "hidden", 0.5)]
    prog = programme(coverage=only_foot(), traffic=both)
    with pytest.raises(
        DataError, match=r"coverage: 2 rows: is missing: E/hidden, W/hidden. Add a row to coverage, 0 where"
    ) as caught:
        situation.existing(prog, two_regions())
    assert str(caught.value) == summarise([fault for fault in prog.check() if fault.table == "coverage"])


def test_a_mover_that_no_threat_uses_needs_no_coverage_and_is_noticed():
    prog = programme(coverage=only_foot())
    given = situation.existing(programme(), two_regions())
    found = situation.existing(prog, two_regions())
    assert (found[1] == 0).all()
    assert (found[0] == given[0]).all()
    faults = [fault for fault in prog.check() if fault.table in ("coverage", "mover")]
    assert [(fault.severity, str(fault)) for fault in faults] == [
        ("notice", "mover, row hidden: has no row in traffic. No scenario uses it.")
    ]
    assert not situation.scenarios(prog, two_regions()).empty


def test_an_unknown_level_is_refused():
    with pytest.raises(SpecError, match="'middle' is not one of low, likely, high"):
        situation.existing(programme(), two_regions(), level="middle")
