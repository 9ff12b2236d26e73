"""Bombs in the header: claims, structure, tables and text."""

from tests.fuzz import hostile, samples
from tests.fuzz.bomb import DAMAGED, LARGE, PIXELS, Files, bomb
from tests.fuzz.hostile import CANARY, ENDLESS, body, element, film, fragments, headed, item, nested

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
        "a.dcm": samples.file_of(samples.floats(*nothing)),
        "b.dcm": samples.file_of(samples.floats(*[float("nan")] * 24)),
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


# ------------------------------------------------------------------ tables, overlays, text


@bomb(DAMAGED, "read")
def palettes_that_lie() -> Files:
    name = "RedPaletteColorLookupTableDescriptor"
    descriptors = ([0, 0, 16], [65535, 0, 16], [1, 65535, 8], [256, 0, 0], [256, 0, 255])
    made = {f"{n}.dcm": samples.file_of(samples.palette(**{name: one})) for n, one in enumerate(descriptors)}
    missing = samples.palette()
    del missing[name]
    return {**made, "none.dcm": samples.file_of(missing)}


@bomb(DAMAGED, "read")
def look_up_tables_of_absurd_lengths() -> Files:
    tables = ((0, 0, 16), (65535, 0, 16), (32, 65535, 16), (32, 0, 1), (32, 0, 64), (1, 0, 8))
    return {
        f"{sequence}{n}.dcm": samples.file_of(samples.looked_up(sequence, table, entries))
        for sequence in ("VOILUTSequence", "ModalityLUTSequence")
        for n, table in enumerate(tables)
        for entries in (32,)
    }


@bomb(DAMAGED, "read")
def overlays_larger_than_the_film() -> Files:
    return {f"{edge}.dcm": samples.file_of(samples.overlaid(edge, edge)) for edge in (0, 1, 65535)}


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
