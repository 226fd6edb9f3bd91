"""The worked examples of docs/models/scenarios.md and calibration.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from two_regions import programme, reported, traffic, two_regions

from sarhad import situation

PAGES = Path(__file__).parents[2] / "docs" / "models"


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the rows of the table below a heading line."""
    text = (PAGES / page).read_text(encoding="utf-8")
    table = re.search(re.escape(heading) + r"\n\|[-|]+\|\n((?:\|.*\n)+)", text)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.group(1).splitlines()]


def test_the_attempts_of_the_scenarios_page_are_those_of_the_code():
    found = situation.scenarios(programme(), two_regions()).set_index(["origin_id", "destination_id"])[
        "attempts"
    ]
    nodes = {"from": {"west": "B05", "east": "B35"}, "to": {"west": "I05", "east": "I35"}}
    told = rows("scenarios.md", "| from | to | hours | weight | attempts |")
    assert len(told) == 4
    for start, end, _, _, attempts in told:
        assert found[nodes["from"][start], nodes["to"][end]] == pytest.approx(float(attempts), abs=0.05)


def test_the_coverage_of_the_scenarios_page_is_that_of_the_code():
    prog, network = programme(), two_regions()
    west = network.edge["id"].isin(["X05", "X15"]).to_numpy()
    assert situation.existing(prog, network)[0, west] == pytest.approx(0.0513, abs=5e-5)
    assert situation.existing_rate(prog, network)[0, west] == pytest.approx(0.0205, abs=5e-5)


def test_the_factors_of_the_calibration_page_are_those_of_the_code():
    share = {"R1_foot": 0.42, "R2_foot": 0.33, "R1_hidden": 0.0, "R2_hidden": 0.25}
    both = [traffic("T1", "foot", 0.6), traffic("T1", "hidden", 0.4)]
    prog, network = programme(traffic=both, calibration=reported("T1", **share)), two_regions()
    raw = situation.scenarios(prog, network, is_calibrated=False)
    found = situation.calibrate(prog, network, raw).factors.set_index(["region", "mover_id"])
    told = rows("calibration.md", "| region of origin | mover | attempts before | factor | attempts after |")
    assert len(told) == 4
    for region, mover, before, factor, after in told:
        row = found.loc[(region, mover)]
        assert row["attempts_before"] == pytest.approx(float(before), abs=0.05)
        assert row["factor"] == pytest.approx(float(factor), rel=5e-3)
        assert row["attempts_after"] == pytest.approx(float(after), abs=0.05)
