"""Build the example programme from a copy of the data folder.

    python examples/build_tajik_afghan.py --data DIR -o examples/tajik-afghan

DIR holds ``tajik-afghan/`` (open geodata) and ``reference/`` (public facts and assumptions). Running it again
gives the same bytes. What is judged by hand stands in ``tajik_afghan_build/judgements/``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tajik_afghan_build import geography, judged, reference
from tajik_afghan_build.tables import write_table


def build(data: Path, folder: Path) -> dict[str, int]:
    """Write the whole programme and return the number of rows of each table."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = geography.sections(data)
    tables = {
        "border": geography.border(data),
        "section": sections,
        "district": geography.districts(data),
        "crossing": geography.crossings(data),
        "settlement": geography.settlements(data),
        "river": geography.rivers(data),
        "road": geography.roads(data),
        "raster": geography.rasters(data, folder),
        "measure": judged.measures(data),
        "effect": judged.as_judged("effects"),
        "effect_parameter": judged.as_judged("effect_parameters"),
        "prerequisite": judged.as_judged("prerequisites", is_assumption="true"),
        "alternative": judged.as_judged("alternatives"),
        "threat": judged.threats(data),
        "mover": judged.as_judged("movers"),
        "traffic": judged.keyed("traffic", "threat_id", "mover_id"),
        "coverage": judged.coverage(sections),
        "calibration": judged.keyed("calibration", "threat_id", "region", "mover_id"),
        "partner": reference.partners(data),
        "eligibility": judged.eligibility(),
        "budget": judged.budget(),
        "price_index": judged.price_index(),
        "what_if": judged.as_judged("what_ifs", is_assumption="true"),
        "activity_template": judged.as_judged("activity_templates"),
        "activity_mode": judged.as_judged("activity_modes", is_assumption="true"),
        "calendar": judged.as_judged("calendars", is_assumption="true"),
        "resource": judged.as_judged("resources", is_assumption="true"),
        "risk": judged.as_judged("risks", is_assumption="true"),
        "indicator": reference.indicators(data),
        "fact": reference.facts(data),
        "evidence": reference.evidence(data),
        "source": reference.sources(data),
    }
    judged.write_head(folder)
    return {name: write_table(folder, name, rows) for name, rows in tables.items()}


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description="Build the Tajik-Afghan example programme.")
    parser.add_argument("--data", type=Path, required=True, help="folder with tajik-afghan/ and reference/")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the programme")
    arguments = parser.parse_args()
    for name, count in build(arguments.data, arguments.output).items():
        print(f"{name:22}{count:6}")


if __name__ == "__main__":
    main()
