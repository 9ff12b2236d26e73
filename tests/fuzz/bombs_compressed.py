"""Bombs that inflate, and compressed pixels that lie about themselves."""

import struct
import zlib

import numpy as np
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from tests.fuzz import hostile, samples
from tests.fuzz.bomb import DAMAGED, LARGE, PIXELS, Files, bomb
from tests.fuzz.hostile import body, element, film, fragments, headed, rle
from tests.made_dicom import RAMP

# ------------------------------------------------------------------ what inflates


@bomb("too_large", slow=True)
def deflated_a_thousandfold() -> bytes:
    return headed(hostile.deflated(768 * 2**20, body()), hostile.DEFLATED)


@bomb("too_large")
def deflated_beyond_its_ratio() -> bytes:
    return headed(hostile.deflated(64 * 2**20, body()), hostile.DEFLATED)


@bomb("read", DAMAGED)
def deflated_within_its_ratio() -> bytes:
    filler = element(0x00091010, "UN", length=12 * 2**20)
    noise = np.random.default_rng(1).bytes(2**17)
    pixels = element(0x7FE00010, "OW", RAMP.tobytes())
    return headed(zlib.compress(body() + filler + bytes(12 * 2**20) + pixels + noise, 9)[2:-4], hostile.DEFLATED)


@bomb("too_large", slow=True)
def deflated_behind_a_lying_meta_group() -> bytes:
    return headed(hostile.deflated(768 * 2**20, body()), hostile.DEFLATED, group_length=0)


@bomb("too_large", DAMAGED, slow=True)
def deflated_without_a_preamble() -> bytes:
    return headed(hostile.deflated(768 * 2**20, body()), hostile.DEFLATED)[132:]


@bomb(DAMAGED, slow=True)
def rle_that_expands_to_gigabytes() -> bytes:
    run = rle(b"\x81\0" * (32 * 2**20))
    return film(fragments(run), hostile.RLE, Rows=16384, Columns=16384)


@bomb(DAMAGED, "read", slow=True)
def rle_longer_than_its_frame() -> bytes:
    return film(fragments(rle(b"\x81\0" * 2**20, b"\x81\0" * 2**20)), hostile.RLE)


@bomb(DAMAGED)
def rle_of_255_segments() -> bytes:
    return film(fragments(rle(b"\x81\0", stated=255)), hostile.RLE)


@bomb(DAMAGED)
def rle_of_no_segments() -> bytes:
    return film(fragments(rle(stated=0)), hostile.RLE)


@bomb(DAMAGED)
def rle_segments_beyond_the_end() -> bytes:
    return film(fragments(rle(b"\x81\0", b"\x81\0", offsets=(2**31, 2**32 - 1))), hostile.RLE)


# ------------------------------------------------------------------ codestreams that say another size


_ROWS_64, _ROWS_16384 = element(0x00280010, "US", b"\x40\0"), element(0x00280010, "US", b"\0\x40")


def _stream(syntax: str) -> bytearray:
    """A film that is compressed as it should be."""
    return bytearray(samples.compressed(samples.grey(), syntax))


@bomb(DAMAGED, LARGE)
def jpeg_of_65500_pixels_in_a_small_film() -> bytes:
    return film(fragments(hostile.jpeg(65500, 65500)), hostile.JPEG, Rows=8, Columns=8, BitsAllocated=8, BitsStored=8)


@bomb(DAMAGED, LARGE)
def jpeg_of_8_pixels_in_a_large_film() -> bytes:
    return film(fragments(hostile.jpeg(8, 8)), hostile.JPEG, Rows=16384, Columns=16384, BitsAllocated=8, BitsStored=8)


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_2000_of_2_million_pixels_a_side() -> bytes:
    size = b"\xff\x51\x00\x29"
    made = _stream(JPEG2000Lossless)
    place = made.index(size) + 6
    made[place : place + 8] = struct.pack(">II", 2**21, 2**21)
    return bytes(made)


@bomb(DAMAGED, LARGE, "decode_crash", "read")
def jpeg_2000_of_many_tiles() -> bytes:
    made = _stream(JPEG2000Lossless)
    place = made.index(b"\xff\x51\x00\x29") + 22
    made[place : place + 8] = struct.pack(">II", 1, 1)
    return bytes(made)


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_2000_small_in_a_large_film() -> bytes:
    return bytes(_stream(JPEG2000Lossless).replace(_ROWS_64, _ROWS_16384, 1))


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_ls_of_65535_pixels() -> bytes:
    made = _stream(JPEGLSLossless)
    place = made.index(b"\xff\xf7") + 5
    made[place : place + 4] = struct.pack(">HH", 65535, 65535)
    return bytes(made)


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_ls_small_in_a_large_film() -> bytes:
    return bytes(_stream(JPEGLSLossless).replace(_ROWS_64, _ROWS_16384, 1))


@bomb(DAMAGED, "decode_crash", "read", slow=True)
def every_codec_under_another_ones_name() -> Files:
    names = (hostile.RLE, hostile.JPEG_2000, hostile.JPEG_LS, hostile.JPEG)
    streams = [_stream(syntax) for syntax in (RLELossless, JPEG2000Lossless, JPEGLSLossless)]
    files = {}
    for place, data in enumerate(streams):
        begin = data.index(b"\x02\x00\x10\x00UI")
        size = int.from_bytes(data[begin + 6 : begin + 8], "little")
        for other, syntax in enumerate(names):
            value = syntax.encode().ljust(size, b"\0")
            if len(value) == size:
                files[f"{place}{other}.dcm"] = data[: begin + 8] + value + data[begin + 8 + size :]
    return files


# ------------------------------------------------------------------ encapsulated pixels


def _offsets(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


@bomb(DAMAGED, "read")
def offset_tables_that_lie() -> Files:
    frame = rle(b"\x17" + bytes(24), b"\x17" + bytes(24))
    tables = {"far": (2**32 - 1,), "twice": (0, 0, 0), "odd": (1, 3), "many": tuple(range(0, 400_000, 4))}
    return {
        f"{name}.dcm": film(fragments(frame, offsets=_offsets(*table)), hostile.RLE) for name, table in tables.items()
    }


@bomb(DAMAGED, "read")
def extended_offset_tables_that_lie() -> bytes:
    table = element(0x7FE00001, "OV", struct.pack("<2Q", 2**63, 2**64 - 1)) + element(
        0x7FE00002, "OV", bytes([255] * 16)
    )
    return film(table + fragments(rle(b"\x17" + bytes(24))), hostile.RLE, NumberOfFrames=2)


@bomb(DAMAGED, "read", slow=True)
def a_hundred_thousand_empty_fragments() -> bytes:
    return film(fragments(*[b""] * 100_000), hostile.RLE)


@bomb(DAMAGED, "read")
def fragments_without_an_end() -> Files:
    frame = rle(b"\x17" + bytes(24), b"\x17" + bytes(24))
    return {
        "a.dcm": film(fragments(frame, end=b""), hostile.RLE),
        "b.dcm": film(fragments(frame, end=b"")[:-9], hostile.RLE),
    }


@bomb(DAMAGED)
def a_stream_cut_in_the_middle() -> Files:
    return {f"{n}.dcm": samples.made()[n][: -len(samples.made()[n]) // 4] for n in range(6)}


@bomb(DAMAGED, "read")
def encapsulated_pixels_that_are_not() -> bytes:
    return film(PIXELS, hostile.RLE)
