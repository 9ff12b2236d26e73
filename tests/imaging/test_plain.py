"""What is read without pydicom is what pydicom reads, to the last value; what is in any way else is left to it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from prelim.errors import InputError
from prelim.imaging.dicom import is_dicom, read
from prelim.imaging.files import head_of
from prelim.imaging.header import Opened, header_of, opened
from prelim.imaging.pixels import frames_of
from tests.made_dicom import RAMP, ct_slice, dicom, written


def agree(path: Path) -> bool:
    """Whether a file was read without pydicom; both ways must say the same of it."""
    file, dataset = opened(path, "a"), read(path, "a")
    slow = Opened(header_of(dataset), lambda: dataset)
    assert file.header == slow.header
    if file.pixels is not None:
        [one], [other] = frames_of(file, "a"), frames_of(slow, "a")
        assert np.array_equal(one.values(), other.values()) and one.stored.dtype.kind == other.stored.dtype.kind
    return file.pixels is not None


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([ExplicitVRLittleEndian, ImplicitVRLittleEndian]),
    st.dictionaries(
        st.sampled_from(["SeriesDescription", "BodyPartExamined", "PatientName", "ProtocolName"]),
        st.text(st.characters(codec="latin-1", categories=("L", "N", "Zs")), max_size=20),
    ),
    st.sampled_from(["<u2", "<i2", "u1", "i1"]),
    st.floats(-2000, 2000).map(lambda value: f"{value:.4f}"),
)
def test_a_slice_is_what_pydicom_says(
    tmp_path_factory: pytest.TempPathFactory, syntax: str, words: dict[str, str], kind: str, intercept: str
) -> None:
    tags = {**words, "SpecificCharacterSet": "ISO_IR 100", "RescaleSlope": "1", "RescaleIntercept": intercept}
    data = ct_slice(1.5, transfer_syntax=syntax, pixels=RAMP.astype(kind), **tags)
    plain = agree(written(tmp_path_factory.mktemp("slice"), data)[0])
    assert plain == all(word.isascii() for word in words.values())


@pytest.mark.parametrize(
    "tags",
    [
        {"ModalityLUTSequence": []},
        {"NumberOfFrames": 2, "pixels": np.stack([RAMP, RAMP])},
        {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0, "Columns": 2},
        {"PhotometricInterpretation": "PALETTE COLOR"},
        {"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]},
        {"BitsAllocated": 32, "pixels": RAMP.astype("<u4")},
        {"PixelData": bytes(3)},
    ],
)
def test_what_is_not_plain_is_left_to_pydicom(tags: dict[str, Any], tmp_path: Path) -> None:
    assert opened(written(tmp_path, dicom(**tags))[0], "a").pixels is None


@pytest.mark.integration
def test_every_real_file(shared_data: Path) -> None:
    plain = 0
    for path in shared_data.rglob("*"):
        if path.is_file() and is_dicom(head_of(path)):
            try:
                plain += agree(path)
            except InputError:
                continue
    assert plain > 30
