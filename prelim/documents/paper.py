"""Is a picture a sheet of paper with text? Looked at in a child (prelim/isolation.py), without reading it."""

import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

from prelim.documents.scan import opened_picture
from prelim.documents.upright import Grey, evened, flattened, glyphs, small
from prelim.errors import InputError
from prelim.isolation import Answer

SURE_LETTERS = 60
"""A picture that nobody called a document is one where so many letters and digits were recognised for certain."""
_DARK, _PAPER, _LEAST_PAPER = 70, 215, 0.75
_LEAST_GLYPHS, _LEAST_FOLLOWED = 60, 0.6
_MOST_PIXELS = 80_000_000
_NEAR, _ALIKE = 2.0, 2.2
"""A letter's neighbour stands within so many of its heights, and is no more times higher or lower."""


def look_for_paper(name: str, path: str, asked: bool) -> Answer:
    """The operation: {"pages", "paper"}: how many pictures a file holds, and whether the first may be a page of text,
    which is not looked at where it was `asked` for.

    InputError as `opened_picture`.
    """
    count, large = _size(name, path)
    return Answer({"pages": count, "paper": asked or (not large and is_paper(opened_picture(name, path).pixels))})


def is_paper(pixels: Grey) -> bool:
    """Whether bright ground bears many small dark marks that follow each other in lines, as letters do."""
    copy = small(pixels)
    flat = flattened(copy)
    copy = copy if flat is None else flat
    if np.median(copy) < _DARK:
        return False
    page = evened(copy)
    marks = glyphs(page)
    enough = len(marks.boxes) >= _LEAST_GLYPHS and (page > _PAPER).mean() >= _LEAST_PAPER
    return bool(enough and _followed(marks.boxes) >= _LEAST_FOLLOWED)


def _followed(boxes: npt.NDArray[np.int64]) -> float:
    """The share of marks beside one of their own height, in the direction in which most follow each other."""
    places = (boxes[:, :2] + boxes[:, 2:]) / 2
    sizes = (boxes[:, 2:] - boxes[:, :2]).astype(float)
    nearest = cKDTree(places).query(places, k=2)[1][:, 1]
    away = np.abs(places - places[nearest])
    shares = []
    for along in (1, 0):
        tall = sizes[:, 1 - along]
        near = (away[:, along] <= _NEAR * tall) & (away[:, 1 - along] <= 0.5 * np.maximum(tall, tall[nearest]))
        alike = np.maximum(tall, tall[nearest]) <= _ALIKE * np.minimum(tall, tall[nearest])
        shares.append(float((near & alike).mean()))
    return max(shares)


def _size(name: str, path: str) -> tuple[int, bool]:
    """How many pages, and whether one is larger than paper is scanned: a slide. A camera's previews are no pages."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(Path(path)) as opened:
                count = 1 if opened.format == "MPO" else int(getattr(opened, "n_frames", 1))
                return count, opened.width * opened.height > _MOST_PIXELS
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError("truncated", f"{name} is a damaged image.", "Export it again.", name) from error
