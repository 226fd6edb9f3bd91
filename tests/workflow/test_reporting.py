"""What a report is given: money of the tail a year, sections that nobody can cross."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from sarhad import report
from sarhad.detection import evaluate
from sarhad.plan import PlanSpec
from sarhad.programme import Programme
from sarhad.workflow import contents, reporting
from sarhad.workflow.planning import Planned, find_plan
from sarhad.workflow.prepare import Prepared, prepare


@pytest.fixture(scope="module")
def prepared(tiny: Programme) -> Prepared:
    return prepare(tiny)


def planned(prepared: Prepared) -> Planned:
    return find_plan(prepared, "draft", spec=PlanSpec(), time_limit_s=1.0, seed=1)


def test_the_upkeep_of_a_tail_of_half_a_year_is_shown_a_year(tiny: Programme) -> None:
    frame = tiny["setting"]
    frame.loc[frame["id"] == "tail_years", "value"] = "0.5"
    found = planned(prepare(tiny.with_changes({"setting": frame})))
    chosen = found.result.plan_items["item_id"]
    annual = found.prepared.items.set_index("id").loc[chosen, "annual_usd"].sum()
    assert annual > 0
    assert reporting.gather(found, "draft").partners["tail_upkeep_usd"].sum() == pytest.approx(
        annual, abs=4.0 * len(chosen)
    )


def test_a_section_that_nobody_can_cross_has_no_detection_and_shows_a_dash(
    prepared: Prepared, tmp_path: Path
) -> None:
    effort = prepared.instance.effort.copy()
    effort[:, prepared.instance.graph.section == 1] = np.inf
    instance = dataclasses.replace(prepared.instance, effort=effort)
    nothing = np.zeros((1, instance.exposure.n_items), dtype=bool)
    both = [evaluate(instance, state, np.ones(1)) for state in (nothing, ~nothing)]
    found = contents.sections(prepared.prog, contents.BeforeAfter(*both)).set_index("id")
    assert found[["detection_before", "detection_after"]].isna().all(axis=1).to_dict() == {
        "A1": False,
        "A2": True,
    }
    content = dataclasses.replace(reporting.gather(planned(prepared), "draft"), sections=found.reset_index())
    page = report.write(content, tmp_path).page.read_text(encoding="utf-8")
    row = page[page.index("Mountains") :]
    assert row[: row.index("</tr>")].count("–") >= 2
