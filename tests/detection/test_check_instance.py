from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.sparse import csr_array
from tiny_games import tiny_game

from sarhad.detection import (
    CrossingLogit,
    Informed,
    Logit,
    NonAdaptive,
    PartlyInformed,
    check_instance,
    evaluate,
)
from sarhad.errors import DataError

KINDS = [Informed(), PartlyInformed(np.arange(5) == 0), CrossingLogit(4.0), NonAdaptive(), Logit(3000.0)]


def test_a_sound_instance_passes():
    assert check_instance(tiny_game(0)) is None


def test_every_fault_of_the_values_is_named_at_once():
    game = tiny_game(0)
    effort, attempts = game.effort.copy(), game.attempts_per_year.copy()
    effort[0, 3], attempts[2] = np.nan, -1.0
    added = game.exposure.by_mover[1].copy()
    added.data[0] = -0.5
    owner = game.exposure.item_ids[int(game.exposure.item[np.flatnonzero(np.diff(added.indptr))[0]])]
    exposure = dataclasses.replace(game.exposure, by_mover=(game.exposure.by_mover[0], added))
    bad = dataclasses.replace(game, effort=effort, attempts_per_year=attempts, exposure=exposure)
    with pytest.raises(DataError, match="1 values are missing or negative: E003") as caught:
        check_instance(bad)
    assert "instance.attempts_per_year: 1 values are missing, negative or infinite: C2." in str(caught.value)
    assert f"instance.exposure of raft: 1 values are missing or negative: {owner}." in str(caught.value)
    assert caught.value.ids == ("E003", owner, "C2")


def test_indices_that_point_to_nothing_are_named():
    game = tiny_game(0)
    origin, head = game.origin.copy(), game.graph.head.copy()
    origin[1], head[0] = 99, -1
    supports = (((7,),), *game.exposure.supports[1:])
    bad = dataclasses.replace(
        game,
        origin=origin,
        graph=dataclasses.replace(game.graph, head=head),
        exposure=dataclasses.replace(game.exposure, supports=supports),
    )
    with pytest.raises(DataError, match=r"graph\.head: 1 indices lie outside 0\.\.7: E000") as caught:
        check_instance(bad)
    assert "instance.origin: 1 indices lie outside 0..7: C1." in str(caught.value)
    assert "1 support sets are empty or name an item that does not exist: I0." in str(caught.value)


def test_arrays_of_another_length_are_named():
    game = tiny_game(0)
    with pytest.raises(DataError, match=r"instance\.threat: shape \(7,\) found, \(8,\) expected"):
        check_instance(dataclasses.replace(game, threat=game.threat[:-1]))


def test_scenarios_without_a_way_are_named_before_anything_is_computed():
    game = tiny_game(0)
    effort = game.effort.copy()
    effort[1, game.graph.section >= 0] = np.inf
    lost = [game.scenario_ids[s] for s in np.flatnonzero(game.mover == 1)]
    with pytest.raises(DataError, match=f"{len(lost)} scenarios cannot reach their destination") as caught:
        evaluate(dataclasses.replace(game, effort=effort), np.zeros((1, 5), bool), np.ones(1))
    assert caught.value.ids == tuple(lost)


def test_a_path_that_could_cross_twice_is_a_fault():
    game = tiny_game(0)
    edge = int(np.flatnonzero(game.graph.section >= 0)[0])
    tail, head = game.graph.tail.copy(), game.graph.head.copy()
    tail[edge], head[edge] = head[edge], tail[edge]  # this one leads back out
    with pytest.raises(
        DataError, match="edges cross the line but can be reached after crossing it"
    ) as caught:
        check_instance(dataclasses.replace(game, graph=dataclasses.replace(game.graph, tail=tail, head=head)))
    assert game.graph.edge_ids[edge] in caught.value.ids


def test_a_scenario_that_starts_at_its_destination_is_a_fault():
    game = tiny_game(0)
    destination = game.destination.copy()
    destination[0] = game.origin[0]
    with pytest.raises(DataError, match="1 scenarios start at their destination: C0"):
        check_instance(dataclasses.replace(game, destination=destination))


def test_an_origin_cut_off_from_its_destination_is_named():
    game = tiny_game(0)
    graph = dataclasses.replace(game.graph, n_nodes=game.graph.n_nodes + 1)
    origin = game.origin.copy()
    origin[3] = game.graph.n_nodes  # a node without edges
    with pytest.raises(DataError, match=r"1 scenarios cannot reach their destination .*: C3"):
        evaluate(dataclasses.replace(game, graph=graph, origin=origin), np.zeros((1, 5), bool), np.ones(1))


def test_negative_existing_exposure_is_named():
    game = tiny_game(0)
    existing = game.existing.copy()
    existing[1, 4] = -1e-9
    with pytest.raises(DataError, match="existing of raft: 1 values are missing or negative: E004"):
        evaluate(dataclasses.replace(game, existing=existing), np.zeros((1, 5), bool), np.ones(1))


@pytest.mark.parametrize("mover", KINDS, ids=lambda kind: type(kind).__name__)
def test_certain_detection_lets_nobody_through_and_leaks_no_infinity(mover):
    game = tiny_game(2)
    wall = np.where((np.arange(7) == 0)[:, None] & (game.graph.section >= 0), np.inf, 0.0)
    walls = (csr_array(wall), csr_array(wall))
    sure = dataclasses.replace(game, exposure=dataclasses.replace(game.exposure, by_mover=walls))
    found = evaluate(sure, np.array([[True] + [False] * 4]), np.ones(1), mover, elasticity=1.0)
    assert found.value == 0.0
    assert (found.evade == 0.0).all()
    figures = [getattr(found, field.name) for field in dataclasses.fields(found) if field.name != "detection"]
    assert all(np.isfinite(figure).all() for figure in figures)
    seen = found.detection[~np.isnan(found.detection)]
    assert len(seen) > 0
    assert (seen == 1.0).all()
