"""Mutants: whole files with a little damage, each known by (seed, number)."""

import re
import struct
import warnings
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from tests.fuzz import samples

_VRS = re.findall("..", "AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV")
_LONG = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
_ELEMENT = re.compile(rb"[\x02-\x60\xe0].[\x00-\xff]{2}(" + "|".join(_VRS).encode() + rb")", re.S)
_CLAIMS = {
    b"\x28\x00\x02\x00": "samples",
    b"\x28\x00\x06\x00": "planar configuration",
    b"\x28\x00\x08\x00": "frames",
    b"\x28\x00\x10\x00": "rows",
    b"\x28\x00\x11\x00": "columns",
    b"\x28\x00\x00\x01": "bits allocated",
    b"\x28\x00\x01\x01": "bits stored",
    b"\x28\x00\x02\x01": "high bit",
    b"\x28\x00\x03\x01": "pixel representation",
    b"\x28\x00\x04\x00": "photometric interpretation",
    b"\x02\x00\x10\x00": "transfer syntax",
}
_SYNTAXES = (
    *(b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99"),
    *(b"1.2.840.10008.1.2.5", b"1.2.840.10008.1.2.8.1", b"1.2.840.10008.9.9"),
    *(b"1.2.840.10008.1.2.4." + number for number in (b"50", b"51", b"57", b"70", b"80", b"81", b"90", b"91")),
    *(b"1.2.840.10008.1.2.4." + number for number in (b"92", b"93", b"100", b"102", b"106", b"110", b"201", b"203")),
)
_INTERPRETATIONS = (
    b"MONOCHROME1",
    b"MONOCHROME2",
    b"PALETTE COLOR",
    b"RGB",
    b"YBR_FULL",
    b"YBR_FULL_422",
    b"YBR_RCT",
    b"X",
)
_NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    12,
    15,
    16,
    31,
    32,
    33,
    63,
    64,
    127,
    255,
    256,
    1000,
    4096,
    16384,
    16385,
    32767,
    32768,
    65535,
)
_LENGTHS = (0, 1, 2, 7, 255, 65535, 65536, 2**24, 2**31 - 1, 2**31, 0xFFFFFFFE, 0xFFFFFFFF)
_ITEM, _ITEM_END, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
_HEADER_SHARE = 1500


class Mutant(NamedTuple):
    """A file and how it is given: `dicom`, `raster`, or the name of a case."""

    way: str
    data: bytes


Mutation = Callable[[bytearray, Random], None]


def mutant(seed: int, number: int) -> Mutant:
    """Always the same for the same seed and number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom finds fault with the samples that are made
        return _mutant(Random(f"{seed}:{number}"))


def _mutant(dice: Random) -> Mutant:
    way = dice.choices(("dicom", "raster", "case"), (80, 12, 8))[0]
    if way == "raster":
        return Mutant(way, _damaged(dice, samples.rasters(), _ANY))
    if way == "case":
        name, data = dice.choice(samples.cases())
        return Mutant(name, _damaged(dice, [data], _ANY if name.endswith("zip") else (*_ANY, *_AWARE)))
    whole = samples.made() if dice.random() < 0.5 else samples.packaged()
    return Mutant(way, _damaged(dice, whole, (*_ANY, *_AWARE, *_AWARE)))


def _damaged(dice: Random, whole: Sequence[bytes], mutations: Sequence[Mutation]) -> bytes:
    data = bytearray(dice.choice(whole))
    if dice.random() < 0.05:
        other = dice.choice(whole)
        data = data[: dice.randrange(len(data))] + other[dice.randrange(len(other)) :]
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        if data:
            dice.choice(mutations)(data, dice)
    return bytes(data)


# ------------------------------------------------------------------ of any file


def _place(data: bytearray, dice: Random) -> int:
    """Half of them where headers are."""
    return dice.randrange(min(len(data), _HEADER_SHARE) if dice.random() < 0.5 else len(data))


def _flip(data: bytearray, dice: Random) -> None:
    for _ in range(dice.choice((1, 1, 4, 32))):
        data[_place(data, dice)] ^= 1 << dice.randrange(8)


def _run(data: bytearray, dice: Random) -> None:
    begin, length = _place(data, dice), dice.choice((1, 2, 4, 8, 64, 512))
    length = min(length, len(data) - begin)
    byte = dice.choice((0, 255, None))
    data[begin : begin + length] = dice.randbytes(length) if byte is None else bytes([byte]) * length


def _cut(data: bytearray, dice: Random) -> None:
    del data[_place(data, dice) :]


def _remove(data: bytearray, dice: Random) -> None:
    begin = _place(data, dice)
    del data[begin : begin + dice.choice((1, 2, 8, 100))]


def _repeat(data: bytearray, dice: Random) -> None:
    begin = _place(data, dice)
    part = data[begin : begin + dice.choice((1, 8, 64, 1000))]
    data[begin:begin] = part * dice.choice((1, 2, 50))


def _number(data: bytearray, dice: Random) -> None:
    size = dice.choice((2, 4))
    begin = _place(data, dice)
    value = dice.choice(_LENGTHS) % 256**size
    data[begin : begin + size] = value.to_bytes(size, dice.choice(("little", "big")))


_ANY: tuple[Mutation, ...] = (_flip, _run, _cut, _remove, _repeat, _number)


# ------------------------------------------------------------------ of DICOM


def _elements(data: bytearray) -> list[tuple[int, str]]:
    """Where elements of explicit VR seem to begin."""
    return [(found.start(), found[1].decode()) for found in _ELEMENT.finditer(data)]


def _vr(data: bytearray, dice: Random) -> None:
    places = _elements(data)
    if places:
        begin, _ = dice.choice(places)
        data[begin + 4 : begin + 6] = dice.choice([*_VRS, "ZZ", "\0\0"]).encode()


def _length(data: bytearray, dice: Random) -> None:
    places = _elements(data)
    if places:
        begin, vr = dice.choice(places)
        length = dice.choice(_LENGTHS)
        form, at = ("<I", begin + 8) if vr in _LONG else ("<H", begin + 6)
        struct.pack_into(
            form, data, min(at, len(data) - 4) if len(data) >= 4 else 0, length & (2**32 - 1 if vr in _LONG else 65535)
        )


def _duplicate(data: bytearray, dice: Random) -> None:
    """An element, or several, once more: there, or anywhere."""
    places = _elements(data)
    if len(places) > 2:
        first = dice.randrange(len(places) - 1)
        last = min(len(places) - 1, first + dice.choice((1, 1, 5)))
        part = data[places[first][0] : places[last][0]]
        to = dice.choice(places)[0]
        data[to:to] = part


def _claim(data: bytearray, dice: Random) -> None:
    """Another number of rows, frames, bits … or another transfer syntax than is true."""
    tag = dice.choice(list(_CLAIMS))
    begin = data.find(tag)
    if begin < 0 or begin + 8 > len(data):
        return
    explicit = data[begin + 4 : begin + 6].isalpha()
    value = _claimed(_CLAIMS[tag], dice)
    value += b" " * (len(value) % 2) if tag != b"\x02\x00\x10\x00" else b"\0" * (len(value) % 2)
    size = int.from_bytes(data[begin + 6 : begin + 8] if explicit else data[begin + 4 : begin + 8], "little")
    if size < 1000:
        head = (
            data[begin : begin + 6] + struct.pack("<H", len(value)) if explicit else tag + struct.pack("<I", len(value))
        )
        data[begin : begin + 8 + size] = head + value


def _claimed(what: str, dice: Random) -> bytes:
    if what == "transfer syntax":
        return dice.choice(_SYNTAXES)
    if what == "photometric interpretation":
        return dice.choice(_INTERPRETATIONS)
    if what == "frames":
        return str(dice.choice((*_NUMBERS, -1, 9999, 10_001, 2**31, 2**63, 10**30))).encode()
    return struct.pack("<H", dice.choice(_NUMBERS))


def _sequence(data: bytearray, dice: Random) -> None:
    """A sequence without an end, or the end of one that never began."""
    places = _elements(data)
    to = dice.choice(places)[0] if places and dice.random() < 0.8 else _place(data, dice)
    begin = b"\x08\x00\x15\x11SQ\0\0" + struct.pack("<I", dice.choice((0xFFFFFFFF, 8, 10**6)))
    item = _ITEM + struct.pack("<I", dice.choice((0xFFFFFFFF, 0, 16)))
    depth = dice.choice((1, 1, 2, 40, 70, 500))
    data[to:to] = dice.choice(
        (begin * depth, (begin + item) * depth, _ITEM_END + bytes(4), _END + bytes(4), item * depth)
    )


def _fragment(data: bytearray, dice: Random) -> None:
    """Another length of an item or fragment, another entry of an offset table, a fragment more or fewer."""
    places = [found.start() for found in re.finditer(re.escape(_ITEM), data)]
    if not places:
        return
    begin = dice.choice(places)
    if begin + 12 > len(data):
        return
    what = dice.randrange(4)
    if what == 0:
        struct.pack_into("<I", data, begin + 4, dice.choice(_LENGTHS))
    elif what == 1:
        struct.pack_into("<I", data, begin + 8, dice.choice(_LENGTHS))
    elif what == 2:
        data[begin:begin] = (_ITEM + bytes(4)) * dice.choice((1, 3, 1000))
    else:
        del data[begin : begin + 8]


_AWARE: tuple[Mutation, ...] = (_vr, _length, _duplicate, _claim, _claim, _sequence, _fragment)
