"""DICOM by content, bounded before it is decoded; whatever is wrong has a name."""

import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from prelim.errors import InputError
from prelim.imaging.dicom import MAX_FRAMES, check_pixels, check_size, is_dicom, read
from prelim.imaging.files import open_dicom
from prelim.imaging.series import groups_in, make_series, measured
from tests.made_dicom import COLUMNS, RAMP, ROWS, dataset, dicom, values_of, written


@pytest.fixture
def values(tmp_path: Path) -> Callable[[bytes], np.ndarray]:
    """The frames of a file's bytes."""
    return lambda data: values_of(read(written(tmp_path, data)[0], "a.dcm"))


@pytest.fixture
def code_of(values: Callable[[bytes], np.ndarray]) -> Callable[[bytes], str | None]:
    """The code under which bytes are refused, None where they decode."""

    def code_of(data: bytes) -> str | None:
        try:
            values(data)
        except InputError as error:
            assert error.file == "a.dcm" and error.message.startswith("a.dcm") and error.remedy
            return error.code
        return None

    return code_of


def test_found_by_content() -> None:
    data = dicom()
    assert is_dicom(data) and is_dicom(data[132:]) and is_dicom(data[data.index(b"\x08\x00\x16\x00") :])
    assert not is_dicom(b"Dear colleague, ") and not is_dicom(b"") and not is_dicom(b"\x89PNG\r\n" + bytes(200))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_plain_transfer_syntaxes_give_the_same_values(syntax: str, values: Callable[[bytes], np.ndarray]) -> None:
    stored = RAMP.byteswap() if syntax == ExplicitVRBigEndian else RAMP
    data = dicom(transfer_syntax=syntax, PixelData=stored.tobytes())
    assert np.array_equal(values(data), RAMP[None])


def test_without_a_header_at_all(values: Callable[[bytes], np.ndarray]) -> None:
    data = dicom(transfer_syntax=ImplicitVRLittleEndian)
    bare = data[data.index(b"\x08\x00\x16\x00") :]
    assert np.array_equal(values(bare), RAMP[None])


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({"Rows": 0, "Columns": 0, "PixelData": b""}, "no_pixels"),
        ({"Rows": None, "Columns": None, "PixelData": None}, "no_pixels"),
        ({"PixelData": None}, "truncated"),
        ({"PixelData": bytes(10)}, "truncated"),
        ({"NumberOfFrames": 3}, "truncated"),
        ({"Columns": 65535}, "too_large"),
        ({"NumberOfFrames": MAX_FRAMES + 1}, "too_large"),
        ({"Rows": 16384, "Columns": 16384, "NumberOfFrames": 9999}, "too_large"),
        ({"BitsAllocated": 13}, "cannot_decode"),
        ({"SamplesPerPixel": 2}, "cannot_decode"),
    ],
)
def test_refused_by_name(tags: dict[str, Any], code: str, code_of: Callable[[bytes], str | None]) -> None:
    if "SamplesPerPixel" in tags:
        tags = {**tags, "PixelData": bytes(2 * ROWS * COLUMNS * 2)}
    assert code_of(dicom(**tags)) == code


def test_a_claimed_size_is_refused_before_anything_is_allocated() -> None:
    """16384 × 16384 × 9999 frames are five terabytes."""
    with pytest.raises(InputError) as refused:
        check_size(dataset(Rows=16384, Columns=16384, NumberOfFrames=9999), "a.dcm")
    assert refused.value.code == "too_large"


def test_no_dicom_at_all(code_of: Callable[[bytes], str | None]) -> None:
    assert code_of(bytes(128) + b"DICM" + b"nothing more") == "truncated"
    assert code_of(b"\x08\x00\x05\x00" + bytes(200)) in ("not_dicom", "truncated")
    assert code_of(b"MZ" + dicom()[2:]) == "unsupported"


def test_an_unknown_transfer_syntax_is_named(code_of: Callable[[bytes], str | None]) -> None:
    data = dicom().replace(b"1.2.840.10008.1.2.1\x00", b"1.2.840.10008.9.9.9\x00")
    assert code_of(data) == "unsupported"


def test_a_deflate_bomb_is_measured_first(code_of: Callable[[bytes], str | None]) -> None:
    """A file of kilobytes that inflates to a quarter of a gigabyte."""
    data = dicom(transfer_syntax=DeflatedExplicitVRLittleEndian)
    begin = 144 + struct.unpack("<I", data[140:144])[0]
    engine = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = data[:begin] + engine.compress(bytes(256 * 2**20)) + engine.flush()
    assert len(bomb) < 2**19 and code_of(bomb) == "too_large"


def test_subsampled_colour_is_not_called_truncated() -> None:
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_FULL_422", "PlanarConfiguration": 0}
    stored = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    whole, short = (dataset(**colour, **{**stored, "PixelData": bytes(ROWS * COLUMNS * share)}) for share in (2, 1))
    check_pixels(whole, whole, "a")
    with pytest.raises(InputError):
        check_pixels(short, short, "a")


def test_every_cut_is_flagged(shared_data: Path, code_of: Callable[[bytes], str | None]) -> None:
    """Whatever the codec, a file that ends early is never taken for whole, nor for text."""
    names = ("693_J2KR", "JPEG-LL", "emri_small_RLE", "HTJ2K_08_RGB", "JLSL_16_15_1_1F", "vlut_04", "color-pl")
    for name in names:
        data = (shared_data / "dicom-codecs" / f"{name}.dcm").read_bytes()
        assert code_of(data) is None
        for share in range(2, 100, 7):
            cut = data[: len(data) * share // 100]
            if len(cut) > 132:
                assert code_of(cut) in ("truncated", "not_dicom", "no_pixels", "cannot_decode"), (name, share)


def test_damage_anywhere_has_a_name(tmp_path: Path) -> None:
    """Seeded damage to header and pixels: a series, or an InputError; nothing else ever comes out."""
    data = dicom(
        Modality="CT",
        ImagePositionPatient=[1, 2, 3],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[1, 1],
        RescaleSlope="1",
        RescaleIntercept="-1024",
        WindowCenter="40",
        WindowWidth="400",
        StudyDate="20250314",
        InstanceNumber="1",
    )
    dice = random.Random(20250314)
    outcomes = set()
    for number in range(150):
        mutant = bytearray(data)
        for _ in range(dice.choice((1, 3, 20))):
            mutant[dice.randrange(132, len(mutant))] = dice.randrange(256)
        try:
            [path] = written(tmp_path / f"{number}", bytes(mutant))
            for found in groups_in([measured(open_dicom("a", path))]):
                make_series(found, 0, lambda png: "0" * 64)
            outcomes.add("read")
        except InputError as error:
            outcomes.add(error.code)
    assert {"read", "truncated"} <= outcomes
