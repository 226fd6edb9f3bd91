from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from sarhad.report import Content
from sarhad.report.figures import FIGURES, OF_TIMETABLE, figures_of
from sarhad.report.figures.canvas import Width, drawing, png, settle
from sarhad.report.figures.ground import bar_km, frame_of, line_points
from sarhad.report.language import language


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_fits_both_widths_in_both_directions(name: str, sample_content: Content) -> None:
    for code in ("en", "ar"):
        for width in Width:
            with drawing(language(code), width):
                figure = FIGURES[name](sample_content, language(code), width)
            assert figure.get_size_inches()[0] == pytest.approx(width.value)


@pytest.mark.parametrize(("width_km", "length_km"), [(3, 1), (90, 10), (640, 100), (1100, 200)])
def test_the_scale_bar_stays_within_a_fifth_of_the_map(width_km: float, length_km: int) -> None:
    assert bar_km(width_km) == length_km


def test_quantities_grow_towards_the_reading_direction_but_the_map_never_turns(
    sample_content: Content,
) -> None:
    for code, turns in (("en", False), ("ar", True)):
        with drawing(language(code), Width.WIDE):
            bars = FIGURES["money"](sample_content, language(code), Width.WIDE).axes[0]
            line = FIGURES["flow"](sample_content, language(code), Width.WIDE).axes[0]
        assert bool(bars.xaxis_inverted()) is turns
        assert not line.xaxis_inverted()


def test_arabic_letters_are_joined(sample_content: Content) -> None:
    """A word drawn whole is narrower than its letters drawn apart, because they join."""
    from matplotlib.figure import Figure

    with drawing(language("ar"), Width.WIDE):
        figure = Figure()
        word, letters = figure.text(0, 0, "المحاولات"), figure.text(0, 0, " ".join("المحاولات"))
        spaces = figure.text(0, 0, " " * 8)
        apart = letters.get_window_extent().width - spaces.get_window_extent().width
        assert word.get_window_extent().width < 0.9 * apart
        assert png(figure)


def test_the_frame_of_the_map_holds_the_whole_line(sample_content: Content) -> None:
    frame = frame_of(sample_content)
    x, y = frame.place(*line_points(sample_content).T)
    assert frame.left < x.min() < x.max() < frame.right
    assert frame.bottom < y.min() < y.max() < frame.top


@pytest.mark.parametrize("code", ["en", "ar"])
def test_no_name_of_the_ladder_reaches_the_edge_of_the_picture(sample_content: Content, code: str) -> None:
    with drawing(language(code), Width.WIDE):
        drawn = png(settle(FIGURES["ladder"](sample_content, language(code), Width.WIDE)))
    with Image.open(io.BytesIO(drawn)) as picture:
        dark = np.asarray(picture.convert("L")) < 200
    assert dark.any()
    assert not dark[:, [0, -1]].any()


def test_a_report_without_a_schedule_has_none_of_its_figures(sample_content: Content) -> None:
    bare = dataclasses.replace(sample_content, timetable=None)
    assert set(figures_of(sample_content)) - set(figures_of(bare)) == set(OF_TIMETABLE)


def test_days_grow_in_the_direction_of_reading_on_shared_axes(sample_content: Content) -> None:
    for code, turns in (("en", False), ("ar", True)):
        with drawing(language(code), Width.NARROW):
            axes = FIGURES["schedule"](sample_content, language(code), Width.NARROW).axes
        assert [bool(one.xaxis_inverted()) for one in axes] == [turns, turns]
