"""The doors. `from app import Prelim` is what scripts use; the `prelim` command stands on the same facade."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.facade import Prelim

__all__ = ["Prelim"]


def __getattr__(name: str) -> Any:
    """The facade is imported on first use, so that `prelim --help` answers at once."""
    if name != "Prelim":
        raise AttributeError(f"module 'app' has no attribute '{name}'")
    from app.facade import Prelim

    return Prelim
