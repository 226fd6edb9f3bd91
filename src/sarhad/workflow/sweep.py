"""Many searches that do not wait for each other: on this machine, or on the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sarhad.errors import SpecError

T = TypeVar("T")
CONNECT_SECONDS = 10


def sweep(
    function: Callable[..., T], shared: tuple[object, ...], parts: Sequence[object], *, scheduler: str | None
) -> list[T]:
    """Return ``function(*shared, part)`` of every part, in their order.

    Parameters
    ----------
    function
        A function of a module that the workers can import.
    shared
        What every call needs; sent to the workers once.
    parts
        One for each call.
    scheduler
        Address of a Dask scheduler such as ``tcp://host:8786``; None: one call after the other, here.

    Raises
    ------
    SpecError
        If Dask is not installed, or nothing answers at the address.

    Notes
    -----
    The numbers are the same either way when the calls end by a work limit; where the clock ends them they depend on the
    machine, here as there. Workers need the same version of sarhad.
    """
    if scheduler is None:
        return [function(*shared, part) for part in parts]
    with _client(scheduler) as client:
        sent = [client.scatter(thing, broadcast=True, hash=False) for thing in shared]
        calls = [client.submit(function, *sent, part, pure=False) for part in parts]
        found: list[T] = client.gather(calls)
        return found


def _client(scheduler: str) -> Any:
    """Return a client of the scheduler."""
    try:
        from distributed import Client
    except ImportError as error:
        raise SpecError(
            f"--scheduler {scheduler}: Dask is not installed. Install it with `pip install 'sarhad[dask]'`, "
            "or leave --scheduler out."
        ) from error
    try:
        return Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SpecError(
            f"--scheduler {scheduler}: nothing answers there ({error}). Start one with `dask scheduler`, or "
            "leave --scheduler out."
        ) from error
