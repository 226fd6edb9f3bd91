"""`fetch`: terrain, maps, places and incidents from their publishers, as files, rows and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import shapely

from sarhad.errors import SpecError, StoreError
from sarhad.ingest import (
    TOPICS,
    Area,
    Ask,
    Brought,
    Manners,
    Order,
    Session,
    incidents,
    joined,
    note_made,
    osm,
    places,
    terrain,
)
from sarhad.ingest.download import Fetched
from sarhad.programme import Programme, declared, require_none
from sarhad.programme.folder import HEAD
from sarhad.programme.frames import typed_frame
from sarhad.programme.text import UnreadableError, canonical_csv, read_csv
from sarhad.workflow.creating import read_line
from sarhad.workflow.folders import require_target
from sarhad.workflow.outcome import Outcome
from sarhad.workflow.steps import OnStep, Step

MODULES: dict[str, ModuleType] = dict(zip(TOPICS, (terrain, osm, places, incidents), strict=True))
WHOLE = ("crossing", "district", "river", "road")  # tables whose rows of two sources would overlap
MARGIN_KM = 40.0  # beyond the line: twice what is looked at from it


@dataclass(frozen=True)
class Where:
    """The area to fetch: a border line, a programme that holds one, or a box of degrees.

    Parameters
    ----------
    border, programme
        Files; a programme also receives what is fetched.
    box
        West, south, east, north.
    margin_km
        Beyond the line.
    """

    border: Path | None = None
    programme: Path | None = None
    box: tuple[float, ...] | None = None
    margin_km: float = MARGIN_KM


@dataclass(frozen=True)
class From:
    """What of a source is asked for; see `ingest.Ask`."""

    base: str = ""
    release: str = ""
    countries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    has_every_place: bool = False


def fetch(
    topic: str,
    folder: Path,
    where: Where,
    source: From | None = None,
    *,
    manners: Manners | None = None,
    is_replacing: bool = False,
    is_trial: bool = False,
    on_step: OnStep,
) -> Outcome:
    """Fetch a topic into a folder and, where a programme is named, its rows and sources into that.

    A trial asks for sizes alone. Broken off, the next call goes on where this one ended. In a programme, a row takes the
    place of one of the same id; crossings, districts, rivers and roads from elsewhere are replaced as a whole or not at
    all.

    Raises
    ------
    SpecError
        If topic, area or options are none.
    StoreError
        If a publisher is out of reach, sends what it should not, or the folder cannot be written to.
    RefusedError
        If other files stand in the folder under the names of these.
    DataError
        If the area holds nothing, or the rows do not serve the programme.
    """
    if topic not in MODULES:
        raise SpecError(f"{topic}: nothing of that name can be fetched. Give one of {', '.join(TOPICS)}.")
    if (folder / HEAD).exists():
        raise SpecError(
            f"-o {folder}: is a programme. Name another folder, and the programme with --programme."
        )
    prog = None if where.programme is None else Programme.open(where.programme)
    if where.programme is not None:
        require_target(where.programme, where.programme)
    ask = _ask(where, prog, source or From())
    session = Session(folder, manners or Manners(), is_replacing, _teller(on_step))
    session.ready()
    order: Order = MODULES[topic].order(ask, session)
    sizes = session.sizes(order.wanted)
    payload = _head(topic, folder, ask, sizes) | {"is_trial": is_trial}
    if is_trial:
        return Outcome(payload | _trial(order, sizes), _lines)
    fetched = session.bring(order.wanted, sizes)
    brought: Brought = MODULES[topic].made(ask, fetched)
    typed = _typed(brought)
    written = _write(folder, brought, typed, is_replacing=is_replacing)
    kept: tuple[str, ...] = ()
    if prog is not None and where.programme is not None:
        kept = _adopt(prog, typed, where.programme, is_replacing=is_replacing)
    payload |= {
        "files": [_file(one) for one in fetched],
        "made": [path.name for path in written],
        "tables": {name: len(frame) for name, frame in typed.items()},
        "programme": None if where.programme is None else str(where.programme),
        "notices": [*order.notices, *brought.notices, *kept],
    }
    return Outcome(payload, _lines)


def _teller(on_step: OnStep) -> Callable[[str, float, str], None]:
    def tell(stage: str, done: float, text: str) -> None:
        if not on_step(Step(stage, done, text)):
            raise KeyboardInterrupt

    return tell


def _head(topic: str, folder: Path, ask: Ask, sizes: Sequence[int | None]) -> dict[str, Any]:
    return {
        "topic": topic,
        "folder": str(folder),
        "area": asdict(ask.area),
        "bytes_to_come": sum(size or 0 for size in sizes),
        "files_of_unknown_size": sum(size is None for size in sizes),
    }


def _trial(order: Order, sizes: Sequence[int | None]) -> dict[str, Any]:
    files = [
        {"file": one.target.name, "url": one.url, "bytes_to_come": size}
        for one, size in zip(order.wanted, sizes, strict=True)
    ]
    return {"files": files, "notices": list(order.notices)}


def _ask(where: Where, prog: Programme | None, source: From) -> Ask:
    given = [one is not None for one in (where.border, where.programme, where.box)]
    if not any(given) or (where.border is not None and where.programme is not None):
        raise SpecError("fetch: where? Give --border LINE.geojson, --programme PROGRAMME or --bbox W,S,E,N.")
    line: shapely.LineString | None = None
    countries = source.countries
    if prog is not None and "border" in prog.tables:
        line, row = prog.line(), prog["border"].iloc[0]
        countries = countries or (str(row["inside_country"]), str(row["beyond_country"]))
    elif where.border is not None:
        line = read_line(where.border)
    if where.box is not None and len(where.box) != 4:
        raise SpecError("--bbox: give four numbers, west,south,east,north, in degrees.")
    if where.box is None and line is None:
        raise SpecError(f"{where.programme}: holds no border line. Give --bbox W,S,E,N too.")
    for one in countries:
        if not (len(one) == 3 and one.isascii() and one.isalpha()):
            raise SpecError(f"--country {one}: not ISO 3166-1 alpha-3. Give three letters, such as FRA.")
    area = Area(*where.box) if where.box is not None else Area.about(line, where.margin_km)
    return Ask(
        area,
        line,
        tuple(one.upper() for one in countries),
        source.base,
        source.release,
        source.regions,
        source.has_every_place,
    )


def _typed(brought: Brought) -> dict[str, pd.DataFrame]:
    """Return the rows as the dictionary declares them."""
    typed, faults = {}, []
    for name, frame in {**brought.tables, "source": pd.DataFrame(brought.sources)}.items():
        typed[name], wrong = typed_frame(declared().table(name), frame)
        faults += wrong
    require_none(faults)
    return typed


def _write(
    folder: Path, brought: Brought, typed: Mapping[str, pd.DataFrame], *, is_replacing: bool
) -> list[Path]:
    """Write the tables as CSV, the sources joined to those of earlier fetches, and the other files; return all."""
    written = dict(brought.files)
    for name, frame in typed.items():
        table, path = declared().table(name), folder / f"{name}.csv"
        is_kept = name == "source" and path.exists() and not is_replacing
        older = [_sources(path)] if is_kept else []
        written[path] = canonical_csv(table, joined(frame.iloc[:0], [*older, frame]))
    for path, data in written.items():
        note_made(path, data, is_replacing=is_replacing)
    return sorted(written)


def _sources(path: Path) -> pd.DataFrame:
    """Return the sources of earlier fetches."""
    try:
        found, faults = read_csv(declared().table("source"), path.read_bytes())
    except UnreadableError as error:
        raise StoreError(f"{path}: {error.text}. {error.remedy}") from error
    require_none(faults)
    return found


def _adopt(
    prog: Programme, typed: Mapping[str, pd.DataFrame], path: Path, *, is_replacing: bool
) -> tuple[str, ...]:
    """Save the programme with the rows; return what is said of tables that were left as they are."""
    changes, notices = {}, []
    for name, frame in typed.items():
        old = prog[name]
        if name not in WHOLE or old.empty:
            changes[name] = joined(old, [frame])
        elif is_replacing or _is_ours(old, typed["source"]):
            changes[name] = frame
        else:
            notices.append(
                f"{name}: {path} keeps its own {len(old):,} rows; --replace puts the {len(frame):,} fetched ones in their "
                "place"
            )
    changed = prog.with_changes(changes)
    require_none(fault for fault in changed.check() if fault.table in changes and fault.severity == "error")
    changed.save(path)
    return tuple(notices)


def _is_ours(rows: pd.DataFrame, sources: pd.DataFrame) -> bool:
    """Tell whether all rows came from these sources and none from elsewhere."""
    known = set(sources["id"])
    return all(ids and set(ids) <= known for ids in rows["source_ids"])


def _file(one: Fetched) -> dict[str, Any]:
    return {
        "file": one.wanted.target.name,
        "url": one.wanted.url,
        "bytes": one.n_bytes,
        "sha256": one.sha256,
        "checked_by": one.checked_by,
        "was_there": one.was_there,
    }


def _lines(payload: Mapping[str, Any]) -> Iterator[str]:
    for file in payload["files"]:
        if payload["is_trial"]:
            size = file["bytes_to_come"]
            yield f"{file['file']}: {'size not known' if size is None else f'{size / 1e6:,.1f} MB to come'}  {file['url']}"
        else:
            state = "was there" if file["was_there"] else f"checked by {file['checked_by']}"
            yield f"{file['file']}: {file['bytes'] / 1e6:,.1f} MB, {state}"
    if payload["is_trial"]:
        unknown = payload["files_of_unknown_size"]
        more = f", and {unknown} file(s) of unknown size" if unknown else ""
        yield f"{payload['bytes_to_come'] / 1e6:,.1f} MB to come{more}"
    else:
        yield f"{payload['folder']}: {', '.join(payload['made'])}"
        rows = ", ".join(f"{count:,} {name}" for name, count in payload["tables"].items())
        yield f"rows: {rows}" + (f"; added to {payload['programme']}" if payload["programme"] else "")
    yield from payload["notices"]
