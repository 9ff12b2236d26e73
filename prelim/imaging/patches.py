"""What of a slide is shown: squares of 896 pixels at 10× that hold tissue, one at a time.

MedGemma's model card and its notebooks: non-overlapping 896 × 896 patches at 10×, at most 125, in rows from the top.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from PIL import Image

from prelim.imaging.sampling import evenly
from prelim.imaging.slide_stored import Level, Rgb
from prelim.imaging.slides import Slide
from prelim.imaging.tissue import Tissue
from prelim.types import BoxPx

PATCH_PX = 896
PATCH_UM = 1.0
"""A pixel at 10×."""
MOST_PATCHES = 125
TISSUE_SHARE = 0.25
"""The least share of tissue in a patch: a needle core crosses a patch in less than half of its width."""
_LEVEL_TOLERANCE = 1.01
"""Levels are rounded to whole pixels: one of 4.016 serves as one of 4."""


@dataclass(frozen=True)
class PatchPlan:
    """The regions to show, row-major, in level-0 pixels; `total`: how many hold tissue, before sampling."""

    regions: tuple[BoxPx, ...]
    total: int
    issues: tuple[str, ...] = ()


def plan_patches(slide: Slide, tissue: Tissue, most: int = MOST_PATCHES) -> PatchPlan:
    """The squares of the grid with enough tissue, at most `most` of them evenly over all, both ends kept.

    Where there is tissue but no square has enough, the one with the most.
    """
    across, down = (PATCH_PX * PATCH_UM / um for um in slide.pixel_um)
    squares = grid(slide.rows, slide.columns, down, across)
    shares = [_share(tissue, square) for square in squares]
    found = [square for square, share in zip(squares, shares, strict=True) if share >= TISSUE_SHARE]
    issues = [] if max(slide.pixel_um) <= PATCH_UM else ["The slide was scanned below 10×: its patches are enlarged."]
    if not found and max(shares) > 0:
        found = [squares[int(np.argmax(shares))]]
        issues.append("There is little tissue on the slide: the one patch with the most is shown.")
    return PatchPlan(tuple(found[at] for at in evenly(len(found), most)), len(found), tuple(issues))


def grid(rows: int, columns: int, down_px: float, across_px: float) -> list[BoxPx]:
    """Whole squares in the middle of a slide, row-major; a slide smaller than one is one region as it is."""
    return [(y0, x0, y1, x1) for y0, y1 in _cuts(rows, down_px) for x0, x1 in _cuts(columns, across_px)]


def _cuts(size: int, step: float) -> list[tuple[float, float]]:
    count = math.floor(size / step + 1e-9)
    if count == 0:
        return [(0.0, float(size))]
    begin = max(0.0, (size - count * step) / 2)
    edges = [min(float(size), begin + at * step) for at in range(count + 1)]
    return list(pairwise(edges))


def _share(tissue: Tissue, region: BoxPx) -> float:
    """The share of tissue in a region of level-0 pixels."""
    (down, across), (rows, columns) = tissue.pixel_px, tissue.mask.shape
    top, left = min(rows - 1, int(region[0] / down)), min(columns - 1, int(region[1] / across))
    bottom, right = max(top + 1, round(region[2] / down)), max(left + 1, round(region[3] / across))
    return float(tissue.mask[top:bottom, left:right].mean())


def read_patches(slide: Slide, regions: Sequence[BoxPx]) -> Iterator[Rgb]:
    """Each region at 10×, one at a time. InputError cannot_decode."""
    return (read_patch(slide, region) for region in regions)


def read_patch(slide: Slide, region: BoxPx) -> Rgb:
    """A region of level-0 pixels at 10×: (896, 896, 3), less where the slide is smaller. InputError cannot_decode.

    Read from the coarsest level that is not coarser than 10×, averaged in blocks while more than twice too fine,
    and then resampled.
    """
    scale_y, scale_x = PATCH_UM / slide.pixel_um[1], PATCH_UM / slide.pixel_um[0]
    level = _level_for(slide, min(scale_y, scale_x))
    down, across = slide.downsample(level)
    y0, x0, y1, x1 = region[0] / down, region[1] / across, region[2] / down, region[3] / across
    box = (int(y0), int(x0), min(level.rows, math.ceil(y1 - 1e-6)), min(level.columns, math.ceil(x1 - 1e-6)))
    factor = max(1, int(min(scale_y / down, scale_x / across) / 2))
    pixels = Image.fromarray(slide.read(level, box, factor))
    size = (_whole((region[3] - region[1]) / scale_x), _whole((region[2] - region[0]) / scale_y))
    inside = ((x0 - box[1]) / factor, (y0 - box[0]) / factor, (x1 - box[1]) / factor, (y1 - box[0]) / factor)
    inside = (*inside[:2], min(inside[2], pixels.width), min(inside[3], pixels.height))
    return np.asarray(pixels.resize(size, Image.Resampling.LANCZOS, inside))


def _whole(size: float) -> int:
    return min(PATCH_PX, max(1, round(size)))


def _level_for(slide: Slide, wanted: float) -> Level:
    """The coarsest level of at most `wanted` level-0 pixels to one, level 0 where all are coarser."""
    fine = [level for level in slide.levels if max(slide.downsample(level)) <= wanted * _LEVEL_TOLERANCE]
    return fine[-1] if fine else slide.levels[0]
