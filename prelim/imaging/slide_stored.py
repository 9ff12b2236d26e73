"""A slide as its file has it, whatever library opens it.

The libraries are an optional extra, imported where they are needed; everything that they raise on damaged input
becomes a named error.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from prelim.errors import InputError, UnavailableError
from prelim.imaging.dicom import DAMAGE

Rgb = npt.NDArray[np.uint8]
MAX_SLIDE_EDGE_PX = 2**20
MAX_TILE_PX = 2**26
"""A tile is decoded whole: 8192 × 8192 pixels are 200 MB."""
CACHE_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Level:
    """One resolution of the slide. `index` is its place in the file."""

    index: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Stored:
    """A slide as its file has it. `read(index, y, x, rows, columns)` gives (rows, columns, 3) of one level.

    `mpp` is (x, y) µm a pixel of the first level and `power` the objective's, as stated, whatever they are worth.
    """

    levels: tuple[Level, ...]
    mpp: tuple[float | None, float | None]
    power: float | None
    vendor: str
    read: Callable[[int, int, int, int, int], Rgb]
    close: Callable[[], None]
    grey: bool = False
    issues: tuple[str, ...] = ()


def library(module: str) -> Any:
    """A module of the extra. UnavailableError library_missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UnavailableError(
            "library_missing", f"Slides need {module}.", "Install it: pip install -c constraints.txt -e '.[slides]'"
        ) from error


@contextmanager
def decoding(name: str, *damage: type[BaseException]) -> Iterator[None]:
    """What a library raises on damaged input, by name."""
    known: tuple[type[BaseException], ...] = (*damage, *DAMAGE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd but harmless tags
            yield
    except known as error:
        raise InputError("cannot_decode", f"{name} cannot be decoded as a slide.", "Export it again.", name) from error


def number(stated: str | None) -> float | None:
    """A property's number, NaN (which lies within no bounds) for what is none."""
    try:
        return None if stated is None else float(stated)
    except ValueError:
        return float("nan")


def check_tile(tile_px: float, name: str) -> None:
    """InputError too_large for a tile that would fill the memory."""
    if tile_px > MAX_TILE_PX:
        raise InputError("too_large", f"{name} has a tile of {tile_px:.0f} pixels.", "Export it in tiles.", name)
