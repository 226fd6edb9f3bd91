"""Draws of what is uncertain: attempts, effects, the coverage that exists; the game in each of them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sarhad import measures, situation
from sarhad.detection import Instance
from sarhad.detection.instance import FloatArray
from sarhad.errors import SpecError
from sarhad.programme import Programme
from sarhad.workflow.game import attempts, valued_threats
from sarhad.workflow.prepare import Prepared

LEVELS = ("low", "likely", "high")
Stream = Literal["plan", "fresh", "candidates", "survey"]
STREAMS: tuple[Stream, ...] = ("plan", "fresh", "candidates", "survey")


FEWEST_FRESH = 30  # draws from which the interval of a mean is taken to be normal


@dataclass(frozen=True)
class Drawing:
    """How a plan over draws is made.

    Parameters
    ----------
    n
        Draws that the plan is made for.
    n_fresh
        Other draws that it is judged on.
    """

    n: int
    n_fresh: int = 100

    def require(self) -> None:
        """Refuse numbers of draws that say nothing.

        Raises
        ------
        SpecError
            If one of them is too small.
        """
        if self.n < 2:
            raise SpecError(f"--draws {self.n}: a plan over draws needs 2 or more. Give some, such as 10.")
        if self.n_fresh < FEWEST_FRESH:
            raise SpecError(
                f"--fresh-draws {self.n_fresh}: too few for an interval. Give {FEWEST_FRESH} or more."
            )


@dataclass(frozen=True)
class Parameter:
    """A figure of which only a range is known.

    Parameters
    ----------
    name
        For people.
    table, row
        Where it stands; an effect parameter is `EFFECT PARAMETER`, all coverage together is `all`.
    levels, unit
        Low, likely and high; of all coverage the medians.
    measure_id
        The measure whose effect it is, else "".
    is_assumption
        Is it assumed rather than taken from a source?
    """

    name: str
    table: str
    row: str
    levels: tuple[float, float, float]
    unit: str
    measure_id: str
    is_assumption: bool


def parameters(prog: Programme) -> tuple[Parameter, ...]:
    """Return what is uncertain, by table and row: ranges without width are left out."""
    found = [*_of_effects(prog), *_of_threats(prog), *_of_coverage(prog)]
    return tuple(
        sorted((one for one in found if one.levels[0] < one.levels[2]), key=lambda one: (one.table, one.row))
    )


def three_point(
    quantile: FloatArray | float, low: FloatArray, likely: FloatArray, high: FloatArray
) -> FloatArray:
    """Return the quantile of triangular distributions from low to high with the mode at likely; shapes broadcast."""
    width = high - low
    is_left = quantile * width <= likely - low
    left = low + np.sqrt(np.maximum(quantile * width * (likely - low), 0.0))
    right = high - np.sqrt(np.maximum((1.0 - quantile) * width * (high - likely), 0.0))
    return np.asarray(np.where(is_left, left, right))


class Uncertain:
    """The games of a programme in draws of its uncertain parameters.

    Notes
    -----
    Each parameter is triangular between its low and high value with the mode at likely, independent of the others.
    Within one threat all scenarios stand at the same quantile, and so does the coverage of all sections and movers.
    Each parameter has a stream of its own (Philox, keyed by seed, purpose and name): more draws continue the former
    ones, and a further parameter leaves those of the others as they are (common random numbers).
    """

    def __init__(self, prepared: Prepared) -> None:
        prog, network = prepared.prog, prepared.network
        self.prepared = prepared
        self.parameters = parameters(prog)
        self._at = {(one.table, one.row): k for k, one in enumerate(self.parameters)}
        self._existing = [situation.existing(prog, network, level=level) for level in LEVELS]
        self._rate = [situation.existing_rate(prog, network, level=level) for level in LEVELS]
        self._attempts = [attempts(prog, level) for level in LEVELS]

    def quantiles(self, n: int, seed: int, stream: Stream) -> FloatArray:
        """Return where each parameter lies in its distribution in each draw, shape (n, P)."""
        drawn = np.empty((n, len(self.parameters)))
        for k, one in enumerate(self.parameters):
            named = zlib.crc32(f"{one.table} {one.row}".encode())
            key = np.random.SeedSequence([seed, STREAMS.index(stream), named])
            drawn[:, k] = np.random.Generator(np.random.Philox(key)).random(n)
        return drawn

    def game(self, quantile: FloatArray | None, *, only: Collection[str] | None = None) -> Instance:
        """Return the game with the parameters at these quantiles, shape (P,); None: at their means.

        With `only`, just these items carry exposure: quicker for fixed plans.
        """
        prepared = self.prepared
        effects = {}
        for one in self.parameters:
            if one.table == "effect_parameter":
                effect, _, name = one.row.rpartition(" ")
                levels = [np.array(level) for level in one.levels]
                effects[effect, name] = float(self._level(quantile, (one.table, one.row), levels))
        found = measures.exposure(
            prepared.prog,
            prepared.views,
            existing_rate=self._level(quantile, ("coverage", "all"), self._rate),
            levels=effects,
            only=only,
        )
        made = self._attempts[1].copy()
        for number, threat in enumerate(prepared.instance.threats):
            own = prepared.instance.threat == number
            made[own] = self._level(quantile, ("threat", threat), [level[own] for level in self._attempts])
        existing = self._level(quantile, ("coverage", "all"), self._existing)
        return replace(prepared.instance, exposure=found, existing=existing, attempts_per_year=made)

    def _level(
        self, quantile: FloatArray | None, where: tuple[str, str], levels: list[FloatArray]
    ) -> FloatArray:
        """Return figures between their low, likely and high levels; likely where nothing is uncertain."""
        if where not in self._at:
            return levels[1]
        if quantile is None:
            return np.asarray(sum(levels) / 3.0)
        return three_point(float(quantile[self._at[where]]), *levels)


def _of_effects(prog: Programme) -> Iterator[Parameter]:
    measure_of = dict(zip(prog["effect"]["id"], prog["effect"]["measure_id"], strict=True))
    names = dict(zip(prog["measure"]["id"], prog["measure"]["name_en"], strict=True))
    for row in prog["effect_parameter"].to_dict("records"):
        measure = str(measure_of[row["effect_id"]])
        yield Parameter(
            f"{measure} {names[measure]}: {str(row['name']).replace('_', ' ')}",
            "effect_parameter",
            f"{row['effect_id']} {row['name']}",
            (float(row["low"]), float(row["likely"]), float(row["high"])),
            str(row["unit"]),
            measure,
            bool(row["is_assumption"]),
        )


def _of_threats(prog: Programme) -> Iterator[Parameter]:
    for row in valued_threats(prog).to_dict("records"):
        yield Parameter(
            f"{row['id']} {row['name_en']}: attempts a year",
            "threat",
            str(row["id"]),
            (float(row["rate_low"]), float(row["rate"]), float(row["rate_high"])),
            "attempts/year",
            "",
            bool(row["is_assumption"]),
        )


def _of_coverage(prog: Programme) -> Iterator[Parameter]:
    frame = prog["coverage"]
    if not frame.empty:
        low, likely, high = (
            float(frame[name].median()) for name in ("detection_low", "detection", "detection_high")
        )
        yield Parameter(
            "Detection that exists today (median of sections and movers)",
            "coverage",
            "all",
            (low, likely, high),
            "1",
            "",
            bool(frame["is_assumption"].any()),
        )
