"""Random streams: the published answers, one point in every stratum, columns that know nothing of each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sarhad.schedule.risk.distributions import BLOCK, KNOTS, quantiles
from sarhad.schedule.risk.streams import DURATION, philox, uniforms

ONES = 0xFFFFFFFF


def column(seed: int, block: int, index: int, *, is_plain: bool = False) -> np.ndarray:
    out, order = np.empty(BLOCK), np.empty(BLOCK, dtype=np.uint32)
    uniforms(out, order, is_plain, seed, block, DURATION, index)
    return out


@pytest.mark.parametrize(
    ("key", "word", "answer"),
    [
        (0, 0, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (2**64 - 1, ONES, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ],
)
def test_philox_gives_the_published_answers(key: int, word: int, answer: str) -> None:
    """Known answers of Philox4x32-10 that come with Random123."""
    found = philox(np.uint64(key), word, word, word, word)
    assert " ".join(f"{int(w):08x}" for w in found) == answer


@pytest.mark.parametrize("index", [0, 1, 299])
def test_a_column_has_one_point_in_every_stratum(index: int) -> None:
    found = column(3, 17, index)
    assert sorted((found * BLOCK).astype(int)) == list(range(BLOCK))


def test_columns_are_uncorrelated_and_their_order_is_uniform() -> None:
    blocks = 400
    one, two = (np.stack([column(1, b, i) for b in range(blocks)]) for i in (0, 1))
    # of 400 independent permutations of 256 the mean correlation has standard deviation 1/sqrt(255 * 400) = 0.0031
    mean = np.mean([np.corrcoef(x, y)[0, 1] for x, y in zip(one, two, strict=True)])
    assert abs(mean) < 4 * 0.0031
    # the pair (stratum of one, stratum of two) falls evenly on a grid of 8 x 8
    counts = np.histogram2d(one.ravel(), two.ravel(), bins=8, range=[[0, 1], [0, 1]])[0]
    assert counts.sum() == blocks * BLOCK
    assert stats.chisquare(counts.ravel()).pvalue > 1e-4


def test_plain_draws_are_uniform() -> None:
    found = np.concatenate([column(5, b, 0, is_plain=True) for b in range(200)])
    assert stats.kstest(found, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("peak", [0.0, 0.25, 0.5, 1.0])
def test_pert_quantiles_are_those_of_the_beta_distribution(peak: float) -> None:
    p = np.linspace(0, 1, KNOTS)
    exact = stats.beta.ppf(p, 1 + 4 * peak, 5 - 4 * peak)
    assert np.abs(quantiles("pert", peak) - exact).max() < 2e-4


@pytest.mark.parametrize("peak", [0.0, 0.3, 1.0])
def test_triangular_quantiles_are_exact(peak: float) -> None:
    p = np.linspace(0, 1, KNOTS)
    assert np.allclose(quantiles("triangular", peak), stats.triang.ppf(p, peak), atol=1e-12)
