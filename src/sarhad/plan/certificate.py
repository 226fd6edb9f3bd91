"""The certificate of a plan: everything that a stranger needs to prove its value and its bound again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from sarhad.detection.instance import FloatArray, Instance, IntArray
from sarhad.errors import SpecError, StoreError
from sarhad.plan.cuts import Grouping
from sarhad.plan.game import Changeable
from sarhad.plan.limits import Terms
from sarhad.plan.linear_file import write_programme
from sarhad.plan.locks import Locks
from sarhad.plan.master import Master
from sarhad.plan.pool import Pool
from sarhad.plan.pricing import IMPASSABLE
from sarhad.plan.proof import Proof
from sarhad.plan.result import PlanResult
from sarhad.plan.supports import Supports

SCRIPT, HEAD = "prove", "certificate.json"


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a plan's value and bound rest on.

    Parameters
    ----------
    instance, terms
        The game and the limits.
    game, pool
        What items can change, and the paths that were found.
    start
        Quarter in which each item of the plan starts, -1 for those left out, shape (I,).
    locks
        What had been decided before.
    groups, proof, proved_by
        Groups of the linear programme, the rows and duals of its highest bound, that programme and the first
        quarters of its epochs; None where none was solved.
    """

    instance: Instance
    terms: Terms
    game: Changeable
    pool: Pool
    start: IntArray
    locks: Locks
    groups: Grouping | None = None
    proof: Proof | None = None
    proved_by: tuple[Master, IntArray] | None = None


def require_folder(folder: Path, *, is_replacing: bool) -> None:
    """Refuse a folder that holds anything, unless it is a former certificate that is to be replaced.

    Raises
    ------
    StoreError
        With what to do about it.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (is_replacing and (folder / HEAD).is_file()):
        raise StoreError(
            f"--certificate {folder}: something stands there. Name an empty folder, or give --replace to replace a "
            "former certificate.",
            is_output=True,
        )


def require_provable(terms: Terms) -> None:
    """Refuse limits that the script does not work out again from the programme.

    Raises
    ------
    SpecError
        With the tables that hold these limits.
    """
    held = {
        "pledge": terms.tied is not None,
        "season": terms.works is not None,
        "a schedule (--rounds)": terms.soonest is not None,
        "package": bool(terms.packages),
        "resource_need, floor or --max-changes": terms.linear.n > 0 or bool(terms.floors),
    }
    named = [name for name, is_held in held.items() if is_held]
    if named:
        raise SpecError(
            f"--certificate: it proves needs, budgets, choices and prerequisites, not the limits of {', '.join(named)}. "
            "Plan without a certificate, or without these limits."
        )


def write_certificate(result: PlanResult, folder: Path) -> None:
    """Write the certificate of a plan into a folder, with the script that proves it again.

    Raises
    ------
    SpecError
        If there is no plan, or it was found without `keeps_evidence`.
    StoreError
        If the folder cannot be written.
    """
    held = result.evidence
    if held is None:
        raise SpecError("There is no evidence for a certificate: no plan was found, or none was asked for.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / HEAD).is_file():
            for old in (*folder.glob("*.csv"), *folder.glob("*.mps")):
                old.unlink()
        for name, frame in _frames(held).items():
            frame.to_csv(folder / f"{name}.csv", index=False)
        head = json.dumps(_head(held, result), ensure_ascii=False, indent=1)
        (folder / HEAD).write_text(head + "\n", encoding="utf-8")
        script = str(resources.files("sarhad.plan") / SCRIPT)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(script, folder / SCRIPT, dirs_exist_ok=True, ignore=ignored)
        if held.proof is not None and held.proved_by is not None:
            write_programme(held.proof, held.proved_by[0], folder / "programme.mps")
    except OSError as error:
        raise StoreError(f"--certificate {folder}: cannot be written ({error}).", is_output=True) from error


def _head(held: Evidence, result: PlanResult) -> dict[str, Any]:
    """Return the figures that are to be proved, and the sizes."""
    terms, instance, proof = held.terms, held.instance, held.proof
    years = float(terms.quarter_weight.sum())
    everything = float(held.game.weight @ held.game.low) * years
    head: dict[str, Any] = {
        "format": 1,
        "value": result.value,
        "bound": result.bound,
        "bound_of_programme": everything if proof is None else proof.bound,
        "constant": result.constant,
        "status": result.status,
        "nodes": instance.graph.n_nodes,
        "movers": list(instance.movers),
        "threats": list(instance.threats),
        "capped_exposure": IMPASSABLE,
        "quarters": list(terms.quarters),
        "quarter_year": terms.quarter_year.tolist(),
        "quarter_weight": terms.quarter_weight.tolist(),
        "years": list(terms.years),
        "tail_years": terms.tail_years,
        "is_tail_paid": terms.is_tail_paid,
        "partners": list(terms.partners),
        "epochs": None,
    }
    if held.proved_by is not None:
        limits = held.proved_by[0].limits()
        head |= {"epochs": held.proved_by[1].tolist(), "usd": limits.usd, "scale": limits.scale}
    return head


def _frames(held: Evidence) -> dict[str, pd.DataFrame]:
    """Return the tables by name."""
    frames = {**_network(held), **_scenarios(held), **_paths(held.pool), **_terms(held)}
    if held.proof is not None and held.proved_by is not None:
        frames |= _limits(held.proof, held.proved_by[0]) | _cuts(held, held.proof)
    return frames


def _entries(matrix: csr_array, *names: str) -> pd.DataFrame:
    """Return the entries of a matrix as rows: row, column, entry."""
    found = coo_array(matrix)
    row, column = found.coords
    return pd.DataFrame(dict(zip(names, (row, column, found.data), strict=True)))


def _words(numbers: Iterable[Iterable[int]], between: str = "|") -> str:
    """Return lists of numbers as text: ``1 2|3``."""
    return between.join(" ".join(str(n) for n in part) for part in numbers)


def _network(held: Evidence) -> dict[str, pd.DataFrame]:
    """Return edges, binaries, and what these add."""
    instance, over = held.instance, held.game.over
    edges = pd.DataFrame(
        {
            "edge": np.arange(instance.graph.n_edges),
            "tail": instance.graph.tail,
            "head": instance.graph.head,
        }
    )
    for k in range(len(instance.movers)):
        edges[f"effort_{k}"], edges[f"existing_{k}"] = instance.effort[k], instance.existing[k]
    added = [
        _entries(matrix, "edge", "binary", "added").assign(mover=k) for k, matrix in enumerate(over.by_mover)
    ]
    supports = [_words(sets) for sets in over.supports]
    binaries = pd.DataFrame({"binary": np.arange(over.n), "item": over.item, "supports": supports})
    prevention = _entries(csr_array(over.by_threat), "binary", "threat", "added")
    return {"edges": edges, "exposure": pd.concat(added), "binaries": binaries, "prevention": prevention}


def _scenarios(held: Evidence) -> dict[str, pd.DataFrame]:
    """Return the scenarios, each with its unit, and the units."""
    instance, game, of = held.instance, held.game, held.game.of
    alike = game.over.by_threat
    first = np.array([int((alike == alike[:, [h]]).all(axis=0).argmax()) for h in range(alike.shape[1])])
    keys = zip(*(a.tolist() for a in (of.origin, of.destination, of.mover, of.threat)), strict=True)
    unit_of = {key: u for u, key in enumerate(keys)}
    places = instance.origin, instance.destination, instance.mover, first[instance.threat]
    units = [unit_of.get(key, -1) for key in zip(*(a.tolist() for a in places), strict=True)]
    scenarios = pd.DataFrame(
        {
            "scenario": list(instance.scenario_ids),
            "origin": instance.origin,
            "destination": instance.destination,
            "mover": instance.mover,
            "threat": instance.threat,
            "weight": instance.attempts_per_year * instance.consequence[instance.threat],
            "unit": units,
        }
    )
    groups = held.groups
    found = pd.DataFrame(
        {
            "unit": np.arange(of.n),
            "origin": of.origin,
            "destination": of.destination,
            "mover": of.mover,
            "threat": of.threat,
            "without": game.without,
            "low": game.low,
            "weight": game.weight,
            "group": np.arange(of.n) if groups is None else groups.of,
            "share": np.ones(of.n) if groups is None else groups.share,
        }
    )
    return {"scenarios": scenarios, "units": found}


def _paths(pool: Pool) -> dict[str, pd.DataFrame]:
    """Return the pool, each path with its edges and what each binary adds."""
    edges = [_words([pool.edges[number].tolist()]) for number in pool.number.tolist()]
    paths = pd.DataFrame({"path": pool.number, "unit": pool.unit, "fixed": pool.fixed, "edges": edges})
    added = _entries(pool.added, "path", "binary", "added")
    return {"paths": paths, "path_added": added.assign(path=pool.number[added["path"].to_numpy()])}


def _terms(held: Evidence) -> dict[str, pd.DataFrame]:
    """Return the facts of the limits, and the plan."""
    terms, start = held.terms, held.start
    items = pd.DataFrame(
        {
            "item": np.arange(terms.n_items),
            "id": list(terms.item_ids),
            "capital_usd": terms.capital_usd,
            "annual_usd": terms.annual_usd,
            "build_quarters": terms.build_quarters,
            "class": terms.item_class,
            "requires": [_words(sets) for sets in terms.requires],
        }
    )
    partner, year = np.indices(terms.budget_usd.shape).reshape(2, -1)
    budget = pd.DataFrame(
        {
            "partner": partner,
            "year": year,
            "usd": terms.budget_usd.ravel(),
            "carries_over": terms.carries_over.ravel().astype(np.int64),
        }
    )
    payers = pd.DataFrame(np.argwhere(terms.payers), columns=["class", "partner"])
    exclusive = pd.DataFrame(
        {"set": range(len(terms.exclusive)), "items": [_words([s]) for s in terms.exclusive]}
    )
    chosen = np.flatnonzero(start >= 0)
    plan = pd.DataFrame(
        {
            "item": chosen,
            "quarter": start[chosen],
            "id": [terms.item_ids[i] for i in chosen.tolist()],
            "start_quarter": [terms.quarters[q] for q in start[chosen].tolist()],
        }
    )
    allowed = pd.DataFrame(np.argwhere(held.locks.allowed), columns=["item", "quarter"])
    is_column = np.zeros_like(held.locks.allowed)
    if held.proof is not None:
        is_column[tuple(held.proof.starts.T)] = True
    starts = allowed.assign(
        start=np.arange(len(allowed)), is_column=is_column[held.locks.allowed].astype(int)
    )
    forced = pd.DataFrame({"item": held.locks.forced})
    return {
        "items": items,
        "budget": budget,
        "payers": payers,
        "exclusive": exclusive,
        "plan": plan,
        "starts": starts,
        "forced": forced,
    }


def _limits(proof: Proof, master: Master) -> dict[str, pd.DataFrame]:
    """Return the rows that every plan keeps, with their duals."""
    limits = master.limits()
    kind, name = (list(part) for part in zip(*limits.rows, strict=True))
    rows = pd.DataFrame(
        {
            "row": np.arange(len(kind)),
            "kind": kind,
            "name": name,
            "low": limits.low,
            "high": limits.high,
            "dual": proof.dual[: len(kind)],
        }
    )
    return {
        "limits": rows,
        "limit_starts": _entries(limits.start_block, "row", "start", "factor"),
        "limit_payments": _entries(limits.pay_block, "row", "payment", "factor"),
        "payments": pd.DataFrame({"payment": np.arange(len(limits.most)), "most": limits.most}),
    }


def _cuts(held: Evidence, proof: Proof) -> dict[str, pd.DataFrame]:
    """Return the cuts and the prerequisites, each with its dual and with what made it."""
    n_cuts = len(proof.level)
    states, number = _states([made.state for made in proof.made])
    cuts = pd.DataFrame(
        {
            "cut": np.arange(n_cuts),
            "kind": [made.kind for made in proof.made],
            "epoch": proof.epoch,
            "group": proof.group,
            "level": proof.level,
            "dual": proof.dual[len(proof.dual) - n_cuts :],
            "state": number,
        }
    )
    row_of = np.argsort(held.pool.number)
    supports = Supports(held.game.over)
    rows = []
    for k, made in enumerate(proof.made):
        full = made.path.any() or made.size.any()
        state = supports.states(made.state.toarray())[0] if full else np.empty(0)
        for path, size in zip(made.path.tolist(), made.size.tolist(), strict=True):
            on = _fullest(held.pool.added[[int(row_of[path])]], state, size) if size else []
            rows.append((k, path, _words([on])))
    sources = pd.DataFrame(rows, columns=["cut", "path", "on"])
    slopes = _entries(proof.profile, "cut", "item", "slope")
    return {"cuts": cuts, "cut_slopes": slopes, "cut_paths": sources, "states": states}


def _states(every: Sequence[csr_array]) -> tuple[pd.DataFrame, list[int]]:
    """Return the distinct states as rows, and the number of each one's state."""
    known: dict[tuple[bytes, bytes], int] = {}
    number, parts = [], []
    for state in every:
        key = state.indices.tobytes(), state.data.tobytes()
        if key not in known:
            known[key] = len(known)
            parts.append(_entries(state, "state", "item", "share").assign(state=known[key]))
        number.append(known[key])
    return pd.concat(parts or [pd.DataFrame(columns=["state", "item", "share"])]), number


def _fullest(added: csr_array, state: FloatArray, size: int) -> list[int]:
    """Return the fullest binaries of a path at a state, of equals the largest, as the cuts take them."""
    order = np.lexsort((-added.data, -state[added.indices]))
    return sorted(added.indices[order[:size]].tolist())
