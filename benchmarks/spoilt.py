"""Films to be judged: real ones, and what can be done to one so that it must not be read."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import reportlab
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from prelim.imaging.display import film
from prelim.imaging.header import opened
from prelim.imaging.pixels import frames_of
from prelim.imaging.raster import read_raster

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
DATA = Path(__file__).parent.parent.parent / "shared" / "data"
_REAL = (
    "cxr-longitudinal/images/*.jp*g",
    "cxr-misc/tests/**/*.png",
    "cxr-misc/tests/1.2.276*.dcm",
    "dicom-codecs/RG1_J2KI.dcm",
)
_SCREEN_PX, _PHOTO_PX, _FINER = 700, 800, 2
_FONT = Path(reportlab.__file__).parent / "fonts" / "VeraBd.ttf"
"""Not the font that letters are compared with."""


def real_films(folder: Path = DATA, step: int = 1) -> Iterator[tuple[str, Pixels]]:
    """(name, 8-bit pixels) of the public frontal chest films, every `step`-th; none where they are not there."""
    for path in sorted(path for pattern in _REAL for path in folder.glob(pattern))[::step]:
        if path.suffix == ".dcm":
            file = opened(path, path.name)
            yield path.name, film(file.dataset, next(frames_of(file, path.name)).values())
        else:
            yield path.name, read_raster(path.read_bytes(), path.name)


def framed(pixels: Pixels) -> Pixels:
    """A black frame, a constant inside."""
    rows, columns = pixels.shape[:2]
    empty = np.zeros((rows, columns), np.uint8)
    empty[rows // 8 : -rows // 8, columns // 8 : -columns // 8] = 140
    return empty


def snow(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The film's own grey values, each in a random place."""
    return rng.permuted(np.asarray(Image.fromarray(pixels).convert("L")).ravel()).reshape(pixels.shape[:2])


def marked(pixels: Pixels, height: float, rng: np.random.Generator, letters: tuple[str, str] = ("R", "L")) -> Pixels:
    """The film with the right letter burned in on one side, `height` as a share of its longer edge.

    The film is taken to show the patient's right on its left; `letters` are those of its left and of its right.
    """
    picture = Image.fromarray(pixels).convert("L")
    size = height * max(picture.size)
    left, y = rng.random() < 0.5, rng.uniform(0.04, 0.3) * picture.height + size
    x = rng.uniform(0.05, 0.15) * picture.width
    place = (x if left else picture.width - x, y)
    font = ImageFont.truetype(str(_FONT), size / 0.73)  # capitals take this share of the font's size
    letter, anchor = (letters[0], "ls") if left else (letters[1], "rs")
    ImageDraw.Draw(picture).text(place, letter, fill=255, font=font, anchor=anchor)
    return np.asarray(picture)


def photographed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The middle of the film as a camera sees it on a screen.

    The screen's coloured stripes and dark rows, seen a little turned and in perspective, on the camera's own grid;
    its blur, vignette, colour cast, noise and JPEG.
    """
    screen = Image.fromarray(pixels).convert("L").resize((_SCREEN_PX, _SCREEN_PX))
    light = (np.asarray(screen, np.float64) / 255) ** 2.2
    y, x = _camera(rng)
    shown = ndimage.map_coordinates(light, [np.floor(y), np.floor(x)], order=0, cval=0.02)
    shown *= np.where(y % 1 < 0.85, 1, 0.15)
    colours = [_sensed(shown, x % 1, colour, rng) for colour in range(3)]
    axis = np.linspace(-1, 1, _PHOTO_PX) ** 2
    photo = np.stack(colours, -1) * (1 - 0.15 * (axis[:, None] + axis))[..., None]
    photo = np.clip(photo / np.percentile(photo, 99.5), 0, 1) ** (1 / 2.2) * 255 + rng.normal(0, 2, photo.shape)
    out = io.BytesIO()
    Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=85)
    return np.asarray(Image.open(out))


def _camera(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Where on the screen each point of the camera's picture lies: 1.2 to 2.6 of its pixels see one of the screen."""
    axis = np.arange(_PHOTO_PX * _FINER) / _FINER - _PHOTO_PX / 2
    right, down = np.meshgrid(axis, axis)
    angle, scale = np.deg2rad(rng.uniform(-4, 4)), rng.uniform(1.2, 2.6)
    tilt_y, tilt_x = rng.uniform(-1e-4, 1e-4, 2)
    far = (1 + tilt_x * right + tilt_y * down) * scale
    x = (np.cos(angle) * right + np.sin(angle) * down) / far
    y = (np.cos(angle) * down - np.sin(angle) * right) / far
    return y + _SCREEN_PX / 2, x + _SCREEN_PX / 2


def _sensed(shown: Floats, across: Floats, colour: int, rng: np.random.Generator) -> Floats:
    """One colour of the camera's picture: its stripe takes a third of each of the screen's pixels."""
    stripe = (across >= colour / 3) & (across < (colour + 0.9) / 3)
    lit = shown * np.where(stripe, 3, 0.1) * (0.95, 1, 1.12)[colour] * rng.uniform(0.95, 1.05)
    seen = lit.reshape(_PHOTO_PX, _FINER, _PHOTO_PX, _FINER).mean((1, 3))
    return np.asarray(ndimage.gaussian_filter(seen, rng.uniform(0.5, 0.8)))
