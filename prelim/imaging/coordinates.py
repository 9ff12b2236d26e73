"""From stored pixels to what a model is shown, and back.

The stored matrix is cropped and resized to the picture in the file, the picture is mirrored and turned to be looked
at, and what is seen is padded to a centred square. A model's boxes are thousandths of that square's side, y first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Picture

from prelim.types import BoxPx, Image

THOUSAND = 1000
_TURNS = {1: Picture.Transpose.ROTATE_270, 2: Picture.Transpose.ROTATE_180, 3: Picture.Transpose.ROTATE_90}


@dataclass(frozen=True)
class Coordinates:
    """The way between stored pixels and thousandths of the shown square, for a picture of `rows` × `columns`.

    `region_px`: the part of the stored matrix that the picture shows, shrunk or enlarged to its size; None where it
    is the matrix itself. To be looked at, the picture is first mirrored left to right, then turned clockwise by
    `quarter_turns`. ValueError where there is no way back: no pixels, an empty region, a number that is not finite.

    A stored box comes back from its thousandths within rounding errors of floats; from whole thousandths, which is
    all that a model writes, within half a thousandth of the square's side (half a pixel up to a side of 1000).
    """

    rows: int
    columns: int
    region_px: BoxPx | None = None
    mirrored: bool = False
    quarter_turns: int = 0

    def __post_init__(self) -> None:
        if self.rows < 1 or self.columns < 1:
            raise ValueError(f"a picture of {self.rows} × {self.columns} pixels")
        if self.region_px is not None:
            _checked(self.region_px)

    # -------------------------------------------------------------- pictures

    @property
    def size_px(self) -> int:
        """The side of the square."""
        return max(self.rows, self.columns)

    @property
    def seen(self) -> tuple[int, int]:
        """Rows and columns of the picture as it is looked at."""
        return (self.columns, self.rows) if self.quarter_turns % 2 else (self.rows, self.columns)

    @property
    def pad_px(self) -> tuple[int, int]:
        """Rows added above and columns added on the left; the same or one more below and on the right."""
        rows, columns = self.seen
        return (self.size_px - rows) // 2, (self.size_px - columns) // 2

    def turn(self, picture: Picture.Image) -> Picture.Image:
        """The picture in the file as it is looked at, not padded. ValueError if it has another size."""
        if picture.size != (self.columns, self.rows):
            raise ValueError(f"a picture of {picture.size[::-1]} pixels, not {(self.rows, self.columns)}")
        if self.mirrored:
            picture = picture.transpose(Picture.Transpose.FLIP_LEFT_RIGHT)
        turns = self.quarter_turns % 4
        return picture.transpose(_TURNS[turns]) if turns else picture

    def pad(self, picture: Picture.Image) -> Picture.Image:
        """The picture in the file as it is looked at, in its square, black around, its mode kept."""
        turned = self.turn(picture)
        if turned.size == (self.size_px, self.size_px):
            return turned
        padded = Picture.new(turned.mode, (self.size_px, self.size_px))
        padded.paste(turned, self.pad_px[::-1])
        return padded

    # -------------------------------------------------------------- boxes

    def to_px(self, box_2d: Sequence[float]) -> BoxPx:
        """[y0, x0, y1, x1] in thousandths as stored pixels, clipped to what the picture shows.

        ValueError for a box that is empty, inverted, not finite or wholly outside.
        """
        y0, x0, y1, x1 = (value * self.size_px / THOUSAND for value in _checked(box_2d))
        top, left = self.pad_px
        corners = [self._unturned(y0 - top, x0 - left), self._unturned(y1 - top, x1 - left)]
        return self._clipped([self._stored(*corner) for corner in corners])

    def to_thousandths(self, box_px: BoxPx) -> tuple[float, float, float, float]:
        """The inverse of `to_px`; a stored box is clipped to what the picture shows. ValueError as there."""
        y0, x0, y1, x1 = _checked(box_px)
        y0, x0, y1, x1 = self._clipped([(y0, x0), (y1, x1)])
        corners = [self._turned(*self._pictured(y0, x0)), self._turned(*self._pictured(y1, x1))]
        (y0, y1), (x0, x1) = (sorted(edges) for edges in zip(*corners, strict=True))
        unit, (top, left) = THOUSAND / self.size_px, self.pad_px
        return (y0 + top) * unit, (x0 + left) * unit, (y1 + top) * unit, (x1 + left) * unit

    @property
    def _region(self) -> BoxPx:
        return self.region_px or (0.0, 0.0, float(self.rows), float(self.columns))

    def _clipped(self, corners: Sequence[tuple[float, float]]) -> BoxPx:
        """The stored box of two opposite corners, inside the region."""
        top, left, bottom, right = self._region
        (y0, y1), (x0, x1) = (sorted(edges) for edges in zip(*corners, strict=True))
        return _checked((max(y0, top), max(x0, left), min(y1, bottom), min(x1, right)))

    def _stored(self, y: float, x: float) -> tuple[float, float]:
        top, left, bottom, right = self._region
        return top + y * ((bottom - top) / self.rows), left + x * ((right - left) / self.columns)

    def _pictured(self, y: float, x: float) -> tuple[float, float]:
        top, left, bottom, right = self._region
        return (y - top) / ((bottom - top) / self.rows), (x - left) / ((right - left) / self.columns)

    def _turned(self, y: float, x: float) -> tuple[float, float]:
        """A point of the picture in the file, as it is looked at."""
        rows, columns = self.rows, self.columns
        x = columns - x if self.mirrored else x
        return ((y, x), (x, rows - y), (rows - y, columns - x), (columns - x, y))[self.quarter_turns % 4]

    def _unturned(self, y: float, x: float) -> tuple[float, float]:
        """A point as it is looked at, in the picture in the file."""
        rows, columns = self.rows, self.columns
        y, x = ((y, x), (rows - x, y), (rows - y, columns - x), (x, columns - y))[self.quarter_turns % 4]
        return y, columns - x if self.mirrored else x


def coordinates_of(image: Image) -> Coordinates:
    """How an image is shown to a model: in the radiographic convention, upright.

    The model is asked about films that show the patient's right on the image's left. What its own tags say is stored
    with columns running to the patient's right, or rows to the head, is turned for the model. ValueError as above.
    """
    backward, upside_down = (image.columns_to or "").startswith("R"), (image.rows_to or "").startswith("H")
    turns = 2 if upside_down else 0
    return Coordinates(image.rows, image.columns, image.region_px, backward != upside_down, turns)


def _checked(box: Sequence[float]) -> BoxPx:
    """The box. ValueError unless it is finite and has a height and a width."""
    y0, x0, y1, x1 = box
    if not all(map(math.isfinite, box)) or y0 >= y1 or x0 >= x1:
        raise ValueError(f"an empty, inverted or infinite box {list(box)}")
    return y0, x0, y1, x1
