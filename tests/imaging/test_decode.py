"""What runs in a decoding child: nothing is decoded before its size is known, and no file is taken for another."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from prelim.errors import InputError
from prelim.imaging import decode, pixels
from prelim.imaging.decode import Showing
from prelim.imaging.dicom import read
from prelim.imaging.header import header_of
from tests.fuzz.hostile import deflated, element, film, headed
from tests.fuzz.samples import enhanced
from tests.made_dicom import RAMP, dataset, dicom


def at(folder: Path, data: bytes) -> str:
    path = folder / "a.dcm"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("claim", [{"NumberOfFrames": 2**31 - 1}, {"Rows": 65535}, {"Rows": 16384, "Columns": 16384}])
def test_the_size_is_checked_on_every_way(
    claim: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pixels, "iter_pixels", lambda *given, **named: pytest.fail("decoded"))
    path = at(tmp_path, film(element(0x7FE00010, "OW", RAMP.tobytes()), **claim, SamplesPerPixel=9))
    for ask in (lambda: decode.look("a", path), lambda: decode.measure("a", path, 0), lambda: pictures(path)):
        with pytest.raises(InputError) as raised:
            ask()
        assert raised.value.code == "too_large"


def pictures(path: str) -> list[bytes]:
    return list(decode.pictures("a", path, [0], list(Showing())).blobs)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    path = at(tmp_path, dicom())
    [before] = decode.measure("a", path, 0).plain
    path = at(tmp_path, dicom(pixels=RAMP + 1, StudyDescription="changed"))
    assert decode.measure("a", path, 0).plain != [before]


@pytest.mark.parametrize("slope", ["1e308", "-1e308", "1e38"])
def test_values_beyond_all_numbers_are_refused(slope: str, tmp_path: Path) -> None:
    """Infinite values are no JSON, and as pictures they are noise."""
    with pytest.raises(InputError) as raised:
        decode.measure("a", at(tmp_path, dicom(RescaleSlope=slope, RescaleIntercept="0")), 0)
    assert raised.value.code == "cannot_decode"


@pytest.mark.parametrize("group_length", [0, 4, 2**32 - 1])
def test_a_bomb_is_measured_whatever_its_meta_group_says(group_length: int, tmp_path: Path) -> None:
    data = headed(deflated(64 * 2**20), DeflatedExplicitVRLittleEndian, group_length=group_length)
    with pytest.raises(InputError) as raised:
        read(Path(at(tmp_path, data)), "a")
    assert raised.value.code == "too_large"


def test_a_claim_of_4_gigabytes_is_not_allocated(tmp_path: Path) -> None:
    """Of an ordinary file, pydicom asks the system for as many bytes as the element says."""
    path = at(tmp_path, film(element(0x7FE00010, "OW", RAMP.tobytes(), 0xFFFFFFF0)))
    assert np.frombuffer(read(Path(path), "a").PixelData, "<u2").size == RAMP.size


def test_a_header_moves_no_cursor() -> None:
    header = header_of(dataset(SeriesDescription="Chest\x1b[2J\x07\n", PatientName="A\x9bB^C"))
    assert (header["SeriesDescription"], header["PatientName"]) == (["Chest [2J"], ["A B^C"])


def test_what_cannot_be_read_of_an_item_is_left_out_alone() -> None:
    made = enhanced()
    group = made.PerFrameFunctionalGroupsSequence[1]
    group.add_new(0x00291010, "OB", b"\0\1")
    rows = Tag("Rows")
    group._dict[rows] = RawDataElement(rows, "ZZ", 2, b"\4\0", 0, False, True)
    header = header_of(made)
    [first, second, third] = header["PerFrameFunctionalGroupsSequence"]
    assert set(first) == set(second) == set(third) == {"PlanePositionSequence", "PixelValueTransformationSequence"}
