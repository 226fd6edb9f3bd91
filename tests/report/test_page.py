from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sarhad.report import Content, Written, write
from sarhad.report.annex import REASONS
from sarhad.report.language import language
from sarhad.report.page import page
from sarhad.report.tables import tables

LARGEST = 8_000_000
VOID = {"meta", "img", "source", "br"}


class Reader(HTMLParser):
    """Every address that a browser would load, and every tag left open or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.images_without_words = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.loaded += [str(said[k]) for k in ("src", "srcset", "data", "poster") if said.get(k)]
        if said.get("href"):
            (self.linked if tag == "a" else self.loaded).append(str(said["href"]))
        if said.get("id"):
            self.ids.append(str(said["id"]))
        self.images_without_words += tag == "img" and not said.get("alt")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def text_of(written: Mapping[str, Written], lang: str) -> str:
    return written[lang].page.read_text(encoding="utf-8")


def words_of(html: str) -> str:
    """The words that a reader sees, spaces made single."""
    html = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


@pytest.fixture(params=["en", "ar"])
def html(request: pytest.FixtureRequest, written: Mapping[str, Written]) -> str:
    return text_of(written, request.param)


def test_the_page_is_well_formed_and_its_ids_are_unique(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert not reader.faults
    assert not reader.open
    assert len(reader.ids) == len(set(reader.ids))
    ET.fromstring(html.split("<!DOCTYPE html>")[1])


def test_the_page_needs_nothing_beside_it(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.loaded
    assert all(address.startswith("data:") for address in reader.loaded)
    assert not re.search(r"url\((?!data:)", html)
    assert "<script" not in html
    assert "@import" not in html
    assert len(html.encode()) < LARGEST


def test_every_link_inside_the_page_leads_somewhere(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    inside = {address[1:] for address in reader.linked if address.startswith("#")}
    assert inside
    assert inside <= set(reader.ids)


def test_every_picture_is_described(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.images_without_words == 0


def test_direction_and_language_are_declared(written: Mapping[str, Written]) -> None:
    assert '<html lang="en" dir="ltr">' in text_of(written, "en")
    assert '<html lang="ar" dir="rtl">' in text_of(written, "ar")


def test_style_has_no_physical_sides(html: str) -> None:
    rules = re.sub(r"@font-face\{.*?\}", "", html[: html.index("</style>")], flags=re.DOTALL)
    assert not re.search(r"(margin|padding|border)-(left|right)|text-align: (left|right)|float:", rules)


def test_the_headline_states_figures_and_range(written: Mapping[str, Written]) -> None:
    words = words_of(text_of(written, "en"))
    assert "from 16,150 to 9,000, that is by 44%" in words
    assert "leaves between 7,200 and 11,900" in words
    assert "at most 7.7%" in words
    assert "secures at least 91% of the largest fall" in words


def test_the_page_says_what_the_model_cannot(written: Mapping[str, Written]) -> None:
    words = words_of(text_of(written, "en"))
    for claim in (
        "Detected, never stopped", "a fit, not a validation", "gorges and steep slopes are indicative",
        "Dates use the likely durations", "never summed", "never enter the value",
    ):  # fmt: skip
        assert claim in words


def test_the_terrain_grid_stands_beside_the_network_where_it_was_computed(
    written: Mapping[str, Written], sample_content: Content, tmp_path: Path
) -> None:
    words = words_of(text_of(written, "en"))
    assert "in a year with the plan complete 1,190 get through there, against 900 on the network" in words
    assert "in a year with the plan complete 1,190 instead of 900, that is 32% more" in words
    assert "sarhad report --fine" not in words
    without = dataclasses.replace(sample_content.headline, final_year=None)
    done = write(dataclasses.replace(sample_content, headline=without), tmp_path)
    words = words_of(done.page.read_text(encoding="utf-8"))
    assert "These figures rest on the coarse network alone." in words
    assert "was not computed for this report; this command states it: sarhad report --fine" in words
    assert "On the terrain grid</th>" not in done.page.read_text(encoding="utf-8")


def test_the_page_says_how_well_the_terrain_is_known(written: Mapping[str, Written]) -> None:
    words = words_of(text_of(written, "en"))
    assert "Near grid of 15 seconds 99%, dem_far 0.4%; 0.3% of its cells have none" in words
    assert "at most 0.089 m in a kilometre" in words


def test_what_is_not_varied_is_listed_with_its_reason(written: Mapping[str, Written]) -> None:
    html = text_of(written, "ar")
    table = html[html.index('id="table-not_varied"') :]
    table = table[: table.index("</table>")]
    for code, reason in REASONS.items():
        assert language("ar").say(reason) in table, code


def test_the_page_says_how_to_cite_it(
    written: Mapping[str, Written], sample_content: Content, html: str
) -> None:
    assert sample_content.identity.data_hash in html
    assert "© OpenStreetMap contributors, ODbL 1.0" in html


def test_every_partner_has_a_page_that_agrees_with_the_money(
    written: Mapping[str, Written], sample_content: Content
) -> None:
    words = words_of(text_of(written, "en"))
    names = language("en").names(sample_content.partners, "id")
    for partner, rows in sample_content.funding.groupby("partner_id"):
        asked = f"{rows['usd'].sum() / 1e6:.2f}"
        assert f"{names[str(partner)]} is asked for M USD {asked} from 2025 to 2029" in words


def test_the_page_says_which_money_binds_and_what_is_carried_over(
    written: Mapping[str, Written], sample_content: Content, tmp_path: Path
) -> None:
    # the sample asks 1.19 of 1.20 M USD a year for upkeep after 2029, of 25 M USD offered in a year before
    words = words_of(text_of(written, "en"))
    assert "What also binds is the upkeep after 2029: the measures need M USD 1.2 a year" in words
    assert "(5% of what is offered in a year before)" in words
    assert "The money for upkeep after 2029 is an assumption." in words
    loose = sample_content.partners.assign(tail_offered_usd=9e6)
    done = write(dataclasses.replace(sample_content, partners=loose), tmp_path)
    words = words_of(done.page.read_text(encoding="utf-8"))
    assert "for upkeep of M USD 54.0 a year offered: this does not bind" in words


def test_every_partner_is_told_what_waits_for_its_decision(written: Mapping[str, Written]) -> None:
    html = text_of(written, "en")
    words = words_of(html[html.index('id="partner-P02"') : html.index('id="partner-P03"')])
    assert "After 2029, upkeep takes M USD 0.62 a year of M USD 0.62 a year that it offers for it." in words
    assert re.search(r"To start first, in Q\d 20\d\d: \d+ measures, M USD [\d.]+ of its money\.", words)
    assert re.search(r"Within a year, up to Q\d 20\d\d: \d+ measures in all", words)


def test_the_page_says_what_ended_the_search(
    written: Mapping[str, Written], sample_content: Content, tmp_path: Path
) -> None:
    assert "ended by the clock after 15 seconds" in words_of(text_of(written, "en"))
    unknown = dataclasses.replace(sample_content.identity, seconds=0.0, stopped=None)
    done = write(dataclasses.replace(sample_content, identity=unknown), tmp_path)
    assert "stands in the plan.json of its run" in words_of(done.page.read_text(encoding="utf-8"))


def test_rows_that_say_nothing_are_counted_and_not_shown(written: Mapping[str, Written]) -> None:
    html = text_of(written, "en")
    assert "Left out here: 1 assumptions whose low and high values" in words_of(html)
    assert "Refraction in the line of sight" not in html[html.index('id="sure"') : html.index('id="best"')]


def test_codes_and_column_names_are_said_in_words(html: str) -> None:
    table = html[html.index('id="table-assumptions"') : html.index('id="best"')]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table, flags=re.DOTALL)
    said = [re.sub(r'<span class="under".*?</span>|<[^>]+>', "", cell).strip() for cell in cells]
    assert not [cell for cell in said if re.fullmatch(r"1|km/h|.*speed kmh.*|.*: p", cell)]


def test_every_cell_of_a_wide_table_names_its_column_on_a_phone(html: str) -> None:
    for table in re.findall(r'<div class="scroll stacks".*?</table>', html, flags=re.DOTALL):
        assert re.findall(r"<td", table)
        assert not re.findall(r"<td(?![^>]*(data-label|colspan))[^>]*>", table)


def test_sentences_stand_apart(written: Mapping[str, Written]) -> None:
    paragraphs = re.findall(r"<p[ >].*?</p>", text_of(written, "en"), flags=re.DOTALL)
    assert not [p for p in paragraphs if re.search(r"[a-z]\.[A-Z]", words_of(p))]


def test_every_item_is_in_the_page_once_in_its_table(html: str, sample_content: Content) -> None:
    start, end = html.index('id="table-items"'), html.index('id="table-mix"')
    table = html[start:end]
    for item in sample_content.items["item_id"]:
        assert table.count(f">{item}<") == 1


def test_the_arabic_page_speaks_arabic(written: Mapping[str, Written]) -> None:
    words = words_of(text_of(written, "ar"))
    assert (
        "تخفض الخطة عدد المحاولات المتوقع نفاذها، وهو عدد مرجّح يجمع تهديدات عددها 5، من 16,150 إلى 9,000"
        in words
    )
    assert "خط كاميرات ومستشعرات" in words
    assert not re.search("[\u0660-\u0669]", words)  # digits are 0-9 in every language


def test_the_place_is_told_in_figures_of_the_landscape(
    sample_content: Content, written: Mapping[str, Written]
) -> None:
    place = sample_content.landscape
    assert place is not None
    html = text_of(written, "en")
    part = html[html.index('<section id="place">') : html.index('<section id="sure">')]
    assert re.findall(r'<figure id="figure-(\w+)"', part) == [
        "terrain", "profile", "travel", "network", "sight",
    ]  # fmt: skip
    quick_h, quick_km, slow_h, slow_km = place.crossings_h
    assert (quick_h, quick_km, slow_h, slow_km) == (5.0, 144.0, 17.0, 1296.0)
    assert "On foot, the quickest way over the line takes 5 hours at km 144 and 17 hours at km 1,296" in part
    assert (
        "Of 4 places where a post could look out the plan builds 1: they see 20% of the strip of 5 km" in part
    )
    bare = dataclasses.replace(sample_content, landscape=None)
    without = page(bare, language("en"), {}, tables(bare, language("en")), ())
    assert 'id="place"' not in without
    assert 'href="#place"' not in without
