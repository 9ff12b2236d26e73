"""The parts that bombs are made of: DICOM elements that say what no writer would, and zips and pictures that lie."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pydicom

from tests.made_dicom import dataset

EXPLICIT, IMPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"
RLE, JPEG, JPEG_LS, JPEG_2000 = (
    *("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50"),
    *("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"),
)
CANARY = "CANARY"
ENDLESS = 0xFFFFFFFF
_LONG = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")


def element(tag: int, vr: str, value: bytes = b"", length: int | None = None) -> bytes:
    """Explicit VR, little endian; the length is what is said it is."""
    stated = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (b"\0\0" + struct.pack("<I", stated) if vr in _LONG else struct.pack("<H", stated)) + value


def item(value: bytes = b"", length: int | None = None) -> bytes:
    """An item or a fragment."""
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(value) if length is None else length) + value


END_OF_ITEM, END_OF_SEQUENCE = b"\xfe\xff\x0d\xe0" + bytes(4), b"\xfe\xff\xdd\xe0" + bytes(4)


def headed(body: bytes, syntax: str = EXPLICIT, preamble: bytes = b"", group_length: int | None = None) -> bytes:
    """A file of DICOM: preamble, meta group, and a body as it is given."""
    meta = element(0x00020010, "UI", syntax.encode() + b"\0" * (len(syntax) % 2))
    stated = struct.pack("<I", len(meta) if group_length is None else group_length)
    return preamble.ljust(128, b"\0") + b"DICM" + element(0x00020000, "UL", stated) + meta + body


def body(**tags: Any) -> bytes:
    """The elements of a film whose patient is a canary, without pixels unless they are given."""
    made = dataset(**{"PatientName": CANARY, "PatientID": CANARY, "PixelData": None, **tags})
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, implicit_vr=False, little_endian=True, enforce_file_format=False)
    data = out.getvalue()
    return data[data.index(b"\x08\x00\x16\x00") :]


def film(pixels: bytes = b"", syntax: str = EXPLICIT, **tags: Any) -> bytes:
    """A film with whatever comes after its header."""
    return headed(body(**tags) + pixels, syntax)


def fragments(*parts: bytes, offsets: bytes = b"", end: bytes = END_OF_SEQUENCE) -> bytes:
    """Encapsulated pixels."""
    return element(0x7FE00010, "OB", item(offsets) + b"".join(map(item, parts)) + end, ENDLESS)


def rle(*segments: bytes, stated: int | None = None, offsets: tuple[int, ...] | None = None) -> bytes:
    """One frame of run-length segments."""
    count = len(segments) if stated is None else stated
    starts = [64 + sum(map(len, segments[:number])) for number in range(len(segments))] if offsets is None else offsets
    return struct.pack("<16I", count, *(*starts, *[0] * 15)[:15]) + b"".join(segments)


def deflated(size_bytes: int, head: bytes = b"") -> bytes:
    """What inflates to a head and so many zero bytes."""
    engine = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    zeros = bytes(2**22)
    parts = [engine.compress(head), *(engine.compress(zeros) for _ in range(size_bytes // len(zeros)))]
    return b"".join((*parts, engine.flush()))


def nested(depth: int, length: int | None = ENDLESS) -> bytes:
    """Sequences within sequences, without lengths or with true ones."""
    tag = b"\x40\x00\x60\x07"
    if length is not None:
        opened = tag + b"SQ\0\0" + struct.pack("<I", length) + item(length=length)
        return opened * depth + (END_OF_ITEM + END_OF_SEQUENCE) * depth
    parts, size = [], 0
    for _ in range(depth):
        parts.append(tag + b"SQ\0\0" + struct.pack("<I", size + 8) + item(length=size))
        size += len(parts[-1])
    return b"".join(reversed(parts))


# ------------------------------------------------------------------ pictures


def png(columns: int, rows: int, *chunks: tuple[bytes, bytes], depth: int = 8, colour: int = 0) -> bytes:
    """A PNG of chunks after a header that says what it likes."""
    head = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, data) for kind, data in ((b"IHDR", head), *chunks, (b"IEND", b""))
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bmp(columns: int, rows: int, bits: int, pixels: bytes, compression: int = 0) -> bytes:
    """A BMP of any stated size."""
    head = struct.pack("<IiiHHIIiiII", 40, columns, rows, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + head + pixels


def tiff(
    *pages: Mapping[int, tuple[int, int, int]], following: Mapping[int, int] | None = None, tail: bytes = b""
) -> bytes:
    """A TIFF of pages of entries (tag → type, count, value); `following`: the page that comes after each, by number."""
    starts, at = [], 8
    for page in pages:
        starts.append(at)
        at += 2 + 12 * len(page) + 4
    out = b"II*\0" + struct.pack("<I", 8)
    for number, page in enumerate(pages):
        to = (following or {}).get(number, number + 1 if number + 1 < len(pages) else -1)
        out += struct.pack("<H", len(page))
        out += b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(page.items()))
        out += struct.pack("<I", starts[to] if to >= 0 else 0)
    return out + tail


def grey_page(
    columns: int, rows: int, at: int, size: int, **more: tuple[int, int, int]
) -> dict[int, tuple[int, int, int]]:
    """The entries of a page of 8-bit grey, its one strip where it is said to lie."""
    usual = {256: (4, 1, columns), 257: (4, 1, rows), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, at)}
    return {
        **usual,
        277: (3, 1, 1),
        278: (4, 1, rows),
        279: (4, 1, size),
        **{int(tag[1:]): one for tag, one in more.items()},
    }


def jpeg(columns: int, rows: int) -> bytes:
    """A baseline JPEG of 8 × 8 whose frame header says another size."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(out, "JPEG")
    data = bytearray(out.getvalue())
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", rows, columns)
    return bytes(data)


# ------------------------------------------------------------------ zips


def overlapping(entries: int, size_bytes: int) -> bytes:
    """A zip whose members are all the same bytes of it. Source: Fifield, A better zip bomb, WOOT 2019."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(size_bytes))
    data = out.getvalue()
    begin, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    central = b"".join(data[begin:end].replace(b"a.txt", b"%05d" % number) for number in range(entries))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries, entries, len(central), begin, 0)
    return data[:begin] + central + tail


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, mode: int = 0) -> bytes:
    """Members by any name, twice too; `mode` is that of a Unix file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            info = zipfile.ZipInfo("x" * len(name))
            info.filename, info.compress_type, info.external_attr = name, method, mode << 16
            archive.writestr(info, data)
    return out.getvalue()
