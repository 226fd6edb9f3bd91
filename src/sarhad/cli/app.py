"""The application with all its commands."""

from __future__ import annotations

from sarhad.cli import programmes, questions, schedules  # isort: skip
from sarhad.cli import places  # isort: skip
from sarhad.cli import corridors  # isort: skip
from sarhad.cli import fetching  # isort: skip
from sarhad.cli.options import app

COMMANDS = (programmes, questions, schedules, places, corridors, fetching)  # each has added its own to `app`

__all__ = ["COMMANDS", "app"]
