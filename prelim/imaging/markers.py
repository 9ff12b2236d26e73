"""The letter L or R that names a side, burned into a film: found, read, and held against the orientation.

A lead letter that lies face down is read as well: it names the same side, only its picture is mirrored. Letters of
a word ("PORTABLE") name no side; one that stands alone does.
"""

from functools import cache
from itertools import product
from string import ascii_uppercase, digits
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy import ndimage

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
SIDE_PX = 1000
"""Letters are looked for on a copy about this long."""
_HEIGHT = (0.012, 0.09)
"""A letter's height as a share of the film's longer edge."""
_ASPECT = {"L": (0.4, 0.85), "R": (0.5, 1.05)}
"""Width by height. An L that lies on its back is wider, and looks like one mirrored."""
_MATCH = {"L": (0.75, 0.10), "R": (0.65, 0.06)}
"""The least correlation with the letter's own form, and the least distance to any other letter's or digit's."""
_LEAST_PX, _CONTRAST, _SATURATED = 10, 30, 250
_BLUR, _COARSE = 0.04, 8
"""Half the window that a pixel's surroundings are averaged over, as a share of the longer edge; how much smaller."""
_LATERAL, _UPPER = 0.3, 0.65
"""Markers lie in the lateral parts of the film and not at its bottom: shares of its width and height."""
_FORM_PX, _STROKES = 20, (0, 3, 6, 9)


class Letter(NamedTuple):
    """A letter, L or R, and where its middle lies: shares of the film's height and width."""

    name: str
    y: float
    x: float


def contradicts(film: Grey, columns_to: str | None) -> bool:
    """Whether the side letters on a film (rows, columns; bright letters) all lie on the side they do not name.

    `columns_to` is the patient direction in which its columns run. Unknown sides cannot be contradicted.
    """
    if not columns_to or columns_to[0] not in "LR":
        return False
    on_right, on_left = ("L", "R") if columns_to[0] == "L" else ("R", "L")
    wrong = [letter.name != (on_right if letter.x > 0.5 else on_left) for letter in letters_of(film)]
    return bool(wrong) and all(wrong)


def letters_of(film: Grey) -> list[Letter]:
    """The lone letters L and R in the lateral parts of a film (rows, columns)."""
    picture = Image.fromarray(film)
    picture = picture.reduce(max(1, round(max(picture.size) / SIDE_PX)))
    values, around = np.asarray(picture), _surroundings(picture)
    rows, columns = values.shape
    wide, high = int(columns * _LATERAL), int(rows * _UPPER)
    found = set()
    for left, inner in ((0, wide), (columns - wide, 0)):
        part = (slice(0, high), slice(left, left + wide))
        here, beside = values[part], around[part]
        for mask in (np.where(here > beside, here - beside, 0) > _CONTRAST, here >= _SATURATED):
            for name, y, x in _read(here, mask, max(rows, columns), inner):
                found.add(Letter(name, y / rows, (x + left) / columns))
    return sorted(found)


def _surroundings(picture: Image.Image) -> Grey:
    """Each pixel's surroundings, averaged on a smaller copy."""
    coarse = picture.reduce(_COARSE).filter(ImageFilter.BoxBlur(max(picture.size) * _BLUR / _COARSE))
    return np.asarray(coarse.resize(picture.size, Image.Resampling.BILINEAR))


def _read(values: Grey, mask: npt.NDArray[np.bool_], edge_px: int, inner: int) -> list[Letter]:
    """The letters of one part of a film, places in its pixels.

    `edge_px` is the whole film's longer edge, `inner` the column where the part ends and the film goes on.
    """
    if not mask.any():
        return []
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    places = ndimage.find_objects(labels)
    boxes = np.array([(y.start, x.start, y.stop, x.stop) for y, x in places])
    found = []
    for index in _sized(boxes, edge_px, mask.shape):
        if _lone(boxes, index, inner):
            y0, x0, y1, x1 = boxes[index]
            name = _name(values[places[index]], labels[places[index]] == index + 1)
            if name:
                found.append(Letter(name, (y0 + y1) / 2, (x0 + x1) / 2))
    return found


def _sized(boxes: npt.NDArray[np.int64], edge_px: int, shape: tuple[int, ...]) -> list[int]:
    """Which boxes have a letter's size and do not touch the border."""
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    least, most = max(_LEAST_PX, _HEIGHT[0] * edge_px), _HEIGHT[1] * edge_px
    inside = (boxes[:, :2] > 0).all(1) & (boxes[:, 2] < shape[0]) & (boxes[:, 3] < shape[1])
    narrow = (widths >= 0.35 * heights) & (widths <= 1.15 * heights)
    return list(np.flatnonzero((heights >= least) & (heights <= most) & inside & narrow))


def _lone(boxes: npt.NDArray[np.int64], index: int, inner: int) -> bool:
    """Whether nothing of a letter's size stands beside it, as far as can be seen. A frame or ring around it may."""
    y0, x0, y1, x1 = boxes[index]
    height, heights = y1 - y0, boxes[:, 2] - boxes[:, 0]
    if x0 - 1.2 * height < inner < x1 + 1.2 * height:
        return False
    alike = (heights >= 0.4 * height) & (heights <= 2 * height)
    beside = (boxes[:, 0] < y1) & (boxes[:, 2] > y0)
    beside &= (boxes[:, 1] < x1 + 1.2 * height) & (boxes[:, 3] > x0 - 1.2 * height)
    around = (boxes[:, :2] < (y0, x0)).all(1) & (boxes[:, 2:] > (y1, x1)).all(1)
    return int((alike & beside & ~around).sum()) == 1


def _name(values: Grey, mask: npt.NDArray[np.bool_]) -> str | None:
    """The letter that a bright component is, if it is clearly L or R."""
    low = np.percentile(values[~mask], 25) if not mask.all() else 0
    high = np.percentile(values[mask], 90)
    core = mask & (values > (low + high) / 2)
    if not core.any():
        return None
    rows, columns = np.flatnonzero(core.any(1)), np.flatnonzero(core.any(0))
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    lit = np.where(mask, np.clip(values, low, high), low)[part]
    names, forms = _forms()
    matches = forms @ _form(Image.fromarray(lit.astype(np.float32)))
    name = str(names[matches.argmax()])
    if name not in _MATCH:
        return None
    match, apart = matches.max(), matches.max() - matches[names != name].max()
    narrowest, widest = _ASPECT[name]
    clear = match >= _MATCH[name][0] and apart >= _MATCH[name][1]
    return name if clear and narrowest <= lit.shape[1] / lit.shape[0] <= widest else None


@cache
def _forms() -> tuple[npt.NDArray[np.str_], Floats]:
    """Every letter and digit, as it is and mirrored, in several strokes: their names, and forms as rows."""
    font = ImageFont.load_default(4 * _FORM_PX)
    names, forms = [], []
    for name, stroke in product(ascii_uppercase + digits, _STROKES):
        picture = Image.new("F", (10 * _FORM_PX, 10 * _FORM_PX))
        place = (3 * _FORM_PX, 3 * _FORM_PX)
        ImageDraw.Draw(picture).text(place, name, fill=255, font=font, stroke_width=stroke)
        picture = picture.crop(picture.getbbox())
        names += [name, name if name in _MATCH else f"{name} mirrored"]
        forms += [_form(picture), _form(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))]
    return np.array(names), np.array(forms)


def _form(picture: Image.Image) -> Floats:
    """A picture at _FORM_PX each way, without its mean, of length 1."""
    small = np.asarray(picture.resize((_FORM_PX, _FORM_PX), Image.Resampling.BOX), np.float64).ravel()
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-9)
