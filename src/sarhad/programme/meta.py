"""The head of a programme: its name, titles and the version of its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sarhad.errors import StoreError
from sarhad.programme.dictionary import SCHEMA_VERSION
from sarhad.programme.faults import Fault

_FIELD = re.compile(r"name|licence|credit|(title|summary)_[a-z]{2,3}")


def meta_from(given: Mapping[str, Any], *, where: str) -> tuple[dict[str, str | int], list[Fault]]:
    """Return the head of a programme and what is wrong with it.

    Raises
    ------
    StoreError
        If it was written under a newer schema than this version of sarhad knows.
    """
    meta: dict[str, str | int] = {}
    faults = []
    for field, value in given.items():
        if field == "schema_version":
            continue
        if not _FIELD.fullmatch(field):
            remedy = "Fields: name, licence, credit, title_LANGUAGE, summary_LANGUAGE, schema_version."
            faults.append(Fault("programme", "", field, str(value), "is not a field of [programme]", remedy))
        elif not isinstance(value, str):
            faults.append(Fault("programme", "", field, str(value), "is not text", "Put it in quotes."))
        elif value:
            meta[field] = value
    if "name" not in meta:
        faults.append(Fault("programme", "", "name", "", "is missing", "Give the programme a short name."))
    version = given.get("schema_version")
    if not isinstance(version, int) or version < 1:
        remedy = f"Write schema_version = {SCHEMA_VERSION}."
        faults.append(
            Fault("programme", "", "schema_version", str(version or ""), "is not a version", remedy)
        )
    elif version > SCHEMA_VERSION:
        raise StoreError(
            f"{where} was written by a newer sarhad (schema version {version}; this one reads up to "
            f"{SCHEMA_VERSION}). Update sarhad, or ask for the programme in the older form."
        )
    return {**dict(sorted(meta.items())), "schema_version": SCHEMA_VERSION}, faults
