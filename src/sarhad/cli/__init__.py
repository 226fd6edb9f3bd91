"""The command line: thin commands over `sarhad.workflow`; the only place that prints."""

from __future__ import annotations


def main() -> None:
    """Run the `sarhad` command."""
    from sarhad.cli.app import app

    app()
