"""Check the evaluator on SNIP: published optima lie between every sensor and none, greedy comes near them."""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path

import numpy as np

from sarhad.detection import Instance, evaluate
from sarhad.detection.marginal import addition_values
from sarhad.detection.snip import snip_instance

YEAR = np.ones(1)


def read(folder: Path, number: str, snipno: int) -> Instance:
    """Return SNIP instance `number` of the folder."""
    names = (f"arcgain{number}.txt", f"intd_arc{number}.txt", "Scenarios.txt")
    fixed, sensors, scenarios = ((folder / name).read_text() for name in names)
    return snip_instance(fixed, sensors, scenarios, snipno=snipno)


def greedy(instance: Instance, budget: int) -> np.ndarray:
    """Return the plan (1, I) that adds the sensor of the largest value until the budget is used."""
    plan = np.zeros((1, instance.exposure.n_items), dtype=np.bool_)
    for _ in range(budget):
        rest = np.flatnonzero(~plan[0])
        gain = addition_values(instance, plan, YEAR, rest, np.zeros(len(rest), dtype=np.int64))
        plan[0, rest[gain.argmax()]] = True
    return plan


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder with arcgain*.txt, intd_arc*.txt, Scenarios.txt, reference.csv"
    )
    folder = parser.parse_args().data
    if folder is None:
        print("snip: give --data DIR (the instances of Pan and Morton 2008) to run this benchmark")
        return 0
    print("instance snipno budget  all_sensors  published      greedy  greedy/published  nothing  seconds")
    with (folder / "reference.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    ok = True
    for row in rows:
        instance = read(folder, row["instance"], int(row["snipno"]))
        started = time.perf_counter()
        n_items = instance.exposure.n_items
        nothing, everything = (
            evaluate(instance, np.full((1, n_items), x), YEAR).value for x in (False, True)
        )
        found = evaluate(instance, greedy(instance, int(row["budget"])), YEAR).value
        best = float(row["objective_true"] or row["objective_published"])
        ok &= everything <= best * (1 + 1e-6) and best <= found * (1 + 1e-6) and found <= nothing
        print(
            f"{row['instance']:>8} {row['snipno']:>6} {row['budget']:>6}  {everything:11.8f}  {best:9.8f}  {found:10.8f}"
            f"  {found / best:16.4f}  {nothing:7.5f}  {time.perf_counter() - started:7.1f}"
        )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
