"""The centred, zero-padded square that the model is shown, and the way between it and stored pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from prelim.types import BoxPx

THOUSAND = 1000


@dataclass(frozen=True)
class Square:
    """The square around an image of `rows` × `columns` pixels. Its own frame is thousandths of its side, y first."""

    rows: int
    columns: int

    @property
    def size_px(self) -> int:
        """The side."""
        return max(self.rows, self.columns)

    @property
    def pad_left_px(self) -> int:
        """Columns added on the left; the same or one more on the right."""
        return (self.size_px - self.columns) // 2

    @property
    def pad_top_px(self) -> int:
        """Rows added above; the same or one more below."""
        return (self.size_px - self.rows) // 2

    def pad(self, image: Image.Image) -> Image.Image:
        """The image (of this size) in its square, black around, its mode kept."""
        if image.size == (self.size_px, self.size_px):
            return image
        padded = Image.new(image.mode, (self.size_px, self.size_px))
        padded.paste(image, (self.pad_left_px, self.pad_top_px))
        return padded

    def to_px(self, box_2d: Sequence[float]) -> BoxPx:
        """[y0, x0, y1, x1] in thousandths as stored pixels, clipped to the image. ValueError if nothing is left."""
        y0, x0, y1, x1 = (value * self.size_px / THOUSAND for value in box_2d)
        top, left = self.pad_top_px, self.pad_left_px
        box = (
            _clip(y0 - top, self.rows),
            _clip(x0 - left, self.columns),
            _clip(y1 - top, self.rows),
            _clip(x1 - left, self.columns),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ValueError(f"empty or inverted box {list(box_2d)}")
        return box

    def to_thousandths(self, box_px: BoxPx) -> tuple[float, float, float, float]:
        """The inverse of `to_px` for a box inside the image."""
        y0, x0, y1, x1 = box_px
        unit, top, left = THOUSAND / self.size_px, self.pad_top_px, self.pad_left_px
        return (y0 + top) * unit, (x0 + left) * unit, (y1 + top) * unit, (x1 + left) * unit


def _clip(value: float, limit: int) -> float:
    return min(float(limit), max(0.0, value))
