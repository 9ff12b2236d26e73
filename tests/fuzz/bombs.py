"""Bombs: hostile files, small on disk and made on the spot, each with the outcomes that it may have."""

import io
import struct
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from prelim.isolation import LIMIT_S
from tests.fuzz import hostile, samples
from tests.fuzz.hostile import CANARY, ENDLESS, body, element, film, fragments, headed, item, nested, rle
from tests.fuzz.outcome import Failed, outcomes
from tests.made_dicom import RAMP
from tests.made_files import zipped

Files = dict[str, bytes]
"""A case: the files of a folder, by their names."""
PIXELS = element(0x7FE00010, "OW", RAMP.tobytes())
DAMAGED = {"truncated", "cannot_decode", "unreadable", "not_dicom", "no_pixels"}
LARGE = {"too_large", "decode_memory", "truncated"}


class Bomb(NamedTuple):
    """A case that should hurt, what it is given as, and the codes it may be refused with ("read" if harmless)."""

    name: str
    make: Callable[[], Files]
    codes: frozenset[str]
    given: str = ""
    slow: bool = False

    def explode(self, folder: Path) -> set[str]:
        """What becomes of it. Failed where that is not allowed, takes too long, or leaves anything anywhere."""
        case = folder / "case"
        case.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom and zipfile say that no such file should be written
            files = self.make()
        for name, data in files.items():
            (case / name).write_bytes(data)
        before, started = _tree(folder), time.monotonic()
        found = outcomes("case", case / self.given, folder / "store")
        took_s = time.monotonic() - started
        if took_s > LIMIT_S or not found or found - self.codes:
            raise Failed(f"{self.name}: {sorted(found)} in {took_s:.1f} s, allowed {sorted(self.codes)}")
        if _tree(folder) != before:
            raise Failed(f"{self.name}: left something outside the store")
        return found


BOMBS: list[Bomb] = []


def _tree(folder: Path) -> set[tuple[str, int]]:
    """All beside the store: names and sizes."""
    found = (path for path in folder.rglob("*") if "store" not in path.relative_to(folder).parts)
    return {(str(path), path.stat().st_size) for path in found}


def bomb(*codes: str | set[str], given: str = "", slow: bool = False) -> Callable[[Callable[[], Files | bytes]], None]:
    """A function that makes a file, or a case, is a bomb of its name."""
    allowed = frozenset(code for some in codes for code in ({some} if isinstance(some, str) else some))

    def register(make: Callable[[], Files | bytes]) -> None:
        name = make.__name__.replace("_", " ").strip()

        def files() -> Files:
            made = make()
            return made if isinstance(made, dict) else {"a.dcm": made}

        BOMBS.append(Bomb(name, files, allowed, given, slow))

    return register


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


def _claiming(old: bytes, new: bytes, made: bytes) -> bytes:
    assert old in made
    return made.replace(old, new, 1)


def _codestream(syntax: str) -> bytes:
    """The compressed film of the samples in this syntax."""
    number = {hostile.RLE: 1, hostile.JPEG_2000: 3, hostile.JPEG_LS: 5}[syntax]
    return samples.made()[number]


@bomb(DAMAGED, LARGE)
def jpeg_of_65500_pixels_in_a_small_film() -> bytes:
    return film(fragments(hostile.jpeg(65500, 65500)), hostile.JPEG, Rows=8, Columns=8, BitsAllocated=8, BitsStored=8)


@bomb(DAMAGED, LARGE)
def jpeg_of_8_pixels_in_a_large_film() -> bytes:
    return film(fragments(hostile.jpeg(8, 8)), hostile.JPEG, Rows=16384, Columns=16384, BitsAllocated=8, BitsStored=8)


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_2000_of_2_million_pixels_a_side() -> bytes:
    size = b"\xff\x51\x00\x29"
    made = bytearray(samples.made()[3])
    place = made.index(size) + 6
    made[place : place + 8] = struct.pack(">II", 2**21, 2**21)
    return bytes(made)


@bomb(DAMAGED, LARGE, "decode_crash", "read")
def jpeg_2000_of_many_tiles() -> bytes:
    made = bytearray(samples.made()[3])
    place = made.index(b"\xff\x51\x00\x29") + 22
    made[place : place + 8] = struct.pack(">II", 1, 1)
    return bytes(made)


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_2000_small_in_a_large_film() -> bytes:
    return _claiming(b"\x28\x00\x10\x00US\x02\x00\x40\x00", b"\x28\x00\x10\x00US\x02\x00\x00\x40", samples.made()[3])


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_ls_of_65535_pixels() -> bytes:
    made = bytearray(samples.made()[5])
    place = made.index(b"\xff\xf7") + 5
    made[place : place + 4] = struct.pack(">HH", 65535, 65535)
    return bytes(made)


@bomb(DAMAGED, LARGE, "decode_crash")
def jpeg_ls_small_in_a_large_film() -> bytes:
    return _claiming(b"\x28\x00\x10\x00US\x02\x00\x40\x00", b"\x28\x00\x10\x00US\x02\x00\x00\x40", samples.made()[5])


@bomb(DAMAGED, "decode_crash", "read", slow=True)
def every_codec_under_another_ones_name() -> Files:
    made = samples.made()
    names = [one for one in (hostile.RLE, hostile.JPEG_2000, hostile.JPEG_LS, hostile.JPEG)]
    streams = [made[number] for number in (1, 3, 5)]
    files = {}
    for place, data in enumerate(streams):
        begin = data.index(b"\x02\x00\x10\x00UI")
        size = int.from_bytes(data[begin + 6 : begin + 8], "little")
        for other, syntax in enumerate(names):
            value = syntax.encode().ljust(size, b"\0")
            if len(value) == size:
                files[f"{place}{other}.dcm"] = data[: begin + 8] + value + data[begin + 8 + size :]
    return files


# ------------------------------------------------------------------ claims of the header


@bomb("too_large")
def frames_without_number() -> bytes:
    return film(PIXELS, NumberOfFrames=2**31 - 1)


@bomb("too_large", DAMAGED)
def a_number_of_frames_of_a_thousand_digits() -> bytes:
    return film(element(0x00280008, "IS", b"9" * 1000) + PIXELS)


@bomb(DAMAGED, "too_large")
def ten_thousand_frames_of_nothing() -> bytes:
    return film(fragments(*[b""] * 10_000), hostile.RLE, NumberOfFrames=10_000)


@bomb("too_large")
def rows_times_columns_beyond_32_bits() -> bytes:
    return film(PIXELS, Rows=65535, Columns=65535)


@bomb(LARGE)
def the_largest_that_is_allowed_and_nothing_in_it() -> bytes:
    return film(PIXELS, Rows=16384, Columns=16384, BitsAllocated=64, BitsStored=64)


@bomb(DAMAGED, "read")
def odd_numbers_of_bits() -> Files:
    bits = (0, 1, 3, 7, 12, 24, 33, 64, 65535)
    return {
        f"{some}.dcm": film(PIXELS + bytes(200), BitsAllocated=some, BitsStored=some, HighBit=some % 99)
        for some in bits
    }


@bomb(DAMAGED, "too_large", "read")
def odd_numbers_of_samples() -> Files:
    return {f"{some}.dcm": film(PIXELS + bytes(200), SamplesPerPixel=some) for some in (0, 2, 4, 255, 65535)}


@bomb(DAMAGED, "read")
def bits_that_contradict_each_other() -> bytes:
    return film(PIXELS, BitsAllocated=16, BitsStored=65535, HighBit=0, PixelRepresentation=65535)


@bomb("read", DAMAGED)
def rescaled_beyond_all_floats() -> Files:
    slopes = ("1e308", "-1e308", "1e39", "nan", "inf", "1e-320", "9" * 16)
    return {f"{slope}.dcm": film(PIXELS, Modality="CT", RescaleSlope=slope, RescaleIntercept=slope) for slope in slopes}


@bomb("read")
def windows_that_show_nothing() -> Files:
    windows = (("nan", "nan"), ("1e308", "1e-308"), ("-1e308", "1e308"), ("0", "-5"), ("x", "y"))
    tags = (0x00281050, 0x00281051)
    stated = [
        b"".join(element(tag, "DS", one.encode()) for tag, one in zip(tags, pair, strict=True)) for pair in windows
    ]
    return {f"{number}.dcm": film(one + PIXELS) for number, one in enumerate(stated)}


@bomb("read", DAMAGED)
def planes_beyond_all_floats() -> Files:
    huge = ["1e308"] * 3
    place = {"Modality": "CT", "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": ["1e308", "1e-308"]}
    return {f"{n}.dcm": film(PIXELS, ImagePositionPatient=at, **place) for n, at in enumerate((huge, ["-1e308"] * 3))}


@bomb("read", DAMAGED)
def floats_that_are_no_numbers() -> Files:
    nothing = (float("nan"), float("inf"), float("-inf"), 3e38, -3e38)
    return {
        "a.dcm": samples._file(samples.floats(*nothing)),
        "b.dcm": samples._file(samples.floats(*[float("nan")] * 24)),
    }


# ------------------------------------------------------------------ structure


@bomb("read", "too_deep", DAMAGED)
def sequences_64_deep() -> Files:
    return {f"{d}.dcm": film(nested(d) + PIXELS) for d in (62, 64, 66)}


@bomb("too_deep")
def sequences_240_deep() -> bytes:
    return film(nested(240) + PIXELS)


@bomb("too_deep")
def sequences_10000_deep() -> bytes:
    return film(nested(10_000) + PIXELS)


@bomb("read", "too_deep")
def sequences_10000_deep_with_true_lengths() -> bytes:
    return film(nested(3000, None) + PIXELS)


@bomb(DAMAGED, "too_deep")
def sequences_without_any_end() -> bytes:
    return film(element(0x00081115, "SQ", length=ENDLESS) + item(length=ENDLESS))


@bomb("too_many_elements", slow=True)
def two_hundred_thousand_elements() -> bytes:
    flood = b"".join(
        element(0x00090000 + (number & 0xFFFF) + ((number >> 16) << 17), "LO") for number in range(200_000)
    )
    return headed(body() + flood + PIXELS)


@bomb("too_many_elements", "too_deep", slow=True)
def a_flood_of_private_items() -> bytes:
    inner = item(b"".join(element(0x00091010 + n, "LO", b"ab") for n in range(3)), ENDLESS) + hostile.END_OF_ITEM
    return film(element(0x00091001, "SQ", inner * 60_000 + hostile.END_OF_SEQUENCE, ENDLESS) + PIXELS)


@bomb("read", "too_large", "decode_memory", "decode_timeout", slow=True)
def a_flood_of_frames_in_the_header() -> bytes:
    value = element(0x00189998, "LO", b"a\\" * 63 + b"aa")
    groups = item(element(0x00209111, "SQ", item(value * 8))) * 12_000
    return film(element(0x52009230, "SQ", groups) + PIXELS)


@bomb(DAMAGED, "read")
def lengths_of_4_gigabytes() -> Files:
    tags = ((0x00091010, "UN"), (0x00081115, "SQ"), (0x7FE00010, "OW"), (0x00420011, "OB"))
    return {
        f"{number}{length}.dcm": film(element(tag, vr, PIXELS, length))
        for number, (tag, vr) in enumerate(tags)
        for length in (0xFFFFFFFE, ENDLESS, 2**31)
    }


@bomb(DAMAGED, "read")
def a_value_longer_than_the_file() -> bytes:
    return film(element(0x00104000, "LT", b"a" * 10, 65534))


@bomb(DAMAGED, "read")
def items_whose_ends_are_missing() -> bytes:
    return film(element(0x00081115, "SQ", item(element(0x00081150, "UI"), ENDLESS) * 3, ENDLESS) + PIXELS)


@bomb("read", DAMAGED, "unsupported")
def the_same_tag_many_times() -> bytes:
    return film(element(0x00280010, "US", b"\x04\x00") * 1000 + element(0x00080016, "UI", b"1.2\0") * 1000 + PIXELS)


@bomb(DAMAGED, "decode_memory", "decode_timeout", slow=True)
def a_meta_group_without_an_end() -> bytes:
    return bytes(128) + b"DICM" + element(0x00020102, "OB", bytes(2)) * 500_000


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


# ------------------------------------------------------------------ tables, overlays, text


@bomb(DAMAGED, "read")
def palettes_that_lie() -> Files:
    name = "RedPaletteColorLookupTableDescriptor"
    descriptors = ([0, 0, 16], [65535, 0, 16], [1, 65535, 8], [256, 0, 0], [256, 0, 255])
    made = {f"{n}.dcm": samples._file(samples.palette(**{name: one})) for n, one in enumerate(descriptors)}
    missing = samples.palette()
    del missing[name]
    return {**made, "none.dcm": samples._file(missing)}


@bomb(DAMAGED, "read")
def look_up_tables_of_absurd_lengths() -> Files:
    tables = ((0, 0, 16), (65535, 0, 16), (32, 65535, 16), (32, 0, 1), (32, 0, 64), (1, 0, 8))
    return {
        f"{sequence}{n}.dcm": samples._file(samples.looked_up(sequence, table, entries))
        for sequence in ("VOILUTSequence", "ModalityLUTSequence")
        for n, table in enumerate(tables)
        for entries in (32,)
    }


@bomb(DAMAGED, "read")
def overlays_larger_than_the_film() -> Files:
    return {f"{edge}.dcm": samples._file(samples.overlaid(edge, edge)) for edge in (0, 1, 65535)}


@bomb("read", DAMAGED)
def character_sets_that_nobody_knows() -> Files:
    sets = (
        "ISO_IR 999",
        "ISO 2022 IR 87\\\\ISO 2022 IR 149" * 3,
        "utf-7",
        "unicode_escape",
        "rot13",
        "zlib",
        "\\" * 40,
    )
    text = element(0x00081030, "LO", b"\x1b$B" + bytes(range(160, 200)) * 10)
    return {f"{n}.dcm": film(element(0x00080005, "CS", one.encode()) + text + PIXELS)[:] for n, one in enumerate(sets)}


@bomb("read", DAMAGED)
def a_name_of_megabytes() -> bytes:
    name = (CANARY.encode() + b"^=\\") * 400_000
    return film(element(0x00101001, "UN", name) + element(0x00100010, "UN", name) + PIXELS)


@bomb("read", DAMAGED)
def uids_that_are_paths() -> Files:
    uids = (
        b"../../../../etc/passwd",
        b"/etc/passwd",
        b"..\\..\\x",
        b"1.2\0/../x",
        b"\xff\xfe\xfd",
        b"%n%s$(id)",
        b"1" * 60000,
    )
    made = {}
    for number, uid in enumerate(uids):
        tags = (0x00080018, 0x0020000D, 0x0020000E)
        made[f"{number}.dcm"] = film(b"".join(element(tag, "UI", uid) for tag in tags) + PIXELS)
    return made


@bomb("read", DAMAGED)
def a_uid_of_a_megabyte() -> bytes:
    return film(element(0x0020000D, "UN", b"1." * 2**19) + PIXELS)


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
    line = zlib.compressobj(9)
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


# ------------------------------------------------------------------ zips


@bomb("too_large", slow=True)
def a_zip_of_zeros() -> Files:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.dcm", "w") as member:
        for _ in range(300):
            member.write(bytes(2**20))
    return {"a.zip": out.getvalue()}


@bomb("too_large", "unreadable")
def a_zip_whose_members_overlap() -> Files:
    return {"many.zip": hostile.overlapping(5000, 2**20), "few.zip": hostile.overlapping(3, 1000)}


@bomb("unsupported")
def zips_in_zips() -> Files:
    data = b"deep"
    for depth in range(30):
        data = zipped({f"{depth}.zip" if depth else "a.txt": data})
    return {"a.zip": data}


@bomb("too_large", slow=True)
def a_zip_of_many_members() -> Files:
    return {"a.zip": hostile.zip_of(*[(f"{n}.txt", b"") for n in range(20_000)], method=zipfile.ZIP_STORED)}


@bomb("unreadable")
def zips_that_lie_about_sizes() -> Files:
    data, size = zipped({"a.txt": bytes(50 * 2**20)}), struct.pack("<I", 50 * 2**20)
    claims = {name: struct.pack("<I", one) for name, one in (("less", 100), ("nothing", 0), ("more", 2**20))}
    return {f"{name}.zip": data.replace(size, claim) for name, claim in claims.items()}


@bomb("unsupported", "unreadable", slow=True)
def zips_of_packers_without_a_bound() -> Files:
    """A kilobyte of either becomes megabytes, whatever size it states."""
    made = {}
    for name, method in (("bz2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        data = hostile.zip_of(("a.txt", bytes(200 * 2**20)), method=method)
        made[f"{name}.zip"] = data.replace(struct.pack("<I", 200 * 2**20), struct.pack("<I", 1000))
    return made


@bomb("read", "duplicate", "not_dicom", "no_text")
def zip_names_that_lead_out() -> Files:
    names = (
        "../../up.txt",
        "/etc/root.txt",
        "C:\\windows\\a.txt",
        "..\\..\\b.txt",
        "a\0b.txt",
        "x\ny\x1b[31m.txt",
        "\u202efdp.txt",
    )
    members = [(name, b"Seen today: " + str(n).encode()) for n, name in enumerate(names)]
    return {"a.zip": hostile.zip_of(*members, ("same.txt", b"One."), ("same.txt", b"Two."))}


@bomb("outside", "read")
def a_link_in_a_zip() -> Files:
    return {"a.zip": hostile.zip_of(("a.txt", b"/etc/passwd"), mode=0o120777), "n.txt": b"Seen today."}


@bomb("unreadable")
def zips_without_a_directory() -> Files:
    data = zipped({"a.txt": b"a" * 1000})
    return {
        "cut.zip": data[:-30],
        "head.zip": data[:40],
        "end.zip": b"PK\x03\x04" + data[data.index(b"PK\x05\x06") :] + bytes(65536),
    }


# ------------------------------------------------------------------ DICOMDIR


def listing(*names: bytes, endless: bool = False) -> bytes:
    """A DICOMDIR that names files, one a record."""
    records = b"".join(item(element(0x00041430, "CS", b"IMAGE ") + element(0x00041500, "CS", name)) for name in names)
    meta = element(0x00080016, "UI", b"1.2.840.10008.1.3.10")
    sequence = element(0x00041220, "SQ", records, ENDLESS if endless else None)
    return headed(meta + element(0x00041200, "UL", struct.pack("<I", 400)) + sequence)


HOSTILE_PATHS = (
    b"..\\..\\etc\\passwd",
    b"\\etc\\passwd",
    b"/etc/passwd",
    b"C:\\x",
    b"a/../../x",
    b"a\0b",
    b"X\x1b[31m\nY",
)


@bomb("outside", "missing", given="DICOMDIR")
def a_dicomdir_that_leads_out() -> Files:
    return {"DICOMDIR": listing(*HOSTILE_PATHS)}


@bomb("missing", "read")
def a_dicomdir_in_a_zip() -> Files:
    return {"a.zip": zipped({"DICOMDIR": listing(b"IM1", b"IM2", b"DICOMDIR"), "IM1": film(PIXELS)})}


@bomb("empty_case", given="DICOMDIR")
def a_dicomdir_that_lists_itself() -> Files:
    return {"DICOMDIR": listing(b"DICOMDIR", b"DICOMDIR")}


@bomb("too_large", "missing", slow=True)
def dicomdirs_of_many_files() -> Files:
    return {"DICOMDIR": listing(*[b"D%07d" % number for number in range(60_000)])}


@bomb("missing", slow=True)
def a_dicomdir_of_5000_files() -> Files:
    return {"DICOMDIR": listing(*[b"D%07d" % number for number in range(5000)])}


@bomb(DAMAGED, "missing", "unsupported", "empty_case")
def dicomdirs_that_are_none() -> Files:
    return {"DICOMDIR": listing(b"A", endless=True)[:-7], "dicomdir": film(PIXELS)}


@bomb("too_deep", "truncated")
def a_dicomdir_that_nests() -> Files:
    return {"DICOMDIR": headed(nested(3000) + listing(b"A")[200:])}
