"""PNG, JPEG and TIFF: depth, palette, alpha, EXIF, damage."""

import io
import random
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prelim.errors import InputError
from prelim.imaging.raster import is_raster, nearly_grey, page_count, read_raster

DEEP = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled(kind: str) -> None:
    """Neither clipped (nearly all white) nor wrapped round (a ramp that falls)."""
    shown = read_raster(encoded(Image.fromarray(DEEP), kind), "a")
    assert shown.dtype == np.uint8 and np.array_equal(shown, np.rint(DEEP / 257).astype(np.uint8))


def test_twelve_bits_in_sixteen_use_the_whole_range() -> None:
    shown = read_raster(encoded(Image.fromarray((DEEP // 16).astype(np.uint16))), "a")
    assert shown.min() == 0 and shown.max() == 255


def test_modes() -> None:
    grey = Image.fromarray((DEEP // 256).astype(np.uint8))
    for mode in ("RGB", "RGBA", "LA", "P"):
        assert np.array_equal(read_raster(encoded(grey.convert(mode)), "a"), np.asarray(grey)), mode
    assert set(np.unique(read_raster(encoded(grey.convert("1")), "a"))) <= {0, 255}
    red = read_raster(encoded(Image.new("RGBA", (3, 2), (200, 10, 10, 128))), "a")
    assert red.shape == (2, 3, 3) and red[0, 0].tolist() == [200, 10, 10]


SIDES = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}
"""EXIF orientation → where the stored first row and first column lie in the upright picture (CIPA DC-008, 4.6.4)."""


@pytest.mark.parametrize("orientation", SIDES)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_a_photograph_stands_upright(kind: str, orientation: int) -> None:
    """However the camera was held."""
    colours = np.random.default_rng(3).integers(0, 256, (2, 3, 3)).astype(np.uint8)
    upright = colours.repeat(16, axis=0).repeat(16, axis=1)
    row, column = SIDES[orientation]
    stored = upright if row in ("top", "bottom") else upright.swapaxes(0, 1)
    stored = stored[::-1] if row in ("bottom", "right") else stored
    stored = stored[:, ::-1] if column in ("bottom", "right") else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    more = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    shown = read_raster(encoded(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif, **more), "a")
    assert shown.shape == upright.shape and np.abs(shown.astype(int) - upright).mean() < 2


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_printers_colours(kind: str) -> None:
    """CMYK: red is no cyan, all magenta and yellow; not the negative of it."""
    red = Image.new("CMYK", (16, 8), (0, 255, 255, 0))
    shown = read_raster(encoded(red, kind), "a")
    assert shown.shape == (8, 16, 3) and np.abs(shown.astype(int) - (255, 0, 0)).max() < 20


def test_a_palette_with_a_transparent_colour() -> None:
    picture = Image.new("P", (4, 2), 1)
    picture.putpalette([0, 0, 0, 200, 40, 60, 0, 0, 255])
    shown = read_raster(encoded(picture, transparency=1), "a")
    assert (shown == (200, 40, 60)).all(), "the colour that is stored, not the page behind it"


def test_sixteen_bit_colour_in_a_png() -> None:
    """The upper byte of each, as it is stored: red 0x1234 is 0x12."""
    pixels = np.array([[[0x1234, 0x8000, 0xFFFF]] * 3] * 2, ">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", 3, 2, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    assert (read_raster(data, "a") == (0x12, 0x80, 0xFF)).all()


@pytest.mark.parametrize("cut", [1, 2, 40])
def test_a_photograph_without_its_end_is_damaged(cut: int) -> None:
    """Half a picture is not shown as a whole one with grey below; bytes behind the end are harmless."""
    noise = Image.fromarray(np.random.default_rng(4).integers(0, 256, (64, 64, 3)).astype(np.uint8))
    data = encoded(noise, "JPEG")
    assert np.array_equal(read_raster(data + b"more", "a"), read_raster(data, "a"))
    with pytest.raises(InputError) as refused:
        read_raster(data[: -100 * cut], "photo.jpg")
    assert (refused.value.code, refused.value.file) == ("truncated", "photo.jpg")


def test_pages_are_counted() -> None:
    """A scanned TIFF or moving PNG holds several pictures; a camera's preview is not one of them."""
    pages = [Image.new("RGB", (8, 8), (value, 0, 0)) for value in (10, 20, 30)]
    for kind in ("TIFF", "PNG"):
        data = encoded(pages[0], kind, save_all=True, append_images=pages[1:])
        assert page_count(data, "a") == 3 and (read_raster(data, "a") == (10, 0, 0)).all()
    assert page_count(encoded(pages[0], "MPO", save_all=True, append_images=pages[1:]), "a") == 1
    assert page_count(encoded(pages[0], "JPEG"), "a") == 1


def test_marks_on_a_film_do_not_make_it_a_photograph() -> None:
    film = np.repeat(np.full((100, 100, 1), 90, np.uint8), 3, axis=-1)
    marked = film.copy()
    marked[:3, :3] = (255, 0, 0)
    skin = np.full((100, 100, 3), (210, 160, 140), np.uint8)
    assert nearly_grey(film[..., 0]) and nearly_grey(marked) and not nearly_grey(skin)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of_size(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_of_size(0, 0), "no_pixels"),
        (png_of_size(100_000, 100_000), "too_large"),
        (png_of_size(20_000, 10), "too_large"),
        (encoded(Image.fromarray(DEEP))[:60], "truncated"),
        (b"\xff\xd8\xff\xe0 no picture", "truncated"),
    ],
)
def test_refused_by_name(data: bytes, code: str) -> None:
    assert is_raster(data)
    with pytest.raises(InputError) as refused:
        read_raster(data, "scan.png")
    assert (refused.value.code, refused.value.file) == (code, "scan.png")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_damage_anywhere_has_a_name(kind: str) -> None:
    data = encoded(Image.fromarray((DEEP // 256).astype(np.uint8)), kind)
    dice = random.Random(kind)
    for _ in range(150):
        mutant = bytearray(data[: dice.randrange(8, len(data) + 1)])
        for _ in range(dice.choice((0, 1, 8))):
            mutant[dice.randrange(4, len(mutant))] = dice.randrange(256)
        try:
            assert read_raster(bytes(mutant), "a").dtype == np.uint8
        except InputError as error:
            assert error.code in ("truncated", "too_large", "no_pixels")
