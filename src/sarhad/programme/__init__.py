"""The one object that all layers share: the programme, its dictionary, its checks and its two forms on disk."""

from __future__ import annotations

from sarhad.programme.dictionary import Column, Dictionary, Setting, Table, declared
from sarhad.programme.faults import Fault, require_none, summarise
from sarhad.programme.programme import Programme, inspect
from sarhad.programme.quarters import Quarter, first_open, horizon

__all__ = [
    "Column",
    "Dictionary",
    "Fault",
    "Programme",
    "Quarter",
    "Setting",
    "Table",
    "declared",
    "first_open",
    "horizon",
    "inspect",
    "require_none",
    "summarise",
]
