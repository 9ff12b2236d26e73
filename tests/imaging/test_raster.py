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
from prelim.imaging.raster import is_raster, nearly_grey, read_raster

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


def test_a_photograph_stands_upright() -> None:
    """EXIF 6: the camera was turned; the stored top row is the right edge."""
    pixels = np.zeros((10, 20, 3), np.uint8)
    pixels[0] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    shown = read_raster(encoded(Image.fromarray(pixels), exif=exif), "a")
    assert shown.shape == (20, 10, 3) and (shown[:, -1] == (255, 0, 0)).all()


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
