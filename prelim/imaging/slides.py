"""Whole-slide images: their levels, how large a pixel is, and pieces of a level read within bounds of memory.

A slide is read through its own path and never whole. The label and macro images that travel with it carry names and
are never read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image

from prelim.errors import InputError
from prelim.imaging.dicom import is_dicom
from prelim.imaging.slide_dicom import open_dicom
from prelim.imaging.slide_stored import MAX_SLIDE_EDGE_PX, Level, Rgb, Stored
from prelim.imaging.slide_tiff import open_tiff

TEN_TIMES_UM = 10.0
"""A pixel at magnification m is 10/m µm: 1 µm at 10×, 0.25 µm at 40×. The convention of scanners and of OpenSlide."""
ASSUMED_UM = 0.5
_UM_BOUNDS, _POWER_BOUNDS, _MAX_EDGE_UM = (0.05, 20.0), (1.0, 150.0), 500_000.0
"""A glass slide is 76 mm long and a whole-mount one below 200 mm."""
_MAX_STRETCH = 2.0
_BLOCK_PX = 2048


@dataclass(frozen=True)
class Slide:
    """An open slide; use it as a context manager. Level 0 is the largest, and its pixels are the frame of all regions.

    `mpp` is the size (x, y) of a level-0 pixel in µm that the slide states, None where it states none that can be;
    `pixel_um` the size that magnification goes by: the stated one, the objective's or an assumed one, as `issues` say.
    `grey`: a monochrome slide, shown as RGB.
    """

    levels: tuple[Level, ...]
    mpp: tuple[float, float] | None
    pixel_um: tuple[float, float]
    objective_power: float | None
    vendor: str
    grey: bool
    issues: tuple[str, ...]
    stored: Stored

    @property
    def rows(self) -> int:
        """Rows of level 0."""
        return self.levels[0].rows

    @property
    def columns(self) -> int:
        """Columns of level 0."""
        return self.levels[0].columns

    def downsample(self, level: Level) -> tuple[float, float]:
        """Level-0 pixels to one of a level, (y, x)."""
        return self.rows / level.rows, self.columns / level.columns

    def read(self, level: Level, box: tuple[int, int, int, int], factor: int = 1) -> Rgb:
        """The box (y0, x0, y1, x1) of a level's own pixels, averaged `factor` to one, the last ones of what is left.

        Read in blocks, so that memory is bounded by the outcome. InputError cannot_decode.
        """
        y0, x0, y1, x1 = box
        out = np.empty((math.ceil((y1 - y0) / factor), math.ceil((x1 - x0) / factor), 3), np.uint8)
        step = max(1, _BLOCK_PX // factor) * factor
        for y in range(y0, y1, step):
            for x in range(x0, x1, step):
                piece = self.stored.read(level.index, y, x, min(step, y1 - y), min(step, x1 - x))
                small = np.asarray(Image.fromarray(piece).reduce(factor)) if factor > 1 else piece
                top, left = (y - y0) // factor, (x - x0) // factor
                out[top : top + small.shape[0], left : left + small.shape[1]] = small
        return out

    def __enter__(self) -> "Slide":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stored.close()


def open_slide(paths: Sequence[Path], name: str, mpp: float | None = None) -> Slide:
    """The slide that one TIFF-based file, or the files of one DICOM series, hold.

    `mpp` is the µm of a level-0 pixel that the caller knows, used where the slide states none.
    InputError cannot_decode, unsupported, truncated, too_large, no_pixels; UnavailableError library_missing.
    """
    with paths[0].open("rb") as file:
        dicom = is_dicom(file.read(132).ljust(133, b"\0"))
    return slide_of(open_dicom(paths, name) if dicom else open_tiff(paths[0], name), name, mpp)


def slide_of(stored: Stored, name: str, mpp: float | None = None) -> Slide:
    """A slide checked: levels that can be, and the size of a pixel. InputError no_pixels, too_large."""
    try:
        levels = _levels(stored.levels, name)
    except InputError:
        stored.close()
        raise
    stated, power = _plausible_mpp(*stored.mpp, levels[0]), _within(stored.power, _POWER_BOUNDS)
    issues = stored.issues
    if stated is not None:
        pixel_um = stated
    else:
        what = "no pixel size" if stored.mpp == (None, None) else "a pixel size that cannot be"
        pixel_um, said = _pixel_um(_plausible_mpp(mpp, mpp, levels[0]), power, what)
        issues = (*issues, said)
    return Slide(levels, stated, pixel_um, power, stored.vendor, stored.grey, issues, stored)


def _pixel_um(given: tuple[float, float] | None, power: float | None, what: str) -> tuple[tuple[float, float], str]:
    """The µm (x, y) of a level-0 pixel where the slide does not state it, and what is to be said of it."""
    if given is not None:
        return given, f"The slide states {what}: the one given with the case is used."
    if power is not None:
        um = TEN_TIMES_UM / power
        return (um, um), f"The slide states {what}: its magnification is taken from the objective."
    said = f"The slide states {what}: 20× is assumed, so the magnification shown is a guess."
    return (ASSUMED_UM, ASSUMED_UM), said


def _plausible_mpp(x: float | None, y: float | None, level: Level) -> tuple[float, float] | None:
    """The size (x, y) of a pixel where a scanner can have made it; one that is not stated is as the other."""
    across, down = _within(y if x is None else x, _UM_BOUNDS), _within(x if y is None else y, _UM_BOUNDS)
    if across is None or down is None or not 1 / _MAX_STRETCH <= across / down <= _MAX_STRETCH:
        return None
    return None if max(across * level.columns, down * level.rows) > _MAX_EDGE_UM else (across, down)


def _within(number: float | None, bounds: tuple[float, float]) -> float | None:
    """The number where it lies within bounds; NaN does not."""
    return number if number is not None and bounds[0] <= number <= bounds[1] else None


def _levels(stored: Sequence[Level], name: str) -> tuple[Level, ...]:
    """The levels from the largest to the smallest, without those of another shape than the largest."""
    levels = sorted((level for level in stored if min(level.rows, level.columns) > 0), key=lambda one: -one.columns)
    if not levels:
        raise InputError("no_pixels", f"{name} is a slide without pixels.", "Export it again.", name)
    first = levels[0]
    if max(first.rows, first.columns) > MAX_SLIDE_EDGE_PX:
        said = f"{name} claims {first.rows}×{first.columns} pixels."
        raise InputError("too_large", said, "Export the part that matters.", name)
    return tuple(level for level in levels if _same_shape(level, first))


def _same_shape(level: Level, first: Level) -> bool:
    """Whether a level shows all of the first, within what rounding its size to whole pixels, or tiles, may do."""
    down, across = first.rows / level.rows, first.columns / level.columns
    return abs(down - across) <= max(0.05 * across, down / level.rows + across / level.columns)
