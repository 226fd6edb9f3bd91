"""sarhad: plan, schedule and follow a border programme, and see what each measure buys in security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sarhad.workflow.plotting import plot

__version__ = "0.1.0"
__all__ = ["__version__", "plot"]


def __getattr__(name: str) -> Any:
    """Return what is loaded only when it is asked for: figures need libraries that commands do without."""
    if name == "plot":
        from sarhad.workflow.plotting import plot

        return plot
    raise AttributeError(f"module 'sarhad' has no attribute {name!r}")
