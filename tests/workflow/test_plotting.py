"""Results as figures: what is drawn is what the result says, and what cannot be drawn is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import sarhad
from sarhad.errors import SpecError
from sarhad.plan import PlanResult, PlanSpec
from sarhad.programme import Programme
from sarhad.schedule import (
    Baseline,
    Draws,
    Project,
    Risk,
    ScheduleResult,
    SequenceSpec,
    Simulation,
    ThreePoint,
    assemble,
    sequence,
    simulate,
)
from sarhad.workflow.planning import find_plan
from sarhad.workflow.prepare import prepare


@pytest.fixture(scope="module")
def project() -> Project:
    return assemble(
        ["design", "build", "accept"],
        [[(5, [], [])], [(10, [], [])], [(2, [], [])]],
        [(0, 1, "FS", 0), (1, 2, "FS", 0)],
    )


@pytest.fixture(scope="module")
def scheduled(project: Project) -> ScheduleResult:
    return sequence(project, SequenceSpec(), time_limit_s=5.0, seed=1)


@pytest.fixture(scope="module")
def drawn(project: Project, scheduled: ScheduleResult) -> Simulation:
    days = np.array([5.0, 10.0, 2.0])
    risk = Risk(ThreePoint(days * 0.9, days, days * 1.5))
    baseline = Baseline(scheduled.modes, scheduled.starts)
    return simulate(project, baseline, risk, draws=Draws(400, seed=1, keeps_activities=True))


def test_the_bars_are_the_activities_at_their_dates(project: Project, scheduled: ScheduleResult) -> None:
    axes = sarhad.plot(scheduled, project=project).axes[0]
    bars = sorted((bar.get_x(), bar.get_width()) for bar in axes.patches)
    assert bars == [(0, 5), (5, 10), (15, 2)]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["design", "build", "accept"]


def test_a_simulation_adds_its_range_to_the_bars(
    project: Project, scheduled: ScheduleResult, drawn: Simulation
) -> None:
    axes = sarhad.plot(scheduled, project=project, draws=drawn).axes[0]
    (marks,) = (line for line in axes.lines if line.get_marker() == "D")
    expected = drawn.activities().set_index("activity_id").loc[["design", "build", "accept"], "finish_p50"]
    assert marks.get_xdata() == pytest.approx(expected.to_numpy())


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_the_draws_reach_their_quantiles(drawn: Simulation, lang: str) -> None:
    found = sarhad.plot(drawn, lang=lang)
    bars, shares = found.axes
    assert sum(bar.get_height() for bar in bars.patches) == drawn.iterations
    stems = [line.get_xdata()[0] for line in shares.lines[1:]]
    assert stems == pytest.approx(np.quantile(drawn.finish, [0.1, 0.5, 0.8]))
    assert bool(bars.xaxis_inverted()) is (lang == "ar")


def test_the_dearest_item_of_a_delay_stands_on_top() -> None:
    delay = pd.DataFrame(
        {
            "item_id": ["A", "A", "B", "B"],
            "months_late": [1, 12, 1, 12],
            "expected_undetected": [1.0, 5.0, 2.0, 30.0],
        }
    )
    axes = sarhad.plot(delay).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["B", "A"]
    assert sorted(bar.get_width() for bar in axes.patches) == [1.0, 2.0, 5.0, 30.0]


def test_a_plan_shows_its_money_and_what_its_report_shows(tiny: Programme) -> None:
    planned = find_plan(prepare(tiny), "draft", spec=PlanSpec(), time_limit_s=1.0, seed=1)
    assert isinstance(planned.result, PlanResult)
    paid = planned.result.funding["usd"].sum() / 1e6
    for result in (planned, planned.result):
        axes = sarhad.plot(result).axes[0]
        assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(paid)
    assert len(sarhad.plot(planned, "ladder").axes[0].patches) > 2


def test_a_figure_is_shown_and_saved(drawn: Simulation, tmp_path: Path) -> None:
    found = sarhad.plot(drawn, "cost", is_narrow=True)
    assert found._repr_svg_().startswith("<?xml")
    assert found.save(tmp_path / "a.svg").read_bytes() == found._repr_svg_().encode()
    with Image.open(found.save(tmp_path / "a.png")) as picture:
        assert picture.width == round(3.7 * 180)
    with pytest.raises(SpecError, match=r"a\.pdf: a figure is written as \.svg or \.png"):
        found.save(tmp_path / "a.pdf")


def test_what_has_no_figure_is_refused(
    project: Project, scheduled: ScheduleResult, drawn: Simulation
) -> None:
    with pytest.raises(SpecError, match=r"no figure of a dict\. Give the result of a plan"):
        sarhad.plot({})
    with pytest.raises(SpecError, match=r"no figure of a DataFrame.*item_id, months_late"):
        sarhad.plot(pd.DataFrame({"a": [1]}))
    with pytest.raises(
        SpecError, match=r"kind 'pie' of a Simulation is unknown\. One of: finish, cost, windows"
    ):
        sarhad.plot(drawn, "pie")
    with pytest.raises(SpecError, match=r"project of the schedule is missing"):
        sarhad.plot(scheduled)
    smaller = assemble(["design"], [[(5, [], [])]], [])
    with pytest.raises(SpecError, match=r"has 1 activities, the schedule 3"):
        sarhad.plot(scheduled, project=smaller)
    other = simulate(
        smaller,
        Baseline(np.array([0]), np.array([0])),
        Risk(ThreePoint(np.array([1.0]), np.array([2.0]), np.array([3.0]))),
        draws=Draws(10, seed=1),
    )
    with pytest.raises(SpecError, match=r"simulation is of other activities"):
        sarhad.plot(scheduled, project=project, draws=other)


def test_the_facade_has_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no attribute 'paint'"):
        sarhad.paint  # noqa: B018
