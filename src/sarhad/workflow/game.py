"""Assemble the game that detection and plan read, at likely or changed levels of the assumptions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sarhad import measures, place, situation
from sarhad.detection import Graph, Instance
from sarhad.detection.instance import FloatArray, IntArray
from sarhad.programme import Programme


@dataclass(frozen=True)
class Levels:
    """Which assumptions stand at another level than likely.

    Parameters
    ----------
    effects
        (effect id, parameter) to value.
    coverage
        Level of the existing coverage: low, likely or high.
    attempts
        Level of the attempts a year: low, likely or high.
    """

    effects: Mapping[tuple[str, str], float] = field(default_factory=dict)
    coverage: str = "likely"
    attempts: str = "likely"


LIKELY = Levels()


def assemble(
    prog: Programme,
    network: place.Network,
    views: measures.Views,
    levels: Levels = LIKELY,
    *,
    only: Collection[str] | None = None,
) -> Instance:
    """Return the game of a programme whose derived tables are filled.

    With `only`, just these items carry exposure: quicker for a fixed plan.
    """
    number = _index(network.node["id"])
    threats = valued_threats(prog)
    sections = tuple(prog["section"].sort_values("chainage_from_km")["id"])
    scenario = prog["scenario"].sort_values("id").reset_index(drop=True)
    existing = situation.existing(prog, network, level=levels.coverage)
    rate = situation.existing_rate(prog, network, level=levels.coverage)
    return Instance(
        graph=_graph(network, number, sections, prog["segment"]),
        exposure=measures.exposure(prog, views, existing_rate=rate, levels=levels.effects, only=only),
        movers=network.movers,
        threats=tuple(threats["id"]),
        sections=sections,
        effort=network.hours * prog.setting("abandonment_per_hour"),
        existing=existing,
        scenario_ids=tuple(scenario["id"]),
        origin=_take(number, scenario["origin_id"]),
        destination=_take(number, scenario["destination_id"]),
        mover=_take({mover: i for i, mover in enumerate(network.movers)}, scenario["mover_id"]),
        threat=_take(_index(threats["id"]), scenario["threat_id"]),
        attempts_per_year=attempts(prog, levels.attempts),
        consequence=threats["consequence"].to_numpy(dtype=np.float64),
    )


def attempts(prog: Programme, level: str = "likely") -> FloatArray:
    """Return the attempts a year of each scenario at low, likely or high, in the order of the instance."""
    column = "attempts" if level == "likely" else f"attempts_{level}"
    return prog["scenario"].sort_values("id")[column].to_numpy(dtype=np.float64)


def valued_threats(prog: Programme) -> pd.DataFrame:
    """Return the threats that enter the value, in the order of the instance."""
    threats = prog["threat"].sort_values("id")
    return threats[threats["enters_value"]].reset_index(drop=True)


def _graph(
    network: place.Network, number: Mapping[str, int], sections: tuple[str, ...], segments: pd.DataFrame
) -> Graph:
    edge = network.edge
    position = {section: i for i, section in enumerate(sections)}
    section_of = segments.set_index("id")["section_id"].map(position)
    crossed = edge["segment_id"].where(edge["is_crossing"]).map(section_of).fillna(-1)
    section: IntArray = np.asarray(crossed, dtype=np.int64)
    return Graph(
        n_nodes=len(network.node),
        tail=_take(number, edge["tail_id"]),
        head=_take(number, edge["head_id"]),
        section=section,
        edge_ids=tuple(edge["id"].tolist()),
    )


def _index(ids: pd.Series[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(ids.tolist())}


def _take(index: Mapping[str, int], ids: pd.Series[str]) -> IntArray:
    return np.array([index[name] for name in ids.tolist()], dtype=np.int64)
