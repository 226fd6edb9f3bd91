"""Prove the certificate of a plan again: python -m prove, in its folder. Exit status 0: proved."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from .bound import other_duals, proved_bound, tree_bound
from .cuts import CUT_SLACK, KINDS, Cuts
from .limits import LIMITS, check_money, check_payments, check_plan
from .paths import check_paths, check_units
from .tables import Certificate, Report

REACHED, TREE_REACHED = 1e-6, 1e-5  # relative difference of a bound proved here from the one stated


def prove_bound(c: Certificate, report: Report) -> float:
    """Report on cuts and bound; return the bound that is proved."""
    if c.head["epochs"] is None:
        units = c.t["units"]
        return float(units["weight"] @ units["low"] * c.weight.sum())
    cuts, stated = Cuts(c), (c.t["limits"]["dual"].to_numpy(), c.t["cuts"]["dual"].to_numpy())
    excess = np.array([cuts.excess(k) for k in range(len(cuts.table))])
    unknown = np.isinf(excess) & ~cuts.table["kind"].isin([*KINDS, "prerequisite"]).to_numpy()
    faults = [f"cut {k} ({cuts.kind[k]})" for k in np.flatnonzero((excess > CUT_SLACK) & ~unknown)]
    many = cuts.table["kind"].value_counts().sort_index()
    told = ", ".join(f"{count} {kind}" for kind, count in many.items())
    report.say(
        "cuts", [*faults, *cuts.random_faults(1)], f"{told}; not re-proved and left out: {unknown.sum()}"
    )
    given = int((~c.t["limits"]["kind"].isin(LIMITS)).sum())
    told = f"{len(c.t['limits']) - given} rows follow from prices, budgets and payers; {given} of other kinds as stated"
    report.say("limits", [*check_money(c), *check_payments(c)], told)
    optimum, dual = other_duals(c, cuts)
    bounds = [proved_bound(c, cuts, each, excess) for each in (stated, dual)]
    text = f"from the stated duals {bounds[0]:.6f}, from GLOP's {bounds[1]:.6f} (optimum of its columns {optimum:.6f})"
    report.say("duals", [] if np.isfinite(optimum) else ["GLOP found no optimum"], text)
    if report.is_ok and c.head["bound"] > max(bounds) + REACHED * abs(c.head["value"]):
        report.tree = tree_bound(c, cuts, excess)
    return max(bounds)


def main(folder: Path) -> int:
    """Prove a certificate; return 0 where everything holds."""
    c, report = Certificate(folder), Report()
    report.say("units", check_units(c), f"{len(c.t['units'])} units of {len(c.t['scenarios'])} scenarios")
    report.say("paths", check_paths(c), f"{len(c.t['paths'])} paths lead where they should and add up")
    bound, stated, value = prove_bound(c, report), c.head["bound_of_programme"], c.head["value"]
    short = bound < stated - REACHED * max(abs(stated), abs(value))
    told = f"stated {stated:.6f}, proved {bound:.6f}"
    report.say("bound", [told] if short else [], told)
    report.say("plan", check_plan(c), f"{len(c.t['plan'])} items keep every limit and give the value")
    least = min(bound, value)
    gap = 0.0 if value <= 0 else (value - least) / value
    told = (
        f"value {value:.6f}  bound {least:.6f}  gap {gap:.2%}  (constant {c.head['constant']:.6f} left out)"
    )
    sys.stdout.write(f"{told}\n")
    wanted = c.head["bound"]
    if wanted > bound + REACHED * abs(value):
        is_held = report.tree >= wanted - TREE_REACHED * abs(value)
        told = "held, in floating point, by" if is_held else "NOT CERTIFIED, not held by"
        sys.stdout.write(
            f"stated bound {wanted:.6f} over whole starts: {told} a tree of SCIP ({report.tree:.6f})\n"
        )
    sys.stdout.write("OK\n" if report.is_ok else "NOT\n")
    return 0 if report.is_ok else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]))
