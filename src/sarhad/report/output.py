"""Write a report into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sarhad.errors import StoreError
from sarhad.programme.written import write_whole
from sarhad.report.content import Content
from sarhad.report.language import SOURCE, language
from sarhad.report.page import page
from sarhad.report.pictures import pictures
from sarhad.report.tables import tables
from sarhad.report.workbook import workbook


@dataclass(frozen=True)
class Written:
    """What was written: the page, the workbook, the figures."""

    page: Path
    workbook: Path
    figures: tuple[Path, ...]


def write(content: Content, out_dir: Path | str, lang: str = SOURCE, *, also: Sequence[str] = ()) -> Written:
    """Write the report in one language and return the paths.

    Parameters
    ----------
    content
        What to show.
    out_dir
        Folder; made where it does not exist.
    lang
        Code of the language; the page is ``report.html`` in English, ``report.ar.html`` in Arabic and so on.
    also
        Other languages that are written into the same folder: the page links to them.

    Raises
    ------
    SpecError
        If there is no catalogue for the language.
    StoreError
        If the folder cannot be written.

    Notes
    -----
    Same content, same bytes. Everything is made before the first file is written.
    """
    tongue, folder = language(lang), Path(out_dir)
    others = tuple(language(code) for code in also if code != lang)
    drawn, made = pictures(content, tongue), tables(content, tongue)
    files = {
        folder / f"report{tongue.suffix}.html": page(content, tongue, drawn, made, others).encode(),
        folder / f"report{tongue.suffix}.xlsx": workbook(content, made, tongue),
    }
    figures = {
        folder / "figures" / f"{name}{tongue.suffix}.{kind}": getattr(picture, kind)
        for name, picture in drawn.items()
        for kind in ("png", "svg")
    }
    try:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise StoreError(
            f"{folder}: the report cannot be written: {fault}. Choose another folder.", is_output=True
        ) from fault
    for path, data in {**figures, **files}.items():
        write_whole(path, partial(Path.write_bytes, data=data))
    html, xlsx = files
    return Written(html, xlsx, tuple(figures))
