"""Draw what a model is shown of the example cases, for docs/what-the-model-sees.md: `python -m examples.seen`.

Every picture comes out of the product's own intake. Only labels, and the grid over the slide, are drawn here.
"""

import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from pydicom import Dataset

from examples import patients, slide, volumes
from prelim.imaging.coordinates import Coordinates
from prelim.imaging.sampling import evenly
from prelim.imaging.slides import open_slide
from prelim.settings import load_settings
from prelim.types import Image, Series
from tools.film import shown
from tools.intake import inspect
from tools.tool import Context, open_context

SEEN = Path(__file__).parents[1] / "docs" / "seen"
FILM = patients.GROWING / "film-2025-03-14.dcm"
_GAP_PX, _LABEL_PX, _COLOURS = 4, 18, 128
_PAPER, _INK, _GRID = "white", (70, 78, 88), (20, 60, 160)


class Tile(NamedTuple):
    """A picture of a sheet, and what stands below it."""

    picture: Picture.Image
    label: str = ""


class Look:
    """Intake on a store of its own."""

    def __init__(self, home: Path) -> None:
        self.context: Context = open_context(load_settings(home=home, device="cpu"))

    def series(self, path: Path) -> tuple[Series, ...]:
        """What intake makes of a case."""
        return inspect(path, self.context.artifacts).series

    def picture(self, image: Image) -> Picture.Image:
        """An image as it lies before the model but for its size: turned to the convention, in its square."""
        turned = Picture.open(io.BytesIO(shown(self.context, image)))
        return Coordinates(turned.height, turned.width).pad(turned)


def sheets(home: Path) -> dict[Path, Picture.Image]:
    """Every picture of the page. `home` is an empty folder."""
    look = Look(home)
    made = {"film": _film(look, home), "ct": _ct(look), "mr": _mr(look), "slide": _slide(look)}
    return {SEEN / f"{name}.png": _sheet(rows) for name, rows in made.items()}


# ------------------------------------------------------------------ each modality


def negative_film() -> Dataset:
    """A drawn film as some detectors store it: in 12 bits, higher than wide, MONOCHROME1, with its window."""
    film = patients.dicom_of(patients.EXAMS[FILM])
    dense = film.pixel_array[:, 20:-20].astype(np.uint16)
    film.Rows, film.Columns = dense.shape
    film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
    film.PhotometricInterpretation, film.WindowCenter, film.WindowWidth = "MONOCHROME1", 2200, 2000
    film.PixelData = (3500 - 10 * dense).tobytes()
    return film


def _film(look: Look, home: Path) -> list[list[Tile]]:
    stored = negative_film()
    path = home / "negative.dcm"
    stored.save_as(path, enforce_file_format=True)
    [series] = look.series(path)
    [image] = series.image_set.images
    raw = Picture.fromarray((stored.pixel_array >> 4).astype(np.uint8))
    turned = Picture.open(io.BytesIO(shown(look.context, image)))
    return [[Tile(raw, "stored"), Tile(turned, "window, turned"), Tile(look.picture(image), "as shown")]]


def _ct(look: Look) -> list[list[Tile]]:
    volume = next(series for series in look.series(volumes.CT) if series.kind == "volume")
    images = volume.image_set.images
    combined = look.picture(images[len(images) // 2 + 1])
    names = ("red: -1024 to 1024 HU", "green: -135 to 215 HU", "blue: 0 to 80 HU")
    channels = [Tile(channel, name) for channel, name in zip(combined.split(), names, strict=True)]
    return [[*channels, Tile(combined, "as shown")], _some(look, volume, 8, 0.5)]


def _mr(look: Look) -> list[list[Tile]]:
    return [_some(look, series, 6, 1.0) for series in look.series(volumes.MR)]


def _some(look: Look, series: Series, count: int, scale: float) -> list[Tile]:
    """Some slices with the label that follows each in the prompt."""
    images = [series.image_set.images[at] for at in evenly(len(series.image_set.images), count)]
    pictures = [look.picture(image) for image in images]
    smaller = [picture.resize((round(picture.width * scale),) * 2, Picture.Resampling.BOX) for picture in pictures]
    labels = [f"SLICE {image.position + 1}" for image in images]
    return [Tile(picture, label) for picture, label in zip(smaller, labels, strict=True)]


def _slide(look: Look) -> list[list[Tile]]:
    [series] = look.series(slide.SLIDE)
    patches = series.image_set.images
    with open_slide(list(slide.LEVELS), "slide") as opened:
        level = opened.levels[-1]
        whole = Picture.fromarray(opened.read(level, (0, 0, level.rows, level.columns)))
    side = 384
    small = whole.resize((round(side * whole.width / whole.height), side), Picture.Resampling.LANCZOS)
    scale, pen = side / series.shape[1], ImageDraw.Draw(small)
    for number, patch in enumerate(patches, start=1):
        y0, x0, y1, x1 = (edge * scale for edge in patch.region_px or ())
        pen.rectangle((x0, y0, x1, y1), outline=_GRID, width=2)
        pen.text((x0 + 6, y0 + 4), str(number), fill=_GRID, font=ImageFont.load_default(18))
    one = look.picture(patches[4]).resize((side, side), Picture.Resampling.LANCZOS)
    return [[Tile(small, "the slide with its patches"), Tile(one, "patch 5, at less than half its size")]]


# ------------------------------------------------------------------ sheets


def _sheet(rows: Sequence[Sequence[Tile]]) -> Picture.Image:
    """Rows of tiles on one picture of few colours, so that it is small."""
    heights = [max(tile.picture.height for tile in row) + _LABEL_PX + _GAP_PX for row in rows]
    width = max(sum(tile.picture.width + _GAP_PX for tile in row) for row in rows) - _GAP_PX
    sheet = Picture.new("RGB", (width, sum(heights) - _GAP_PX), _PAPER)
    pen, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(12), 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for tile in row:
            sheet.paste(tile.picture, (left, top))
            pen.text((left + 1, top + tile.picture.height + 3), tile.label, fill=_INK, font=font)
            left += tile.picture.width + _GAP_PX
        top += height
    return sheet.quantize(_COLOURS, Picture.Quantize.MEDIANCUT, dither=Picture.Dither.NONE)


def draw() -> None:
    """Write every picture."""
    SEEN.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home:
        for path, picture in sheets(Path(home)).items():
            picture.save(path, optimize=True)


if __name__ == "__main__":
    draw()
