"""Facts to game: everything that a plan, an evaluation or a report of a programme needs, computed once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sarhad import measures, place, situation
from sarhad.detection import Instance
from sarhad.programme import Programme, require_none
from sarhad.workflow.game import Levels, assemble
from sarhad.workflow.runs import is_current, with_plans, with_run, without_stale
from sarhad.workflow.steps import OnStep, Step, silent

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A programme with its derived tables, and the objects that do not live in tables.

    Parameters
    ----------
    prog
        The programme, derived tables filled.
    terrain, network
        See `sarhad.place`.
    views
        Geometry of every item's effect, see `sarhad.measures.views`.
    instance
        The game at likely values.
    notices
        What a person should know: plans that were dropped because the facts have changed.
    """

    prog: Programme
    terrain: place.Terrain
    network: place.Network
    views: measures.Views
    instance: Instance
    notices: tuple[str, ...] = ()

    @property
    def items(self) -> pd.DataFrame:
        """Return the candidate items (table item), sorted by id."""
        return self.prog["item"]


def prepare(prog: Programme, *, on_step: OnStep = silent) -> Prepared:
    """Return the programme made ready: derived tables are reused when the facts have not changed.

    When they have, all of them are made anew, and of the plans those stay whose items still exist.

    Raises
    ------
    DataError
        If a fact stands in the way; all faults at once.
    KeyboardInterrupt
        If `on_step` says stop: there is no answer to keep yet.
    """
    _go(on_step, Step("check", 0.0))
    facts = without_stale(prog)
    notices: tuple[str, ...] = ()
    require_none(facts.check())
    _go(on_step, Step("terrain", 0.0))
    terrain = place.terrain(prog)
    if is_current(prog):
        network = place.network_from(prog, terrain)
    else:
        derived, network = _derive(facts, terrain, on_step)
        prog, notices = with_plans(derived, prog)
    _go(on_step, Step("exposure", 0.0))
    views = measures.views(prog, prog["item"], prog["site"], terrain, network)
    instance = assemble(prog, network, views, Levels())
    return Prepared(prog, terrain, network, views, instance, notices)


def _derive(prog: Programme, terrain: place.Terrain, on_step: OnStep) -> tuple[Programme, place.Network]:
    prog = prog.adopt({"segment": place.segments(prog, terrain)})
    _go(on_step, Step("network", 0.0))
    network = _network(prog, terrain, on_step)
    prog = prog.adopt(network.tables())
    _go(on_step, Step("scenarios", 0.0))
    prog = prog.adopt({"scenario": situation.scenarios(prog, network)})
    _go(on_step, Step("sites", 0.0))
    sites = measures.sites(prog, terrain, network)
    prog = prog.adopt({"site": sites})
    prog = prog.adopt({"item": measures.items(prog, sites)})
    return with_run(prog, "prepare"), network


def _network(prog: Programme, terrain: place.Terrain, on_step: OnStep) -> place.Network:
    """Return the network contracted to what the scenarios that follow from it use."""
    dense = place.network(prog, terrain)
    pairs = situation.scenarios(prog, dense, is_calibrated=False)
    return place.contracted(prog, dense, pairs, on_field=lambda done: _go(on_step, Step("network", done)))


def _go(on_step: OnStep, step: Step) -> None:
    log.info("%s", step.stage)
    if not on_step(step):
        raise KeyboardInterrupt


def counts(prepared: Prepared) -> Mapping[str, int]:
    """Return the sizes of the game, as in `describe`."""
    instance = prepared.instance
    return {
        "nodes": instance.graph.n_nodes,
        "edges": instance.graph.n_edges,
        "items": instance.exposure.n_items,
        "scenarios": instance.n_scenarios,
    }
