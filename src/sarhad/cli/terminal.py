"""What commands share: data on standard output, progress on standard error, errors to exit statuses."""

from __future__ import annotations

import functools
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec

import typer
from typer.core import TyperGroup

from sarhad.errors import DataError, RefusedError, SarhadError, SpecError, StoreError

if TYPE_CHECKING:
    from types import FrameType

    from sarhad.workflow.steps import Step

P = ParamSpec("P")

TELL_EVERY_S = 5.0
BAD_DATA, USAGE, INFEASIBLE, REFUSED, INTERRUPTED = 1, 2, 3, 4, 130


def emit(payload: Mapping[str, Any], *, as_json: bool, lines: Callable[[], Iterator[str]]) -> None:
    """Print a result on standard output: one JSON object, or lines for people."""
    if as_json:
        typer.echo(json.dumps(payload, ensure_ascii=False, indent=2, sort_keys=False, allow_nan=False))
        return
    for line in lines():
        typer.echo(line)


def exit_status(error: SarhadError) -> int:
    """Return the exit status of an error: 2 for what was asked or cannot be written, 4 by a rule, 1 for bad data."""
    if isinstance(error, RefusedError):
        return REFUSED
    if isinstance(error, SpecError) or (isinstance(error, StoreError) and error.is_output):
        return USAGE
    return BAD_DATA


def command(function: Callable[P, int | None]) -> Callable[P, None]:
    """Return the command with errors turned into one clear message and an exit status.

    The wrapped function returns its exit status, None meaning 0.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = function(*args, **kwargs) or 0
        except SarhadError as error:
            _say_error(error, as_json=bool(kwargs.get("as_json")))
            status = exit_status(error)
        except KeyboardInterrupt:
            typer.echo("Interrupted: no answer is kept.", err=True)
            status = INTERRUPTED
        except BrokenPipeError:
            sys.stderr.close()
            status = 0
        raise typer.Exit(status)

    return run


def _say_error(error: SarhadError, *, as_json: bool) -> None:
    kind = type(error).__name__
    typer.echo(f"{kind}: {error}", err=True)
    if as_json:
        body: dict[str, object] = {"kind": kind, "text": str(error)}
        if isinstance(error, DataError):
            body |= {"table": error.table, "column": error.column, "ids": list(error.ids)}
        _echo_error(body)


def _echo_error(body: Mapping[str, object]) -> None:
    typer.echo(json.dumps({"error": body}, ensure_ascii=False, indent=2))


# the error of the parser, which typer does not export by name
UsageError: type[Any] = typer.BadParameter.__mro__[1]


class Commands(TyperGroup):
    """The commands; a usage error with --json among the words is also one object on standard output."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Read the words of the command line."""
        self._is_json = "--json" in args
        with self._telling():
            return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the words name."""
        with self._telling():
            return super().invoke(ctx)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except UsageError as error:
            if self._is_json:
                _echo_error({"kind": "UsageError", "text": error.format_message()})
            raise


class Watch:
    """Shows steps on standard error; after Ctrl-C its answer to a step is to stop.

    Ctrl-C while an answer is being made asks the computation to stop and keep it; at other times it interrupts at
    once. Pressed a second time it ends the process as the system does, also while a solver holds it: saves are whole
    at any moment.
    """

    def __init__(self, *, quiet: bool) -> None:
        self.is_stopping = False
        self._keeps = False
        self._quiet = quiet
        self._bar: Any = None
        self._told = ("", 0.0)

    def __call__(self, step: Step) -> bool:
        """Show the step; return False when the user wants to stop."""
        self._keeps = step.keeps_answer
        if not self._quiet:
            if sys.stderr.isatty():
                self._show(step)
            else:
                self._tell(step)
        return not self.is_stopping

    def _tell(self, step: Step) -> None:
        """Write a line when a stage begins and then every few seconds: for logs and pipes."""
        now = time.monotonic()
        if step.stage != self._told[0] or now - self._told[1] >= TELL_EVERY_S:
            self._told = (step.stage, now)
            typer.echo(f"{step.stage}  {step.text}".rstrip(), err=True)

    def _show(self, step: Step) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description:<12}"),
                BarColumn(bar_width=24),
                TimeElapsedColumn(),
                TextColumn("{task.fields[text]}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._bar.start()
        tasks = {task.description: task.id for task in self._bar.tasks}
        known = tasks.get(step.stage)
        if known is None:
            for task in self._bar.tasks:
                self._bar.update(task.id, completed=1.0)
            known = self._bar.add_task(step.stage, total=1.0, text="")
        self._bar.update(known, completed=step.done, text=step.text)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle Ctrl-C."""
        del number, frame
        if self.is_stopping or not self._keeps:
            raise KeyboardInterrupt
        self.is_stopping = True
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        typer.echo("Stopping; the best answer so far is kept. Press Ctrl-C again to stop at once.", err=True)

    def close(self) -> None:
        """Leave the progress bars as they are."""
        if self._bar is not None:
            for task in self._bar.tasks:
                self._bar.update(task.id, completed=1.0)
            self._bar.stop()
            self._bar = None


@contextmanager
def watching(*, quiet: bool = False) -> Iterator[Watch]:
    """Return a `Watch` that also receives Ctrl-C while the block runs."""
    watch = Watch(quiet=quiet)
    before = signal.signal(signal.SIGINT, watch.interrupt)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGINT, before)
        watch.close()
