"""The fonts shipped with the report, for matplotlib and for the page."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from matplotlib import font_manager

LATIN = "Noto Sans"
ARABIC = "Noto Sans Arabic"
LAST_RESORT = "DejaVu Sans"  # comes with matplotlib, has signs the others lack


class Face(NamedTuple):
    """One font file: family, weight of CSS, file name."""

    family: str
    weight: int
    file: str


LATIN_FACES = (Face(LATIN, 400, "NotoSans-Regular.ttf"), Face(LATIN, 700, "NotoSans-Bold.ttf"))
ARABIC_FACES = (Face(ARABIC, 400, "NotoSansArabic-Regular.ttf"), Face(ARABIC, 700, "NotoSansArabic-Bold.ttf"))
SCRIPTS: Mapping[str, str] = {"ar": ARABIC, "fa": ARABIC, "prs": ARABIC}


def families(language_code: str) -> list[str]:
    """Return the font families of a language, first choice first."""
    first = SCRIPTS.get(language_code)
    return [f for f in (first, LATIN, LAST_RESORT) if f]


def faces(language_code: str) -> tuple[Face, ...]:
    """Return the faces that a page in this language embeds."""
    return (*ARABIC_FACES, *LATIN_FACES) if language_code in SCRIPTS else LATIN_FACES


@lru_cache(maxsize=1)
def register() -> None:
    """Tell matplotlib about the fonts shipped here; once a process."""
    for face in (*LATIN_FACES, *ARABIC_FACES):
        font_manager.fontManager.addfont(str(_file(face)))


def css(language_code: str) -> str:
    """Return the ``@font-face`` rules with the fonts inside them."""
    return "\n".join(
        f'@font-face{{font-family:"{face.family}";font-weight:{face.weight};font-display:swap;'
        f"src:url(data:font/ttf;base64,{base64.b64encode(_file(face).read_bytes()).decode()}) format('truetype')}}"
        for face in faces(language_code)
    )


def _file(face: Face) -> Path:
    return Path(str(files("sarhad.report") / "fonts" / face.file))
