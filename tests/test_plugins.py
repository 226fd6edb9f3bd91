from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import numpy as np
import pytest

from sarhad import plugins
from sarhad.errors import PluginError


@dataclass(frozen=True)
class Dog:
    kind: ClassVar[str] = "edge"
    parameters: ClassVar[Mapping[str, str]] = {"p": "1"}

    def exposure(self, parameters: Mapping[str, float], view: plugins.SiteView) -> Any:
        return np.full(view.n_edges, parameters["p"])


@pytest.fixture
def dog() -> Iterator[None]:
    plugins.register("dog", Dog)
    yield
    plugins.unregister("dog")


def test_the_built_in_forms_come_in_by_their_entry_points():
    assert set(plugins.forms()) >= {"line_of_sight", "patrol", "barrier", "gate", "support", "prevention"}


def test_a_registered_form_stands_beside_the_built_in_ones(dog):
    assert plugins.form("dog") is Dog


def test_a_taken_name_is_refused(dog):
    with pytest.raises(PluginError, match="'dog' exists already"):
        plugins.register("dog", Dog)
    with pytest.raises(PluginError, match="'gate' exists already \\(sarhad"):
        plugins.register("gate", Dog)


def test_an_unknown_form_is_named_with_those_known_and_the_remedy():
    with pytest.raises(
        PluginError, match=r"'laser' is not installed; known: barrier, gate.*'sarhad.effects'"
    ):
        plugins.form("laser")


def test_what_was_never_registered_cannot_be_taken_away():
    with pytest.raises(PluginError, match="'gate' was not registered here"):
        plugins.unregister("gate")


def test_a_class_that_breaks_the_contract_is_refused_with_every_fault():
    class Bad:
        kind = "edges"
        parameters = ("p",)

    with pytest.raises(
        PluginError, match="kind must be one of edge, support, prevention, not 'edges'; parameters"
    ):
        plugins.register("bad", Bad)
    assert "bad" not in plugins.forms()


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("edge", "needs exposure"),
        ("support", "needs the parameter level"),
        ("prevention", "needs the parameter b"),
    ],
)
def test_each_kind_names_what_it_lacks(kind: str, fault: str):
    lacking = type("Lacking", (), {"kind": kind, "parameters": {}})
    assert any(fault in one for one in plugins.breaches(lacking))


def test_an_instance_instead_of_a_class_is_refused():
    assert plugins.breaches(Dog()) == ["it must be a class, not Dog"]  # type: ignore[arg-type]


def test_a_name_offered_by_two_packages_is_refused(monkeypatch: pytest.MonkeyPatch):
    twice = [EntryPoint("gate", "one:Gate", plugins.GROUP), EntryPoint("gate", "two:Gate", plugins.GROUP)]
    monkeypatch.setattr(plugins, "entry_points", lambda group: twice)
    with pytest.raises(
        PluginError, match="gate is offered twice, by one:Gate and by two:Gate; uninstall one"
    ):
        plugins.forms()


def test_a_form_that_cannot_be_loaded_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch):
    broken = [EntryPoint("gate", "sarhad.plugins:Missing", plugins.GROUP)]
    monkeypatch.setattr(plugins, "entry_points", lambda group: broken)
    with pytest.raises(PluginError, match=r"'gate' cannot be loaded from sarhad.plugins:Missing"):
        plugins.forms()
