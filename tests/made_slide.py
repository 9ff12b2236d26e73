"""Slides drawn on the spot: tiled pyramidal TIFFs that OpenSlide opens, of any size, in seconds.

Tiles that look the same lie in the file once and are pointed at from everywhere, so that a slide of 100,000 × 80,000
pixels takes few megabytes.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from prelim.imaging.slide_stored import Level, Stored
from prelim.imaging.slides import Slide, open_slide, slide_of

Box = tuple[int, int, int, int]
Rgb = npt.NDArray[np.uint8]
TILE_PX = 256
ROWS, COLUMNS = 16384, 12288
PIECE = (4096, 2048, 12288, 9216)
"""The piece of tissue on the slide that tests share."""
GLASS, STAIN = (244, 243, 245), (190, 110, 170)
_SHORT, _LONG, _RATIONAL, _ASCII, _LONG8 = 3, 4, 5, 2, 16
_SIZES = {_SHORT: 2, _LONG: 4, _RATIONAL: 8, _ASCII: 1, _LONG8: 8}
_TEXTURES = 8


class Kind(NamedTuple):
    """What a made slide states. `power` makes it an Aperio one; without it the resolution tags state `mpp`."""

    mpp: float | None = 0.25
    power: float | None = None
    downsamples: tuple[int, ...] = (1, 4, 16, 64)
    big: bool = False
    textured: bool = False


GENERIC = Kind()


def make_slide(path: Path, rows: int, columns: int, tissue: Sequence[Box] = (), kind: Kind = GENERIC) -> Path:
    """A slide of glass with boxes (y0, x0, y1, x1) of stained tissue, in level-0 pixels."""
    with path.open("wb") as file:
        file.write(b"II" + (struct.pack("<HHHQ", 43, 8, 0, 0) if kind.big else struct.pack("<HI", 42, 0)))
        chained = 8 if kind.big else 4
        for at, downsample in enumerate(kind.downsamples):
            chained = _write_level(file, _Level(at, downsample, rows, columns, tissue, kind), chained)
    return path


class _Level(NamedTuple):
    place: int
    downsample: int
    rows: int
    columns: int
    tissue: Sequence[Box]
    kind: Kind

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the level's own pixels."""
        return max(1, self.rows // self.downsample), max(1, self.columns // self.downsample)


def _write_level(file: BinaryIO, level: _Level, chained: int) -> int:
    """Append a level's tiles and its directory, point at it from `chained`, and return where the next is pointed at."""
    stored: dict[object, tuple[int, int]] = {}
    places = []
    for look in _looks(level):
        if look not in stored:
            data = _jpeg(_drawn(look))
            stored[look] = (_append(file, data), len(data))
        places.append(stored[look])
    entries = _entries(level, [place for place, _ in places], [size for _, size in places])
    return _write_directory(file, entries, chained, level.kind.big)


Look = tuple[int | None, tuple[Box, ...]]


def _looks(level: _Level) -> Iterator[Look]:
    """What each tile shows, row-major: the texture, and the parts of it (in its own pixels) that are tissue."""
    rows, columns = level.size
    boxes = [tuple(round(edge / level.downsample) for edge in box) for box in level.tissue]
    for top in range(0, rows, TILE_PX):
        for left in range(0, columns, TILE_PX):
            corner = (top, left, top, left)
            parts = [tuple(min(TILE_PX, max(0, b - c)) for b, c in zip(box, corner, strict=True)) for box in boxes]
            shown = tuple(part for part in parts if part[0] < part[2] and part[1] < part[3])
            texture = (top // TILE_PX * 3 + left // TILE_PX) % _TEXTURES if level.kind.textured and shown else None
            yield texture, shown  # type: ignore[misc]


def _drawn(look: Look) -> Rgb:
    texture, parts = look
    tile = np.full((TILE_PX, TILE_PX, 3), GLASS, np.uint8)
    for y0, x0, y1, x1 in parts:
        tile[y0:y1, x0:x1] = STAIN if texture is None else _texture(texture)[y0:y1, x0:x1]
    return tile


def _texture(seed: int) -> Rgb:
    """Stroma with nuclei, roughly: smooth noise between eosin and haematoxylin."""
    coarse = np.random.default_rng(seed).random((TILE_PX // 4, TILE_PX // 4), np.float32)
    smooth = np.asarray(Image.fromarray(coarse).resize((TILE_PX, TILE_PX), Image.Resampling.BICUBIC))
    share = np.clip(smooth, 0, 1)[..., None]
    shown: Rgb = np.rint(np.array((225, 150, 195)) * (1 - share) + np.array((110, 70, 150)) * share).astype(np.uint8)
    return shown


def _jpeg(tile: Rgb) -> bytes:
    out = io.BytesIO()
    Image.fromarray(tile).save(out, "JPEG", quality=90, subsampling=2)
    return out.getvalue()


def _entries(level: _Level, offsets: list[int], sizes: list[int]) -> dict[int, tuple[int, Sequence[int] | bytes]]:
    """The tags of a level's directory (TIFF 6.0): tag → (type, values)."""
    rows, columns = level.size
    kind, wide = level.kind, _LONG8 if level.kind.big else _LONG
    entries: dict[int, tuple[int, Sequence[int] | bytes]] = {
        254: (_LONG, [int(level.place > 0)]),
        256: (_LONG, [columns]),
        257: (_LONG, [rows]),
        258: (_SHORT, [8, 8, 8]),
        259: (_SHORT, [7]),
        262: (_SHORT, [6]),
        277: (_SHORT, [3]),
        284: (_SHORT, [1]),
        322: (_LONG, [TILE_PX]),
        323: (_LONG, [TILE_PX]),
        324: (wide, offsets),
        325: (_LONG, sizes),
        530: (_SHORT, [2, 2]),
    }
    if kind.power is not None:
        entries[270] = (_ASCII, _aperio(columns, rows, kind).encode() + b"\0")
    elif kind.mpp is not None:
        a_centimetre = [round(1e7 / kind.mpp / level.downsample), 1000]
        entries |= {282: (_RATIONAL, a_centimetre), 283: (_RATIONAL, a_centimetre), 296: (_SHORT, [3])}
    return entries


def _aperio(columns: int, rows: int, kind: Kind) -> str:
    stated = "" if kind.mpp is None else f"|MPP = {kind.mpp}"
    return f"Aperio Image Library v11.2.1 \r\n{columns}x{rows} (256x256) JPEG/RGB Q=90|AppMag = {kind.power:g}{stated}"


def _write_directory(
    file: BinaryIO, entries: dict[int, tuple[int, Sequence[int] | bytes]], chained: int, big: bool
) -> int:
    number, room = ("Q", 8) if big else ("I", 4)
    lines = []
    for tag, (kind, values) in sorted(entries.items()):
        letter = {_SHORT: "H", _LONG: "I", _RATIONAL: "I", _LONG8: "Q"}.get(kind, "")
        data = values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{letter}", *values)
        value = data.ljust(room, b"\0") if len(data) <= room else struct.pack("<" + number, _append(file, data))
        lines.append(struct.pack("<HH" + number, tag, kind, len(data) // _SIZES[kind]) + value)
    count = struct.pack("<Q" if big else "<H", len(lines))
    directory = _append(file, count + b"".join(lines) + bytes(room))
    end = file.tell() - room
    file.seek(chained)
    file.write(struct.pack("<" + number, directory))
    return end


def _append(file: BinaryIO, data: bytes) -> int:
    """Write at the end, on an even place, and say where."""
    place = file.seek(0, io.SEEK_END)
    if place % 2:
        file.write(b"\0")
    file.write(data)
    return file.tell() - len(data)


# ------------------------------------------------------------------ slides that are open


def opened(path: Path, mpp: float | None = None) -> Slide:
    """A slide of one file."""
    return open_slide([path], path.name, mpp)


def faked(
    rows: int, columns: int, mpp: float | None, downsamples: tuple[int, ...] = (1,), power: float | None = None
) -> Slide:
    """A slide of any size whose every pixel is stain."""
    levels = tuple(Level(at, max(1, rows // by), max(1, columns // by)) for at, by in enumerate(downsamples))

    def read(index: int, y: int, x: int, high: int, wide: int) -> Rgb:
        assert 0 <= y < y + high <= levels[index].rows and 0 <= x < x + wide <= levels[index].columns
        return np.broadcast_to(np.array(STAIN, np.uint8), (high, wide, 3))

    return slide_of(Stored(levels, (mpp, mpp), power, "", read, lambda: None), "a")
