"""The documentation page of the data dictionary, made from the dictionary itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sarhad.programme.dictionary import Column, Table, declared

PAGE = Path(__file__).parents[3] / "docs" / "data_dictionary.md"

_HEAD = """\
# Data dictionary

Made from `src/sarhad/programme/` by `python -m sarhad.programme.page`; a test keeps it current.

A programme is a folder with one CSV a table, or one `.gpkg` file with the same tables. **key**: part of the id of a row.
**yes**: must be filled. Lists are joined by `;`, geometry is WKT in lon lat (WGS 84), booleans are `true` or `false`, blank is
missing unless a default is given. **assumed by**: of numbers that a model reads, the column that tells whether they are assumed. Facts come from outside (writer `given`); every other table has one writer, which replaces it.
"""


def dictionary_page() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD, *(_section(table) for table in declared().tables.values()), "\n".join(_settings())]
    return "\n".join(parts) + "\n"


def _section(table: Table) -> str:
    lines = [
        f"## {table.name}\n",
        f"{table.description[0].upper()}{table.description[1:]}. Group: {table.group}; writer: {table.writer}.\n",
        "| column | type | unit | required | default | range | references | assumed by | meaning |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(column) for column in table.columns),
    ]
    return "\n".join(lines) + "\n"


def _row(column: Column) -> str:
    required = "key" if column.is_key else "yes" if column.is_required else ""
    kind = {"choice": " \\| ".join(column.choices), "geometry": column.geometry_type}.get(
        column.type, column.type
    )
    target = ".".join(column.references) if column.references else ""
    cells = (
        f"`{column.name}`",
        kind,
        column.unit,
        required,
        column.default,
        column.range,
        target,
        column.assumed_by,
        column.description,
    )
    return "| " + " | ".join(cells) + " |"


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "In `programme.toml` as `[setting.NAME]` with `value` and, where it is uncertain, `low` and `high`.\n"
    yield "| setting | type | unit | default | range | meaning |"
    yield "|---|---|---|---|---|---|"
    for s in declared().settings.values():
        yield f"| `{s.id}` | {s.type} | {s.unit} | {s.default} | {s.range} | {s.description} |"


if __name__ == "__main__":
    PAGE.write_text(dictionary_page(), "utf-8")
