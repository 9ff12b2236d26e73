"""A second look at the numbers of a recognised page: a lost decimal point is the worst that a scan can do.

Two ways that err apart from the first reading: tesseract again on the numbers alone, cut out, sharpened and smaller;
and points that are there as marks on the baseline and not in the text. Chosen by measurement (benchmarks/documents.py).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from scipy import ndimage

from prelim.documents.ocr import Seen, recognise
from prelim.documents.upright import LETTER_PX, Grey, glyphs, scaled, shrink_of, small

_SHARPEN, _SHRINK = ImageFilter.UnsharpMask(3, 100, 0), 0.8
_ROW_PX, _GAP_PX, _PAD_PX = 1400, 48, 5
_SOFTEN, _FAINT = 0.7, 225
"""How far a cut-out is blurred against grain, and how dark a faint point still is."""
_SURE = 70.0
_MOST_LEFT_OVER = 60


class Checked(NamedTuple):
    """A word and, where the second look saw another, that one; nothing ("") where the first saw none."""

    word: Seen
    other: str | None = None


def checked(page: Grey, seen: Sequence[Seen], name: str, languages: str) -> list[Checked]:
    """The words of a page, looked at again where they hold digits; then what the first reading left out."""
    if not seen:
        return []
    numbers = [word for word in seen if any(sign.isdigit() for sign in word.text)]
    rest = left_over(page, seen)
    again = _read_apart(page, [*numbers, *rest], name, languages)
    others = dict(zip(numbers, again, strict=False))
    found = [Checked(word, _other(page, word, others.get(word))) for word in seen]
    return found + [Checked(word, "") for word in again[len(numbers) :] if word and _is_sure(word)]


def left_over(page: Grey, seen: Sequence[Seen]) -> list[Seen]:
    """Boxes of what looks like letters and lies in no word: tesseract passes over figures that stand alone."""
    marks, back = glyphs(small(page)), 1 / shrink_of(page)
    boxes = marks.boxes * back
    tall = (boxes[:, 2] - boxes[:, 0] > 0.6 * LETTER_PX) & (boxes[:, 2] - boxes[:, 0] < 2 * LETTER_PX)
    covered = np.zeros((page.shape[0] + 1, page.shape[1] + 1), bool)
    for word in seen:
        covered[int(word.y0) : int(word.y1) + 1, int(word.x0) : int(word.x1) + 1] = True
    middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(int)
    free = boxes[tall & ~covered[middles[:, 0], middles[:, 1]]]
    groups: list[list[float]] = []
    for y0, x0, y1, x1 in sorted(free.tolist(), key=lambda box: (round(box[0] / LETTER_PX), box[1])):
        last = groups[-1] if groups else None
        if last and abs(last[1] - y0) < LETTER_PX / 2 and 0 <= x0 - last[2] < LETTER_PX / 2:
            groups[-1] = [last[0], min(last[1], y0), x1, max(last[3], y1)]
        else:
            groups.append([x0, y0, x1, y1])
    return [Seen("", x0, y0, x1, y1, 0.0) for x0, y0, x1, y1 in groups[:_MOST_LEFT_OVER]]


def _is_sure(word: Seen) -> bool:
    return word.confidence >= _SURE and any(sign.isalnum() for sign in word.text)


def _other(page: Grey, word: Seen, again: Seen | None) -> str | None:
    """What the second look says, where that is another number; a mark that is a point is believed before tesseract."""
    if again is None and not any(sign.isdigit() for sign in word.text):
        return None
    pointed = _pointed(page, word)
    if pointed != word.text:
        return pointed
    said = again.text if again else ""
    return said if said != word.text else None


# ------------------------------------------------------------------ read apart


def _read_apart(page: Grey, words: Sequence[Seen], name: str, languages: str) -> list[Seen | None]:
    """Each place again, cut out and laid out in rows; None where nothing was read."""
    if not words:
        return []
    sheet = Image.fromarray(page).filter(_SHARPEN)
    cuts = [_cut(sheet, word) for word in words]
    laid, places = _laid_out(cuts)
    seen = recognise(laid, name, languages)
    return [_joined(word, _within(seen, place)) for word, place in zip(words, places, strict=True)]


def _cut(sheet: Image.Image, word: Seen) -> Image.Image:
    box = (int(word.x0) - _PAD_PX, int(word.y0) - _PAD_PX, int(word.x1) + _PAD_PX, int(word.y1) + _PAD_PX)
    cut = sheet.crop((max(box[0], 0), max(box[1], 0), min(box[2], sheet.width), min(box[3], sheet.height)))
    return Image.fromarray(scaled(np.asarray(cut), _SHRINK))


def _laid_out(cuts: Sequence[Image.Image]) -> tuple[Image.Image, list[tuple[int, int, int, int]]]:
    """The cut-outs on white, and where each lies: x0, y0, x1, y1."""
    places = []
    x, y, high = _GAP_PX, _GAP_PX, 0
    for cut in cuts:
        if x + cut.width > _ROW_PX and x > _GAP_PX:
            x, y, high = _GAP_PX, y + high + _GAP_PX // 2, 0
        places.append((x, y, x + cut.width, y + cut.height))
        x, high = x + cut.width + _GAP_PX, max(high, cut.height)
    width = max(_ROW_PX, *(place[2] for place in places)) + _GAP_PX
    laid = Image.new("L", (width, y + high + _GAP_PX), 255)
    for cut, place in zip(cuts, places, strict=True):
        laid.paste(cut, place[:2])
    return laid, places


def _within(seen: Sequence[Seen], place: tuple[int, int, int, int]) -> list[Seen]:
    x0, y0, x1, y1 = place
    inside = [word for word in seen if x0 <= (word.x0 + word.x1) / 2 <= x1 and y0 <= (word.y0 + word.y1) / 2 <= y1]
    return sorted(inside, key=lambda word: word.x0)


def _joined(place: Seen, parts: Sequence[Seen]) -> Seen | None:
    """What was read in one cut-out, at its place on the page."""
    if not parts:
        return None
    text = "".join(part.text for part in parts)
    return place._replace(text=text, confidence=min(part.confidence for part in parts))


# ------------------------------------------------------------------ points


def _pointed(page: Grey, word: Seen) -> str:
    """The word with the points that are seen on its baseline, where they are more than it has."""
    x0, y0, x1, y1 = int(word.x0) - 2, int(word.y0) - 3, int(word.x1) + 2, int(word.y1) + 6
    cut = page[max(y0, 0) : y1, max(x0, 0) : x1].astype(np.float32)
    marked, _ = ndimage.label(ndimage.gaussian_filter(cut, _SOFTEN) < _FAINT, np.ones((3, 3)))
    marks = [(y.start, x.start, y.stop, x.stop) for y, x in ndimage.find_objects(marked)]
    points = _points(np.array(marks, float).reshape(-1, 4))
    if len(points) <= sum(sign in ".,:" for sign in word.text):
        return word.text
    plain = [sign for sign in word.text if sign not in ".,:"]
    for at in sorted(points, reverse=True):
        plain.insert(round(len(plain) * (at + max(x0, 0) - word.x0) / (word.x1 - word.x0)), ".")
    return "".join(plain)


def _points(boxes: npt.NDArray[np.float64]) -> list[float]:
    """Where, across a cut-out, small marks stand on the baseline of its figures. Boxes are y0, x0, y1, x1."""
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    figures = boxes[heights > 0.45 * LETTER_PX]
    if not len(figures):
        return []
    base, tall = np.median(figures[:, 2]), np.median(figures[:, 2] - figures[:, 0])
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    small_ones = (heights >= 0.08 * tall) & (heights < 0.45 * tall) & (widths >= 0.06 * tall) & (widths < 0.4 * tall)
    low = (boxes[:, 2] > base - 0.2 * tall) & (boxes[:, 0] > base - 0.45 * tall)
    between = (middles > figures[:, 1].min()) & (middles < figures[:, 3].max())
    return [float(middle) for middle in middles[small_ones & low & between]]
