"""Checks: a sound programme has no fault; each fault is found, named and given a remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from sarhad.programme import Fault, Programme, declared, summarise
from sarhad.programme.checks.terrain import as_percent

Change = Callable[[pd.DataFrame], pd.DataFrame | None]


def put(row: str, column: str, value: Any) -> Change:
    def change(frame: pd.DataFrame) -> None:
        key = "effect_id" if "effect_id" in frame else "id"
        frame[column] = [
            value if name == row else old for name, old in zip(frame[key], frame[column], strict=True)
        ]

    return change


def on_line(turn: Callable[[shapely.LineString], shapely.LineString]) -> Change:
    def change(frame: pd.DataFrame) -> None:
        frame["geometry"] = [turn(line) for line in frame["geometry"]]

    return change


def loop(line: shapely.LineString) -> shapely.LineString:
    xy = list(line.coords)
    return shapely.LineString(
        [*xy[:40], (xy[20][0], xy[20][1] + 0.01), (xy[20][0], xy[20][1] - 0.01), *xy[40:]]
    )


def turned(line: shapely.LineString) -> shapely.LineString:
    return shapely.LineString(list(line.coords)[::-1])


def in_metres(line: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(line, lambda xy: xy * 100_000.0)


def swapped(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def faults_after(prog: Programme, table: str, change: Change) -> list[Fault]:
    frame = prog[table]
    changed = change(frame)
    return prog.with_changes({table: frame if changed is None else changed}).check()


def test_the_tiny_programme_has_no_fault(tiny: Programme) -> None:
    assert summarise(tiny.check()) == ""


CASES: list[tuple[str, Change, str, str]] = [
    (
        "coverage",
        put("A1-FOOT", "detection_high", 80.0),
        "coverage.detection_high",
        "80 is not in 0..0.999. Percent? Divide by 100.",
    ),
    ("traffic", put("DRUGS-FOOT", "share", 70.0), "traffic.share", "70 is not in 0..1. Percent?"),
    (
        "traffic",
        put("DRUGS-FOOT", "share", 0.5),
        "traffic.share",
        "adds up to 0.8 for threat DRUGS, not to 1",
    ),
    ("traffic", put("DRUGS-FOOT", "share", np.nan), "traffic.share", "is missing"),
    (
        "budget",
        put("P1-2025", "amount_usd", -5.0),
        "budget.amount_usd",
        "-5 is not at least 0. Costs are not negative",
    ),
    ("budget", put("P1-2025", "amount_usd", np.inf), "budget.amount_usd", "inf is not finite"),
    ("budget", put("P1-2025", "year", 2026), "budget.year", "a second row for 2026"),
    (
        "budget",
        put("P1-2025", "opens_on", date(2026, 2, 1)),
        "budget.opens_on",
        "2026-02-01 lies outside the years of this money (2025..2025)",
    ),
    (
        "budget",
        put("P1-2025", "closes_on", date(2024, 12, 31)),
        "budget.closes_on",
        "2024-12-31 comes before the money opens on 2025-01-01",
    ),
    (
        "budget",
        put("P1-2025", "partner_id", "P9"),
        "budget.partner_id",
        "P9 names a partner that does not exist",
    ),
    ("partner", put("P2", "type", "organ"), "budget.partner_id", "is of type organ, which does not pay"),
    (
        "partner",
        put("P2", "type", "king"),
        "partner.type",
        "king is not an allowed choice. Write one of: member_state",
    ),
    (
        "eligibility",
        lambda f: f.iloc[:1].assign(category="tea"),
        "eligibility.category",
        "is no measure's category",
    ),
    (
        "effect",
        put("M4-RADIO", "supports_measure_ids", ("M2", "M99")),
        "effect.supports_measure_ids",
        "M99 names a measure",
    ),
    (
        "effect",
        put("M4-RADIO", "form", "magic"),
        "effect.form",
        "magic is not an installed form. Installed forms: barrier",
    ),
    ("effect", put("M4-RADIO", "raises", None), "effect.raises", "is missing for an effect of kind support"),
    (
        "effect_parameter",
        put("M6-TRAIN", "unit", "km"),
        "effect_parameter.unit",
        "km is not the unit of its form",
    ),
    (
        "effect_parameter",
        put("M6-TRAIN", "name", "c"),
        "effect_parameter.name",
        "c is not a parameter of its form",
    ),
    (
        "effect_parameter",
        put("M6-TRAIN", "low", 0.2),
        "effect_parameter.likely",
        "do not ascend. Give low <= likely <= high",
    ),
    ("measure", put("M2", "capital_low_usd", 9e9), "measure.capital_likely_usd", "do not ascend"),
    (
        "measure",
        put("M2", "is_assumption", False),
        "measure.source_ids",
        "has neither a source nor is it an assumption",
    ),
    ("measure", put("M2", "reasoning", None), "measure.reasoning", "is missing for an assumption"),
    (
        "measure",
        put("M2", "site_spacing_km", np.nan),
        "measure.site_spacing_km",
        "is missing for the rule height",
    ),
    ("measure", put("M2", "site_rule", "none"), "measure.site_rule", "gives a candidate no site"),
    ("measure", put("M2", "units_per_site", np.nan), "measure.units_per_site", "is missing or zero"),
    (
        "effect_parameter",
        put("M6-TRAIN", "high", -1.0),
        "effect_parameter.high",
        "row M6-TRAIN/b: -1 is not at least 0",
    ),
    (
        "effect_parameter",
        put("M4-RADIO", "high", 95.0),
        "effect_parameter.high",
        "row M4-RADIO/level: 95 is not in 0..1. Percent? Divide by 100.",
    ),
    (
        "effect",
        put("M4-RADIO", "supports_measure_ids", ("M6", "M8")),
        "effect.supports_measure_ids",
        "names no candidate measure whose availability could be raised",
    ),
    (
        "effect_parameter",
        lambda f: f.assign(likely=f["likely"].where(f["name"] != "range_km", 0.4)),
        "effect_parameter.likely",
        "is less far than a cell of the terrain (500 m). Use the form barrier",
    ),
    (
        "measure",
        put("M2", "price_year", 2010),
        "price_index.year",
        "lacks 2010, the price year of M2. Add the year",
    ),
    (
        "price_index",
        lambda f: f[f["year"] != 2025],
        "price_index.year",
        "lacks 2025, the base year of all money",
    ),
    ("threat", put("DRUGS", "rate", np.nan), "threat.rate", "is missing for a threat that enters the value"),
    ("threat", put("DRUGS", "rate_high", np.nan), "threat.rate_high", "is missing for a threat that enters"),
    (
        "threat",
        put("NET", "is_spatial", "partly"),
        "threat.is_spatial",
        "partly has a place and enters the value",
    ),
    (
        "threat",
        put("DRUGS", "is_adversarial", "no"),
        "threat.enters_value",
        "no adversary (is_adversarial is no). Set enters_value to false: people seeking safety",
    ),
    (
        "threat",
        put("REFUGE", "enters_value", True),
        "threat.enters_value",
        "no adversary (is_adversarial is no)",
    ),
    ("traffic", lambda f: f.iloc[:0], "threat.is_spatial", "but no movers"),
    ("coverage", lambda f: f.iloc[1:], "coverage", "row A1/FOOT: is missing. Add a row"),
    ("calibration", put("DRUGS-AA-E-FOOT", "detected_share", 0.9), "calibration.detected_share", "not to 1"),
    (
        "calibration",
        put("DRUGS-AA-E-FOOT", "detected_share", 0.195),
        "calibration.detected_share",
        "adds up to 0.995 for threat DRUGS, not to 1",
    ),
    (
        "coverage",
        lambda f: f.assign(detection=0.0, detection_low=0.0),
        "calibration.detected_share",
        "row DRUGS: reports detections where coverage leaves the threat's movers no chance to be detected",
    ),
    ("traffic", lambda f: f.iloc[:1].assign(share=1.0), "mover", "row TRUCK: has no row in traffic"),
    ("border", on_line(loop), "border.geometry", "crosses or touches itself near 10."),
    ("border", on_line(turned), "border.geometry", "it is reversed. Turn the line round"),
    (
        "border",
        on_line(in_metres),
        "border.geometry",
        "is not in degrees of lon and lat. Transform it to WGS 84",
    ),
    ("border", put("LINE", "length_km", 62902.56), "border.length_km", "Metres? Divide by 1000"),
    ("border", lambda f: pd.concat([f, f.assign(id="B")]), "border", "has 2 lines"),
    (
        "border",
        put("LINE", "inside_side", "right"),
        "border.inside_side",
        "the settlements of the wrong country",
    ),
    (
        "border",
        lambda f: f.assign(inside_country="XXX", beyond_country="YYY"),
        "border.inside_side",
        "left cannot be judged: no settlement is known to lie in XXX. Name the countries",
    ),
    (
        "crossing",
        put("BRIDGE", "chainage_km", 30.0),
        "crossing.chainage_km",
        "is not where the position lies, at km 20.0",
    ),
    ("crossing", put("BRIDGE", "chainage_km", 20000.0), "crossing.chainage_km", "Metres? Divide by 1000"),
    ("crossing", on_line(lambda p: shapely.Point(p.x, p.y + 0.1)), "crossing.geometry", "km off the line"),
    ("settlement", on_line(swapped), "settlement.geometry", "Lon and lat swapped?"),
    ("river", on_line(in_metres), "river.geometry", "is not in degrees"),
    (
        "section",
        put("A2", "chainage_from_km", 33.0),
        "section.chainage_from_km",
        "leaves a gap after A1. Begin where",
    ),
    ("section", put("A2", "chainage_from_km", 29.0), "section.chainage_from_km", "overlaps A1"),
    (
        "section",
        put("A2", "chainage_to_km", 50.0),
        "section.chainage_to_km",
        "does not reach the end of the line",
    ),
    ("section", put("A2", "chainage_to_km", 70.0), "section.chainage_to_km", "lies beyond the line"),
    ("section", put("A2", "chainage_to_km", 62900.0), "section.chainage_to_km", "Metres? Divide by 1000"),
    ("section", put("A1", "chainage_from_km", 40.0), "section.chainage_to_km", "does not lie after"),
    ("district", put("IN-E", "chainage_to_km", 50.0), "district.chainage_to_km", "does not reach the end"),
    ("raster", put("HILLS", "sha256", "00"), "raster.sha256", "is not the checksum of the file"),
    ("raster", put("HILLS", "file", "gone.tif"), "raster.file", "gone.tif is not in the folder of rasters"),
    ("raster", lambda f: f.iloc[:0], "raster.file", "hills.tif has no row in the table raster"),
    ("setting", put("gravity_hours", "low", 5.0), "setting.value", "do not ascend"),
    ("crossing", lambda f: f.iloc[:0], "crossing", "has no rows, and TRUCK can cross nowhere else. Add the"),
    ("mover", lambda f: f.iloc[:0], "mover", "has no rows. Say by which means threats cross"),
    (
        "settlement",
        lambda f: f[f["country"] == "AA"],
        "settlement",
        "has no place beyond within 6 km of the line",
    ),
    ("settlement", lambda f: f.assign(country="AA"), "settlement", "has no place beyond within 6 km"),
    (
        "settlement",
        lambda f: f.iloc[:0],
        "settlement",
        "has no place inside within 6 km of the line. Add places",
    ),
    ("budget", lambda f: f.iloc[:0], "budget", "has no rows: there is no money, so no plan builds anything"),
]


@pytest.mark.parametrize(("table", "change", "place", "text"), CASES)
def test_a_fault_is_found_and_named(
    tiny: Programme, table: str, change: Change, place: str, text: str
) -> None:
    found = [str(fault) for fault in faults_after(tiny, table, change) if fault.place == place]
    assert any(text in line for line in found), found


def test_a_line_whose_length_differs_from_the_official_one_is_only_noticed(tiny: Programme) -> None:
    found = faults_after(tiny, "border", put("LINE", "length_km", 63.5))
    assert [(f.place, f.severity) for f in found] == [("border.length_km", "notice")]


def enforced(*pairs: tuple[str, str]) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        row = frame.iloc[0].to_dict()
        rows = [
            {
                **row,
                "id": f"Q{i}",
                "measure_id": who,
                "requires_measure_ids": tuple(what.split(";")),
                "is_enforced": True,
            }
            for i, (who, what) in enumerate(pairs)
        ]
        return pd.DataFrame(rows)

    return change


def test_a_ring_of_prerequisites_is_named(tiny: Programme) -> None:
    found = faults_after(
        tiny, "prerequisite", enforced(("M1", "M2"), ("M2", "M3"), ("M3", "M1"), ("M7", "M1"))
    )
    assert [fault.text for fault in found] == ["is part of a ring: M1 needs M2 needs M3 needs M1"]


def test_any_one_of_a_list_opens_a_ring(tiny: Programme) -> None:
    assert faults_after(tiny, "prerequisite", enforced(("M1", "M2"), ("M2", "M1;M4"))) == []


def test_a_candidate_that_only_an_unenforced_prerequisite_names_is_noticed(tiny: Programme) -> None:
    effects, values = tiny["effect"], tiny["effect_parameter"]
    bare = tiny.with_changes(
        {
            "effect": effects[effects["measure_id"] != "M4"],
            "effect_parameter": values[values["effect_id"] != "M4-RADIO"],
        }
    )
    assert [fault for fault in bare.check() if fault.row == "M4"] == []  # M2 needs M1 or M4
    found = faults_after(bare, "prerequisite", lambda frame: frame.assign(is_enforced=False))
    assert [(fault.row, fault.column, fault.severity) for fault in found] == [
        ("M4", "is_candidate", "notice")
    ]


def test_a_prerequisite_that_no_plan_can_meet_is_noticed(tiny: Programme) -> None:
    found = faults_after(tiny, "prerequisite", enforced(("M1", "M8")))
    assert [(f.severity, f.text) for f in found] == [
        ("notice", "names only measures that no plan may choose")
    ]


def test_every_fault_is_listed_at_once(tiny: Programme) -> None:
    changes = {"coverage": put("A1-FOOT", "detection", 50.0), "budget": put("P1-2025", "amount_usd", -1.0)}
    frames = {}
    for name, change in changes.items():
        frames[name] = tiny[name]
        change(frames[name])
    places = {fault.place for fault in tiny.with_changes(frames).check()}
    assert {"coverage.detection", "budget.amount_usd"} <= places


def with_raster(prog: Programme, **profile: Any) -> list[Fault]:
    frames = {name: prog[name] for name in prog.tables}
    frames["setting"] = prog["setting"]
    values = np.full((40, 200), profile.pop("height", 500.0), dtype="float32")
    values += np.linspace(0.0, profile.pop("relief", 0.0), 200, dtype="float32")
    unit = profile.pop("unit", None)
    base = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": 200, "height": 40}
    place = {"crs": "EPSG:4326", "transform": Affine(0.005, 0.0, 9.85, 0.0, -0.007, 40.14)}
    with MemoryFile() as memory:
        with memory.open(**{**base, **place, **profile}) as raster:
            raster.write(values, 1)
            if unit:
                raster.units = (unit,)
        data = memory.read()
    return Programme.of(prog.meta, frames, {"hills.tif": data}).check()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(
    ("profile", "text"),
    [
        ({"crs": None}, "has no coordinate system (CRS)"),
        ({"unit": "ft"}, "is in ft"),
        ({"height": 20_000.0}, "not in -500..9000 m"),
        (
            {"transform": Affine(0.0025, 0.0, 9.85, 0.0, -0.007, 40.14)},
            "% of the corridor of 6 km to each side without",
        ),
        ({"transform": Affine(0.005, 0.0, 50.0, 0.0, -0.007, 40.14)}, "leaves 100 % of the corridor"),
        ({"height": -9999.0, "nodata": -9999.0}, "leaves 100 % of the corridor"),
        ({"height": 0.3, "relief": 6.9}, "has elevations of 0.3..7.2 only. Kilometres? Multiply by 1000."),
    ],
)
def test_a_raster_that_does_not_serve_is_named(tiny: Programme, profile: dict[str, Any], text: str) -> None:
    found = [str(fault) for fault in with_raster(tiny, **profile)]
    assert any(text in line for line in found), found


def test_a_raster_in_metres_that_covers_the_corridor_in_another_crs_serves(tiny: Programme) -> None:
    utm = {"crs": "EPSG:32632", "transform": Affine(500, 0.0, 565_000, 0.0, -1000, 4_450_000)}
    assert [fault.text for fault in with_raster(tiny, **utm) if fault.column != "sha256"] == []


@pytest.mark.parametrize(
    ("share", "shown"), [(1.0, "100"), (0.9997, "99.9"), (0.5, "50"), (0.0123, "1.23"), (0.00004, "0.004")]
)
def test_a_share_of_the_corridor_is_shown_as_percent_and_only_the_whole_as_100(
    share: float, shown: str
) -> None:
    assert as_percent(share) == shown


def test_low_land_serves_where_the_file_says_that_it_is_in_metres(tiny: Programme) -> None:
    assert not [
        fault for fault in with_raster(tiny, height=-2.0, relief=9.0, unit="m") if "only" in fault.text
    ]


def test_a_file_that_is_no_raster_is_named(tiny: Programme) -> None:
    frames = {name: tiny[name] for name in tiny.tables}
    found = Programme.of(tiny.meta, frames, {"hills.tif": b"not a tiff"}).check()
    assert any("is not a raster that can be read" in fault.text for fault in found)


def test_faults_of_one_kind_share_a_line(tiny: Programme) -> None:
    found = faults_after(tiny, "budget", lambda frame: frame.assign(amount_usd=-1.0))
    text = summarise([fault for fault in found if fault.column == "amount_usd"])
    assert text.count("\n") == 0
    assert text.startswith("budget.amount_usd: 8 rows: is not at least 0: -1 (P1-2025), -1 (P1-2026)")
    assert "and 3 more" in text


def test_adopt_refuses_what_the_dictionary_does_not_allow(tiny: Programme) -> None:
    from sarhad.errors import DataError, SpecError

    segment = pd.DataFrame({name: [None] for name in declared().table("segment").by_name})
    with pytest.raises(DataError, match=r"segment\.id.*is missing"):
        tiny.adopt({"segment": segment})
    with pytest.raises(DataError, match=r"node\.kind, row N1: hut is not an allowed choice"):
        tiny.adopt({"node": pd.DataFrame([node(kind="hut")])})
    with pytest.raises(SpecError, match="use with_changes"):
        tiny.adopt({"measure": tiny["measure"]})
    with pytest.raises(SpecError, match="use adopt"):
        tiny.with_changes({"node": tiny["node"]})


def node(**other: object) -> dict[str, object]:
    where = {
        "chainage_km": 1.0,
        "distance_km": 0.5,
        "elevation_m": 600.0,
        "region": "AA-W",
        "geometry": shapely.Point(10, 40),
    }
    return {"id": "N1", "kind": "field", "side": "inside", "name": None, **where, **other}
