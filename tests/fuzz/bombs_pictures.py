"""Bombs that are pictures, or another kind of file."""

import io
import struct
import zlib

from PIL import Image

from tests.fuzz import hostile
from tests.fuzz.bomb import DAMAGED, LARGE, PIXELS, Files, bomb
from tests.fuzz.hostile import body, headed
from tests.made_files import zipped

# ------------------------------------------------------------------ other kinds of file


@bomb("unsupported")
def preambles_of_other_kinds() -> Files:
    kinds = {
        "exe": b"MZ\x90\0",
        "elf": b"\x7fELF\2\1\1",
        "pdf": b"%PDF-1.7\n",
        "html": b"<html><script>",
        "gif": b"GIF89a",
    }
    return {f"{name}.dcm": headed(body() + PIXELS, preamble=head) for name, head in kinds.items()}


@bomb("unsupported")
def a_zip_in_the_preamble() -> bytes:
    return headed(body() + PIXELS, preamble=b"PK\x03\x04") + zipped({"a.txt": b"a"})


@bomb("read")
def a_tiff_in_the_preamble() -> bytes:
    return headed(body() + PIXELS, preamble=b"II*\0\x10\0\0\0")


@bomb(DAMAGED)
def only_a_preamble() -> Files:
    return {"a.dcm": bytes(128) + b"DICM", "b.dcm": bytes(128), "c.dcm": b"\x08\0\x05\0" + bytes(128)}


@bomb(DAMAGED, "duplicate")
def nothing_at_all() -> Files:
    return {"a.dcm": b"", "b": b"", "c.png": b""}


# ------------------------------------------------------------------ pictures


@bomb("too_large", "truncated")
def a_png_of_a_billion_pixels() -> Files:
    sizes = ((100_000, 100_000), (2**31 - 1, 2**31 - 1), (16384, 16384), (2**31 - 1, 1))
    return {f"{n}.png": hostile.png(*size, (b"IDAT", zlib.compress(bytes(1000)))) for n, size in enumerate(sizes)}


@bomb("read", DAMAGED, "decode_memory", slow=True)
def a_png_whose_pixels_go_on_and_on() -> bytes:
    return hostile.png(8, 8, (b"IDAT", zlib.compress(bytes(300 * 2**20), 9)))


@bomb("decode_memory", "read", "too_large", "decode_timeout", slow=True)
def a_png_as_large_as_is_allowed() -> bytes:
    line = zlib.compressobj(1)
    zeros = bytes(1 + 16384 * 6)
    data = b"".join(line.compress(zeros) for _ in range(16384)) + line.flush()
    return hostile.png(16384, 16384, (b"IDAT", data), depth=16, colour=2)


@bomb("read", "truncated", "decode_memory", slow=True)
def text_and_profiles_in_a_png_that_inflate() -> Files:
    large, pixels = zlib.compress(bytes(300 * 2**20), 9), (b"IDAT", zlib.compress(bytes(9 * 8)))
    chunks = {"zTXt": b"a\0\0" + large, "iTXt": b"a\0\1\0\0\0" + large, "iCCP": b"a\0\0" + large}
    return {f"{kind}.png": hostile.png(8, 8, (kind.encode(), data), pixels) for kind, data in chunks.items()}


@bomb("read", DAMAGED, "decode_timeout", slow=True)
def a_png_of_many_chunks() -> bytes:
    return hostile.png(8, 8, *[(b"tEXt", b"a\0b")] * 300_000, (b"IDAT", zlib.compress(bytes(72))))


@bomb("read", DAMAGED, "too_large")
def an_animated_png_without_frames() -> bytes:
    control = struct.pack(">II", 2**31 - 1, 0)
    return hostile.png(8, 8, (b"acTL", control), (b"fcTL", bytes(26)), (b"IDAT", zlib.compress(bytes(72))))


@bomb("read", DAMAGED)
def tiff_pages_in_a_circle() -> bytes:
    page = hostile.grey_page(4, 4, 8, 16)
    return hostile.tiff(page, page, following={0: 1, 1: 0}, tail=bytes(64))


@bomb(DAMAGED, "too_large", "read", "decode_memory")
def tiffs_that_say_more_than_they_hold() -> Files:
    pages = {
        "wide": hostile.grey_page(2**31 - 1, 4, 8, 16),
        "high": hostile.grey_page(16000, 16000, 8, 16),
        "far": hostile.grey_page(4, 4, 2**32 - 1, 2**32 - 1),
        "bits": hostile.grey_page(4, 4, 8, 16, t258=(3, 2**31 - 1, 8)),
        "packed": hostile.grey_page(16000, 16000, 8, 16, t259=(3, 1, 5)),
        "deflate": hostile.grey_page(16000, 16000, 8, 16, t259=(3, 1, 8)),
        "samples": hostile.grey_page(4, 4, 8, 16, t277=(3, 1, 65535)),
    }
    return {f"{name}.tif": hostile.tiff(page, tail=bytes(64)) for name, page in pages.items()}


@bomb("read", DAMAGED)
def exif_that_leads_back_to_itself() -> Files:
    block = (
        b"Exif\0\0II*\0\x08\0\0\0\x02\0"
        + struct.pack("<HHII", 0x8769, 4, 1, 8)
        + struct.pack("<HHIII", 0x0112, 3, 2**31, 8, 8)
    )
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "JPEG", exif=block)
    exif_chunk = hostile.png(8, 8, (b"eXIf", block[6:]), (b"IDAT", zlib.compress(bytes(72))))
    return {"a.jpg": out.getvalue(), "b.png": exif_chunk}


@bomb(DAMAGED, LARGE)
def bmps_that_say_more_than_they_hold() -> Files:
    sizes = ((2**31 - 1, 2**31 - 1), (16384, -16384), (-8, 8), (0, 0), (16384, 16384))
    made = {f"{n}.bmp": hostile.bmp(*size, 24, bytes(192)) for n, size in enumerate(sizes)}
    return {**made, "rle.bmp": hostile.bmp(16384, 16384, 8, b"\xff\0" * 50, compression=1)}


@bomb(DAMAGED, LARGE, "read", slow=True)
def a_jpeg_that_says_more_than_it_holds() -> Files:
    return {f"{edge}.jpg": hostile.jpeg(edge, edge) for edge in (0, 9, 16384, 65535)}
