"""Where on a slide there is tissue.

Stained tissue is coloured and glass is not: a threshold on the chroma (the spread of R, G and B) found by Otsu's
method, held within bounds so that neither a blank slide nor one full of tissue is cut in two. A monochrome slide is
cut by its grey levels.
Source: N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979) 62–66.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from prelim.imaging.slide_stored import Level, Rgb
from prelim.imaging.slides import Slide

Mask = npt.NDArray[np.bool_]
THUMBNAIL_PX = 2048
"""The longest the mask is."""
MAX_READ_PX = 2**27
"""A level larger than this is not read whole for its mask: blocks spread over it stand for it."""
_LEAST_CHROMA, _MOST_CHROMA = 12, 30
_LEAST_GREY_CONTRAST = 20
_BLACK = 50
"""Below this in every channel: ink, a border, a hole in the scan."""
_INK_CHROMA, _INK_SHARE = 90, 0.3
_CELLS, _SAMPLED_PX = 64, 256


@dataclass(frozen=True)
class Tissue:
    """A mask over the whole slide, True = tissue; `pixel_px` is the size (y, x) of its pixels in level-0 pixels."""

    mask: Mask
    pixel_px: tuple[float, float]
    issues: tuple[str, ...] = ()


def find_tissue(slide: Slide) -> Tissue:
    """The tissue of a slide, looked for on a small level. No tissue is an issue, not an error.

    InputError cannot_decode.
    """
    thumbnail, pixel_px, issues = _thumbnail(slide)
    mask = _grey_mask(thumbnail) if slide.grey else _colour_mask(thumbnail)
    mask = _without_specks(mask)
    if not mask.any():
        issues = (*issues, "No tissue was found on the slide.")
    return Tissue(mask, pixel_px, issues)


# ------------------------------------------------------------------ the thumbnail


def _thumbnail(slide: Slide) -> tuple[Rgb, tuple[float, float], tuple[str, ...]]:
    """All of the slide on at most 2048 pixels, the size of one of them, and what is to be said."""
    large = [level for level in slide.levels if max(level.rows, level.columns) >= THUMBNAIL_PX // 2]
    level = large[-1] if large else slide.levels[0]
    down, across = slide.downsample(level)
    if level.rows * level.columns > MAX_READ_PX:
        pixels, pixel_px = _sampled(slide, level)
        said = "The slide has no small level: tissue was looked for in samples of the large one."
        return pixels, (pixel_px * down, pixel_px * across), (said,)
    factor = math.ceil(max(level.rows, level.columns) / THUMBNAIL_PX)
    pixels = slide.read(level, (0, 0, level.rows, level.columns), factor)
    return pixels, (factor * down, factor * across), ()


def _sampled(slide: Slide, level: Level) -> tuple[Rgb, float]:
    """A block from the middle of each cell of a grid of at most 64 × 64, and the size of a pixel in the level's.

    Blocks begin at multiples of their own size, so that few of the file's tiles are decoded for each.
    """
    cell = math.ceil(max(level.rows, level.columns) / _CELLS / _SAMPLED_PX) * _SAMPLED_PX
    side = THUMBNAIL_PX // _CELLS
    within = (cell - _SAMPLED_PX) // 2 // _SAMPLED_PX * _SAMPLED_PX
    rows, columns = math.ceil(level.rows / cell), math.ceil(level.columns / cell)
    out = np.full((rows * side, columns * side, 3), 255, np.uint8)
    for row in range(rows):
        for column in range(columns):
            y, x = row * cell + within, column * cell + within
            box = (y, x, min(y + _SAMPLED_PX, level.rows), min(x + _SAMPLED_PX, level.columns))
            if box[0] < box[2] and box[1] < box[3]:
                small = Image.fromarray(slide.read(level, box)).resize((side, side), Image.Resampling.BOX)
                out[row * side : (row + 1) * side, column * side : (column + 1) * side] = np.asarray(small)
    return out, cell / side


# ------------------------------------------------------------------ the mask


def otsu(values: npt.NDArray[np.uint8]) -> int:
    """The threshold t that parts values ≤ t from those above with the greatest variance between the classes."""
    counts = np.bincount(values.ravel(), minlength=256).astype(np.float64)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    apart = sums / np.maximum(below, 1) - (sums[-1] - sums) / np.maximum(above, 1)
    return int(np.argmax(below * above * apart**2))


def _colour_mask(pixels: Rgb) -> Mask:
    """Coloured, once the glass's own tint is taken off, and neither black nor ink."""
    red, green, blue = _without_tint(pixels)
    brightest, darkest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    chroma, seen = brightest - darkest, brightest >= _BLACK
    if not seen.any():
        return np.zeros(seen.shape, np.bool_)
    mask: Mask = seen & (chroma > np.clip(otsu(chroma[seen]), _LEAST_CHROMA, _MOST_CHROMA))
    ink = mask & (red == darkest) & (chroma >= _INK_CHROMA)
    # Blue and green stains exist: what makes up much of the colour is no pen mark.
    return mask & ~ink if ink.sum() < _INK_SHARE * mask.sum() else mask


def _without_tint(pixels: Rgb) -> list[Rgb]:
    """The three channels as if the glass were white. What is pure white was not scanned: it says nothing of glass."""
    channels = [pixels[..., at] for at in range(3)]
    scanned = (channels[0] < 254) | (channels[1] < 254) | (channels[2] < 254)
    if scanned.mean() < 0.01:
        return channels
    return [_whitened(channel, channel[scanned]) for channel in channels]


def _whitened(channel: Rgb, scanned: Rgb) -> Rgb:
    """A channel scaled so that its brightest hundredth, the glass, is white."""
    counts = np.cumsum(np.bincount(scanned, minlength=256))
    glass = max(200, int(np.searchsorted(counts, 0.99 * counts[-1])))
    balanced: Rgb = np.minimum(np.rint(np.arange(256) * (255 / glass)), 255).astype(np.uint8)[channel]
    return balanced


def _grey_mask(pixels: Rgb) -> Mask:
    """The side of Otsu's threshold where the background is not: most of a slide is background."""
    grey = pixels[..., 0]
    threshold = otsu(grey)
    bright: Mask = grey > threshold
    if not bright.any() or bright.all():
        return np.zeros_like(bright)
    apart = float(grey[bright].mean()) - float(grey[~bright].mean())
    tissue: Mask = bright if bright.mean() < 0.5 else ~bright
    return tissue if apart >= _LEAST_GREY_CONTRAST else np.zeros_like(bright)


def _without_specks(mask: Mask) -> Mask:
    """Each pixel as most of the 5 × 5 around it."""
    blurred = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(2))
    most: Mask = np.asarray(blurred) >= 128
    return most
