"""Drawn chest films with known signs: what the embedded model is trained on, what examples and tests show it.

A film is SIZE_PX × SIZE_PX, uint8, bright = dense, in the radiographic convention: the patient's right is on
the image's left. Boxes are [y0, x0, y1, x1] in pixels. All follows from the numpy Generator passed in.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

SIZE_PX = 224
Sign = tuple[str, Literal["right", "left", "midline"]]
Box = tuple[float, float, float, float]
Pixels = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
SIGNS: tuple[Sign, ...] = (
    ("lung_opacity", "right"),
    ("lung_opacity", "left"),
    ("pleural_effusion", "right"),
    ("pleural_effusion", "left"),
    ("cardiomegaly", "midline"),
)
LABELS = ("lung_opacity", "pleural_effusion", "cardiomegaly")
UNREADABLE = ("blank", "noise", "inverted", "rotated")
SMALL_PX = {"lung_opacity": (17, 20), "pleural_effusion": (24, 30), "cardiomegaly": (30, 33)}
LARGE_PX = {"lung_opacity": (27, 31), "pleural_effusion": (48, 62), "cardiomegaly": (43, 49)}
_SIZE_PX = {"lung_opacity": (18, 30), "pleural_effusion": (26, 60), "cardiomegaly": (32, 48)}
_TOWARDS = {"right": -1, "left": 1}
_YY, _XX = (axis.astype(np.float32) for axis in np.mgrid[0:SIZE_PX, 0:SIZE_PX])


@dataclass(frozen=True)
class Anatomy:
    """One patient's chest: centre (px), scale, rib spacing (px), half-width of the normal heart (px)."""

    y: float
    x: float
    scale: float
    rib_px: float
    heart_px: float

    def moved(self, rng: np.random.Generator) -> "Anatomy":
        """The same patient on another day: the chest lies a little elsewhere on the film."""
        dy, dx = rng.normal(0, 3, 2)
        return replace(self, y=self.y + dy, x=self.x + dx)


@dataclass(frozen=True)
class Shape:
    """How one sign is drawn: radius of an opacity, height of an effusion, half-width of a heart (px), and the
    place of an opacity's centre relative to its lung's (px, before scaling)."""

    size_px: float
    place_px: tuple[float, float] = (-20.0, 0.0)


Signs = dict[Sign, Shape]


@dataclass(frozen=True)
class Film:
    """A drawn film. `heart` is the heart's box, enlarged or not; `unreadable` names what is wrong."""

    pixels: Pixels
    boxes: dict[Sign, Box]
    heart: Box | None = None
    unreadable: str | None = None


def anatomy(rng: np.random.Generator) -> Anatomy:
    """A random patient."""
    y, x = 112 + rng.normal(0, 5, 2)
    return Anatomy(y, x, rng.uniform(0.92, 1.08), rng.uniform(20, 26), rng.uniform(17, 22))


def shape(rng: np.random.Generator, label: str, size_px: tuple[float, float] | None = None) -> Shape:
    """A random size within `size_px` (or the sign's own range) and a random place."""
    low, high = size_px or _SIZE_PX[label]
    return Shape(rng.uniform(low, high), (rng.uniform(-46, -10), rng.uniform(-8, 8)))


def _soft(edge: Plane) -> Plane:
    """1 where `edge` is well below 0, 0 well above, smooth between."""
    soft: Plane = (1 / (1 + np.exp(np.clip(edge, -30, 30)))).astype(np.float32)
    return soft


def _ellipse(y: float, x: float, height: float, width: float, sharp: float) -> Plane:
    return _soft((((_YY - y) / height) ** 2 + ((_XX - x) / width) ** 2 - 1) * sharp)


def _paint(image: Plane, where: Plane, brightness: float) -> None:
    image += where * (np.float32(brightness) - image)


def render(rng: np.random.Generator, chest: Anatomy, signs: Signs) -> Film:
    """Draw a chest with these signs; `rng` gives exposure and noise only."""
    lungs = {side: _lung(chest, side) for side in _TOWARDS}
    image = np.full((SIZE_PX, SIZE_PX), 0.5, np.float32)
    image -= 0.36 * (lungs["right"] + lungs["left"])
    image += 0.04 * np.sin((_YY + 0.15 * np.abs(_XX - chest.x)) * np.float32(2 * np.pi / chest.rib_px))
    boxes: dict[Sign, Box] = {}
    heart = _heart(image, chest, signs.get(("cardiomegaly", "midline")))
    for sign, drawn in signs.items():
        if sign[0] == "cardiomegaly":
            boxes[sign] = heart
        elif sign[0] == "lung_opacity":
            boxes[sign] = _opacity(image, chest, sign[1], drawn)
        else:
            boxes[sign] = _effusion(image, chest, sign[1], drawn, lungs[sign[1]])
    image *= rng.uniform(0.92, 1.08)
    image += 0.02 * rng.standard_normal((SIZE_PX, SIZE_PX), dtype=np.float32)
    pixels = (np.clip(image, 0, 1) * 255).astype(np.uint8)
    return Film(pixels, {sign: _clip(box) for sign, box in boxes.items()}, _clip(heart))


def _lung(chest: Anatomy, side: str) -> Plane:
    x = chest.x + _TOWARDS[side] * 50 * chest.scale
    return _ellipse(chest.y, x, 78 * chest.scale, 34 * chest.scale, 12)


def _heart(image: Plane, chest: Anatomy, enlarged: Shape | None) -> Box:
    width = (enlarged.size_px if enlarged else chest.heart_px) * chest.scale
    y, x, height = chest.y + 32 * chest.scale, chest.x + 10 * chest.scale, 32 * chest.scale
    _paint(image, _ellipse(y, x, height, width, 6), 0.74)
    return y - height, x - width, y + height, x + width


def _opacity(image: Plane, chest: Anatomy, side: str, drawn: Shape) -> Box:
    """A compact bright blob in the upper or middle lung."""
    y = chest.y + drawn.place_px[0] * chest.scale
    x = chest.x + (_TOWARDS[side] * 50 + drawn.place_px[1]) * chest.scale
    r = drawn.size_px
    _paint(image, _soft((np.sqrt((_YY - y) ** 2 + (_XX - x) ** 2) - r) * 0.8), 0.86)
    return y - r, x - r, y + r, x + r


def _effusion(image: Plane, chest: Anatomy, side: str, drawn: Shape, lung: Plane) -> Box:
    """A white base of the lung; its meniscus rises towards the chest wall."""
    level = chest.y + (80 - drawn.size_px) * chest.scale - 0.3 * _TOWARDS[side] * (_XX - chest.x)
    level = level + 0.3 * 50 * chest.scale
    white = lung * _soft((level - _YY) * 0.5)
    _paint(image, white, 0.64)
    rows, columns = np.where(white > 0.5)
    return float(rows.min()), float(columns.min()), float(rows.max() + 1), float(columns.max() + 1)


def _clip(box: Box) -> Box:
    y0, x0, y1, x1 = (float(min(SIZE_PX, max(0, value))) for value in box)
    return y0, x0, y1, x1


# ------------------------------------------------------------------ random films


def random_signs(rng: np.random.Generator) -> Signs:
    """At most one of a kind, each kind on most films absent or present about equally."""
    signs: Signs = {}
    for label in LABELS:
        if rng.random() < 0.5:
            signs[_sign(rng, label)] = shape(rng, label)
    return signs


def _sign(rng: np.random.Generator, label: str) -> Sign:
    if label == "cardiomegaly":
        return (label, "midline")
    return (label, "right") if rng.random() < 0.5 else (label, "left")


def film(rng: np.random.Generator) -> Film:
    """A random readable film."""
    return render(rng, anatomy(rng), random_signs(rng))


def unreadable_film(rng: np.random.Generator, kind: str | None = None) -> Film:
    """A blank, noise, inverted, or rotated (by a quarter turn) image."""
    kind = kind or UNREADABLE[rng.integers(len(UNREADABLE))]
    pixels: npt.NDArray[Any]
    if kind == "blank":
        level = rng.uniform(0, 255)
        pixels = np.clip(level + 3 * rng.standard_normal((SIZE_PX, SIZE_PX)), 0, 255)
    elif kind == "noise":
        cells = 2 ** int(rng.integers(5, 9))
        coarse = rng.integers(0, 256, (cells, cells))
        pixels = np.kron(coarse, np.ones((256 // cells, 256 // cells)))[:SIZE_PX, :SIZE_PX]
    else:
        drawn = film(rng).pixels
        pixels = 255 - drawn if kind == "inverted" else np.rot90(drawn, int(rng.choice([1, 3])))
    return Film(np.ascontiguousarray(pixels).astype(np.uint8), {}, unreadable=kind)


CHANGES = ("new", "worse", "stable", "better", "resolved")
INVERSE = dict(zip(CHANGES, ("resolved", "better", "stable", "worse", "new"), strict=True))


def pair(rng: np.random.Generator) -> tuple[Film, Film, dict[Sign, str]]:
    """An earlier and a later film of one patient, and how each sign changed, independently of the others."""
    before: Signs = {}
    after: Signs = {}
    changes: dict[Sign, str] = {}
    for label in LABELS:
        if rng.random() < 0.7:
            sign, change = _sign(rng, label), CHANGES[rng.integers(len(CHANGES))]
            changes[sign] = change
            _draw_change(rng, sign, change, before, after)
    chest = anatomy(rng)
    return render(rng, chest.moved(rng), before), render(rng, chest.moved(rng), after), changes


def _draw_change(rng: np.random.Generator, sign: Sign, change: str, before: Signs, after: Signs) -> None:
    """Worse and better are clearly apart in size, stable within 3%."""
    drawn = shape(rng, sign[0])
    small, large = (replace(drawn, size_px=rng.uniform(*sizes[sign[0]])) for sizes in (SMALL_PX, LARGE_PX))
    again = replace(drawn, size_px=drawn.size_px * rng.uniform(0.97, 1.03))
    first, second = {"worse": (small, large), "better": (large, small)}.get(change, (drawn, again))
    if change != "new":
        before[sign] = first
    if change != "resolved":
        after[sign] = second
