"""A picture of a sheet of paper → the sheet: flat, evenly lit, upright, its lines level.

Pixels are (rows, columns), 8-bit grey, dark ink on bright paper. Angles are degrees clockwise.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from scipy.spatial import cKDTree

Grey = npt.NDArray[np.uint8]
SMALL_PX = 1400
"""The longer side of the copy on which a page is looked at."""
INK = 170
"""Darker than this, on evenly lit paper, is ink."""
LETTER_PX = 24
"""The upper quartile of letters' heights, of figures and capitals mostly, at which tesseract was measured to read well
at a fair price: smaller it loses points, larger nothing is gained."""
_UPPER = 75
_CLEARED = [min(255, max(0, round((grey - 30) * 255 / 170))) for grey in range(256)]
"""Paper to plain white and ink to plain black: on a grain of paper tesseract loses words, and its time."""
_MOST_PIXELS, _LEAST_FACTOR, _MOST_FACTOR, _FEW = 25e6, 0.25, 4.0, 10
_MOST_TILT, _COARSE, _FINE = 10.0, 0.5, 0.05
_LEAST_TILT = 0.1
_GLYPH_PX = (4, 60)
_MOST_POINTS = 30_000
_PAPER_PX, _WHITE = 500, np.float32(245)


class Upright(NamedTuple):
    """The sheet at a size that is read well, and what was done to it: turned by quarters clockwise, levelled by a tilt,
    cut out of a photograph, scaled by a factor. A sheet that lay sideways may still be upside down. `letters`: how many
    marks may be some.
    """

    pixels: Grey
    quarters: int
    tilt: float
    flattened: bool
    factor: float
    letters: int


class Glyphs(NamedTuple):
    """What may be letters on the small copy: their ink as places, and the height and box of each, in its pixels."""

    y: npt.NDArray[np.float64]
    x: npt.NDArray[np.float64]
    heights: npt.NDArray[np.int64]
    boxes: npt.NDArray[np.int64]


def upright(pixels: Grey) -> Upright:
    """The sheet as it is read, but for its being upside down, which only its text can say."""
    flat = flattened(pixels)
    even = evened(pixels if flat is None else flat)
    marks = glyphs(small(even))
    quarters = int(_is_sideways(marks.boxes))
    tilt = _tilt(-marks.x, marks.y) if quarters else _tilt(marks.y, marks.x)
    factor = _factor(even, marks)
    picture = _resized(even, factor)
    if quarters:
        picture = picture.transpose(Image.Transpose.ROTATE_270)
    if abs(tilt) >= _LEAST_TILT:  # after it was made larger: turned small, thin strokes fade
        picture = picture.rotate(tilt, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    return Upright(np.asarray(picture.point(_CLEARED)), quarters, tilt, flat is not None, factor, len(marks.heights))


def _factor(page: Grey, marks: Glyphs) -> float:
    """What makes the page's letters as large as is read best, and the page no larger than can be read."""
    most = (_MOST_PIXELS / page.size) ** 0.5
    if len(marks.heights) < _FEW:
        return float(min(1.0, most))
    widths = marks.boxes[:, 3] - marks.boxes[:, 1]
    heights = np.percentile(widths if _is_sideways(marks.boxes) else marks.heights, _UPPER)
    return float(min(max(LETTER_PX * shrink_of(page) / heights, _LEAST_FACTOR), _MOST_FACTOR, most))


def small(pixels: Grey) -> Grey:
    """A copy whose longer side has at most SMALL_PX."""
    return scaled(pixels, shrink_of(pixels))


def shrink_of(pixels: Grey) -> float:
    """How much smaller the small copy is."""
    return float(min(1.0, SMALL_PX / max(pixels.shape)))


def scaled(pixels: Grey, factor: float) -> Grey:
    """Larger or smaller."""
    return np.asarray(_resized(pixels, factor))


def _resized(pixels: Grey, factor: float) -> Image.Image:
    picture = Image.fromarray(pixels)
    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    kind = Image.Resampling.BOX if factor < 0.5 else Image.Resampling.BICUBIC
    return picture if factor == 1 else picture.resize(size, kind)


# ------------------------------------------------------------------ light


def evened(pixels: Grey) -> Grey:
    """Paper made white everywhere: divided by the brightness of the paper, which letters do not reach."""
    look = scaled(pixels, min(1.0, _PAPER_PX / max(pixels.shape)))
    ground = ndimage.grey_closing(ndimage.percentile_filter(look, 80, 5)[::2, ::2], 9)
    soft = ndimage.gaussian_filter(ground.astype(np.float32), 3).clip(16, 255)
    light = Image.fromarray(soft).resize(pixels.shape[::-1], Image.Resampling.BILINEAR)
    return (pixels * (_WHITE / np.asarray(light))).clip(0, 255).astype(np.uint8)


# ------------------------------------------------------------------ lines


def glyphs(page: Grey) -> Glyphs:
    """Dark marks of a letter's size on an evenly lit page: not rules, pictures or dust."""
    marked, _ = ndimage.label(page < INK, np.ones((3, 3)))
    places = ndimage.find_objects(marked)
    boxes = np.array([(y.start, x.start, y.stop, x.stop) for y, x in places], np.int64).reshape(-1, 4)
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    low, high = _GLYPH_PX
    sides = np.maximum(heights, widths)
    kept = (sides >= low) & (sides <= high)
    known = np.concatenate([[False], kept])[marked]
    y, x = np.nonzero(known)
    return Glyphs(y.astype(float), x.astype(float), heights[kept], boxes[kept])


def _is_sideways(boxes: npt.NDArray[np.int64]) -> bool:
    """Whether letters follow each other up or down: a letter's nearest neighbour stands in its own line."""
    if len(boxes) < 2:
        return False
    places = (boxes[:, :2] + boxes[:, 2:]) / 2
    nearest = cKDTree(places).query(places, k=2)[1][:, 1]
    across = np.abs(places - places[nearest])
    return bool((across[:, 0] > across[:, 1]).mean() > 0.5)


def _tilt(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]) -> float:
    """The tilt at which ink falls most sharply into lines. Source: projection profiles (Postl, ICPR 1986)."""
    if not len(y):
        return 0.0
    some = np.random.default_rng(0).permutation(len(y))[:_MOST_POINTS]
    y, x = y[some] - y.mean(), x[some] - x.mean()

    def sharpness(degrees: float) -> float:
        rows = np.rint(y - x * np.tan(np.radians(degrees))).astype(np.int64)
        return float(np.square(np.diff(np.bincount(rows - rows.min()))).sum())

    coarse = max(np.arange(-_MOST_TILT, _MOST_TILT + _COARSE, _COARSE), key=sharpness)
    return float(max(np.arange(coarse - _COARSE, coarse + _COARSE + _FINE, _FINE), key=sharpness))


# ------------------------------------------------------------------ photographs

_LOOK_PX = 700
_LEAST_SHEET, _MOST_SHEET, _FULL, _GROUND = 0.3, 0.97, (0.93, 1.07), 0.75
"""A sheet's share of the photograph, how well four corners describe it, and the brightness around it against it."""


def flattened(pixels: Grey) -> Grey | None:
    """The sheet cut out of a photograph and made a rectangle; None where no bright sheet stands out from its ground."""
    look = scaled(pixels, min(1.0, _LOOK_PX / max(pixels.shape)))
    soft = ndimage.uniform_filter(look, 5)
    bright = soft > _otsu(soft)
    marked, count = ndimage.label(ndimage.binary_closing(bright, iterations=2))
    if not count:
        return None
    largest = marked == 1 + np.argmax(np.bincount(marked.ravel())[1:])
    y, x = np.nonzero(largest)
    ends = [np.argmin(x + y), np.argmax(x - y), np.argmax(x + y), np.argmin(x - y)]
    corners = [(float(x[end]), float(y[end])) for end in ends]
    share = _area(corners) / look.size
    inside = ndimage.binary_fill_holes(largest).sum() / max(_area(corners), 1)
    if not (_LEAST_SHEET < share < _MOST_SHEET and _FULL[0] < inside < _FULL[1]):
        return None
    ground, sheet = np.median(look[~largest]), np.median(look[largest])
    if ground > _GROUND * sheet:
        return None
    back = max(pixels.shape) / max(look.shape)
    return _cut_out(pixels, [(x * back, y * back) for x, y in corners])


def _otsu(pixels: Grey) -> int:
    """The grey that parts dark from bright best. Source: Otsu, IEEE Trans. SMC 9(1), 1979."""
    counts = np.bincount(pixels.ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums[-1] * below / below[-1] - sums) ** 2 / (below * above)
    return int(np.argmax(np.nan_to_num(between, posinf=0)))


def _area(corners: list[tuple[float, float]]) -> float:
    following = [*corners[1:], corners[0]]
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(corners, following, strict=True))) / 2


def _cut_out(pixels: Grey, corners: list[tuple[float, float]]) -> Grey:
    """The quadrilateral (clockwise from the top left) as a rectangle of its longer sides."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners
    width = round(max(np.hypot(bx - ax, by - ay), np.hypot(cx - dx, cy - dy)))
    height = round(max(np.hypot(dx - ax, dy - ay), np.hypot(cx - bx, cy - by)))
    rows, right = [], []
    for (x, y), (u, v) in zip([(0, 0), (width, 0), (width, height), (0, height)], corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    back = [float(number) for number in np.linalg.solve(np.array(rows, float), np.array(right))]
    picture = Image.fromarray(pixels)
    flat = picture.transform((width, height), Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC)
    return np.asarray(flat)
