from __future__ import annotations

import dataclasses
import io

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

from sarhad.report import Content
from sarhad.report.figures import FIGURES, OF_PLACE, OF_TIMETABLE, figures_of
from sarhad.report.figures.canvas import Width, drawing, png, settle
from sarhad.report.figures.ground import bar_km, frame_of, line_points
from sarhad.report.figures.place_map import _mirrored
from sarhad.report.language import Language, language


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


def test_a_report_without_a_place_has_none_of_its_figures(sample_content: Content) -> None:
    bare = dataclasses.replace(sample_content, landscape=None)
    assert set(figures_of(sample_content)) - set(figures_of(bare)) == OF_PLACE


@pytest.mark.parametrize("name", ["terrain", "network", "travel", "sight"])
@pytest.mark.parametrize("width", list(Width))
def test_a_map_of_the_place_fills_the_width_and_is_as_high_as_it_needs(
    sample_content: Content, name: str, width: Width
) -> None:
    with drawing(language("en"), width):
        figure = settle(FIGURES[name](sample_content, language("en"), width))
    map_axes = [axes for axes in figure.axes if axes.get_aspect() == 1.0]
    assert len(map_axes) == (2 if width.is_narrow else 1) * (2 if name == "sight" else 1)
    for axes in map_axes:
        axes.apply_aspect()
        own, given = axes.get_position(), axes.get_position(original=True)
        assert own.width == pytest.approx(given.width, rel=0.02)
        assert own.height == pytest.approx(given.height, rel=0.02)
        assert own.width > 0.95


@pytest.mark.parametrize("name", ["terrain", "network", "travel", "sight", "profile"])
def test_letters_of_the_place_are_seven_points_on_a_page_of_a4(sample_content: Content, name: str) -> None:
    printable_inches = (210 - 2 * 14) / 25.4
    with drawing(language("en"), Width.WIDE):
        figure = FIGURES[name](sample_content, language("en"), Width.WIDE)
        figure.canvas.draw()
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert min(sizes) * printable_inches / Width.WIDE.value >= 7.0


def test_the_arrow_points_to_true_north(sample_content: Content) -> None:
    frame = frame_of(sample_content)
    x, y = frame.place([70.0, 70.0], [37.5, 37.6])
    along = frame.north(np.array([x[0], y[0]]))
    assert along == pytest.approx(
        np.array([x[1] - x[0], y[1] - y[0]]) / np.hypot(x[1] - x[0], y[1] - y[0]), abs=1e-3
    )


def test_a_mirrored_legend_is_read_from_the_right() -> None:
    """Seven entries in three columns from the left are 3, 2, 2 long: the first two entries stand in the last column."""
    assert _mirrored([*"abcdefg"], 3) == [*"efgcdab"]
    assert _mirrored([*"abc"], 3) == [*"cba"]


@pytest.mark.parametrize("width", list(Width))
def test_a_legend_of_long_words_takes_more_rows_and_not_a_wider_page(
    sample_content: Content, width: Width
) -> None:
    long = Language(
        "ru", {"start or destination": "место отправления или место назначения", "road": "автодорога" * 3}
    )
    with drawing(long, width):
        figure = settle(FIGURES["network"](sample_content, long, width))
        png(figure)
    (made,) = [axes.get_legend() for axes in figure.axes if axes.get_legend() is not None]
    box = made.get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
