from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from sarhad.errors import SpecError, StoreError
from sarhad.report import Content, Written, write
from sarhad.report.figures import FIGURES

PNG_PIXELS = 1900  # 10.8 inches at 180 pixels


def test_page_workbook_and_figures_are_named_by_language(written: Mapping[str, Written]) -> None:
    assert [written[k].page.name for k in ("en", "ar")] == ["report.html", "report.ar.html"]
    assert [written[k].workbook.name for k in ("en", "ar")] == ["report.xlsx", "report.ar.xlsx"]
    for lang, suffix in (("en", ""), ("ar", ".ar")):
        names = {path.name for path in written[lang].figures}
        assert names == {f"{name}{suffix}.{kind}" for name in FIGURES for kind in ("png", "svg")}


def test_figures_open_and_are_sharp(written: Mapping[str, Written]) -> None:
    for path in written["ar"].figures:
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert picture.width > PNG_PIXELS
                assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        else:
            assert ET.parse(path).getroot().tag.endswith("svg")


def test_the_same_content_gives_the_same_bytes(
    written: Mapping[str, Written], sample_content: Content, tmp_path: Path
) -> None:
    again = write(sample_content, tmp_path, "en", also=("en", "ar"))
    before = written["en"]
    for one, other in zip(
        (before.page, before.workbook, *before.figures),
        (again.page, again.workbook, *again.figures),
        strict=True,
    ):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_a_plan_that_builds_nothing_is_reported(sample_content: Content, tmp_path: Path) -> None:
    nothing = {
        name: getattr(sample_content, name).iloc[:0]
        for name in (
            "items",
            "funding",
            "swings",
            "not_varied",
            "calibration",
            "patrols",
            "crossings",
            "settlements",
            "threats_apart",
            "not_candidates",
        )
    }
    headline = dataclasses.replace(
        sample_content.headline, value=16150.0, bound=16150.0, gap=0.0, gap_of_gain=None, cost_usd=0.0,
        greedy_value=None, even_value=None, value_everything=None, without_range=None, moved_share=None,
        value_fixed_paths=None, final_year=None,
    )  # fmt: skip
    empty = dataclasses.replace(sample_content, headline=headline, relief=None, notices=(), **nothing)
    done = write(empty, tmp_path)
    names = {path.stem for path in done.figures}
    assert "map" in names
    assert names.isdisjoint({"gantt", "tornado"})
    assert "The plan asks nothing of it." in done.page.read_text(encoding="utf-8")


def test_an_unknown_language_is_refused_before_anything_is_written(
    sample_content: Content, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match=r"language 'xx': no catalogue. Choose one of en, ar"):
        write(sample_content, tmp_path / "new", "xx")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_a_file_is_refused(sample_content: Content, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("here already")
    with pytest.raises(
        StoreError, match=r"taken: the report cannot be written: .* Choose another folder"
    ) as caught:
        write(sample_content, tmp_path / "taken")
    assert caught.value.is_output


def test_frames_without_their_columns_are_refused_all_at_once(sample_content: Content) -> None:
    bare = {
        "items": sample_content.items.drop(columns=["cost_usd", "lon"]),
        "budget": sample_content.budget.drop(columns="year"),
    }
    with pytest.raises(SpecError, match=r"columns are missing: items: lon, cost_usd; budget: year. Add them"):
        dataclasses.replace(sample_content, **bare)
