from __future__ import annotations

import numpy as np
import pytest

from sarhad.detection import evaluate
from sarhad.detection.snip import snip_instance
from sarhad.errors import DataError, SpecError

# From 1 to 9 by 2 (reliability 0.8 x 1) or by 3 (0.5 x 1). Arcs 1-2 and 1-3 can carry sensors.
FIXED = "2\t9\t1\r\n3\t9\t1\n"
SENSORS = "1\t2\t0.8\t0.2\r1\t3\t0.5\t0.4\n"
CASES = "1\t9\t1.0\n"


@pytest.mark.parametrize(
    ("snipno", "expected"),
    [
        # nothing, sensor on 1-2, sensor on 1-3, both
        (1, [0.8, 0.5, 0.8, 0.4]),
        (2, [0.8, 0.5, 0.8, 0.4]),
        (3, [0.8, 0.5, 0.8, 0.08]),
        (4, [0.8, 0.5, 0.8, 0.0]),
    ],
)
def test_the_value_is_the_reliability_of_the_best_path(snipno, expected):
    instance = snip_instance(FIXED, SENSORS, CASES, snipno=snipno)
    plans = np.array([[False, False], [True, False], [False, True], [True, True]])
    found = evaluate(instance, plans, np.ones(4))
    np.testing.assert_allclose(found.by_period, expected, rtol=1e-12)
    assert found.flow.shape == (4, 0)


@pytest.mark.parametrize(
    ("fixed", "sensors", "message"),
    [
        ("2 9", SENSORS, "snip fixed rows: 2 numbers do not form complete rows of 3"),
        ("2 9 x", SENSORS, "snip fixed rows: could not convert"),
        (FIXED, "1 2 0.8 0.9", "reliabilities must keep 0 < r <= 1 and 0 <= q <= r"),
        (FIXED, "", "snip sensor rows: 0 numbers do not form"),
    ],
)
def test_files_that_are_not_snip_are_refused(fixed, sensors, message):
    with pytest.raises(DataError, match=message):
        snip_instance(fixed, sensors, CASES, snipno=1)


def test_an_unknown_snipno_is_refused():
    with pytest.raises(SpecError, match="snipno must be 1, 2, 3 or 4, found 7"):
        snip_instance(FIXED, SENSORS, CASES, snipno=7)
