"""A damaged tag counts as one that is not there."""

import io

import pydicom
import pytest

from prelim.imaging.tags import Header, complete_uids, day, functional, integer, numbers, text, value, values
from tests.made_dicom import dataset, dicom


def test_values_of_every_kind() -> None:
    tags = dataset(ImageType=["ORIGINAL", "PRIMARY"], WindowCenter=[40, 80], PatientName="A^B", InstanceNumber=7)
    assert values(tags, "ImageType") == ("ORIGINAL", "PRIMARY")
    assert text(tags, "PatientName") == "A^B" and integer(tags, "InstanceNumber", 0) == 7
    assert numbers(tags, "WindowCenter", 2) == (40.0, 80.0) and numbers(tags, "WindowCenter", 1) is None
    assert value(tags, "BodyPartExamined") is None and text(tags, "BodyPartExamined") == ""


@pytest.mark.parametrize(
    ("keyword", "good", "bad"),
    [("InstanceNumber", "12345", b"1x!45"), ("ImagePositionPatient", [1, 2, 345], b"1.0\\2.0\\3x5.0")],
)
def test_damaged_numbers_are_missing(keyword: str, good: object, bad: bytes) -> None:
    printed = b"12345" if keyword == "InstanceNumber" else b"1.0\\2.0\\345.0"
    data = dicom(**{keyword: good}).replace(printed, bad)
    assert bad in data
    tags = pydicom.dcmread(io.BytesIO(data))
    assert integer(tags, keyword, -1) == -1 and numbers(tags, keyword, 3) is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"StudyDate": "20250314"}, "2025-03-14"),
        ({"StudyDate": "2025.03.14"}, "2025-03-14"),
        ({"StudyDate": "20259999", "ContentDate": "20250315"}, "2025-03-15"),
        ({"StudyDate": "2025"}, None),
        ({}, None),
    ],
)
def test_the_day_is_a_real_one(tags: dict[str, str], expected: str | None) -> None:
    assert day(dataset(**tags)) == expected


def test_missing_and_hostile_uids_get_their_own() -> None:
    """Never a path, never the empty string: 2.25. and 128 bits."""
    tags: Header = {"StudyInstanceUID": ["../../etc/passwd"], "SeriesInstanceUID": ["1.2.3"]}
    complete_uids(tags, "ab" * 32)
    assert tags["SOPInstanceUID"] == [f"2.25.{int('ab' * 16, 16)}"] and tags["SeriesInstanceUID"] == ["1.2.3"]
    assert text(tags, "StudyInstanceUID").startswith("2.25.") and tags["StudyInstanceUID"] != tags["SOPInstanceUID"]


def test_a_frames_own_group_comes_before_the_shared_one() -> None:
    def group(slope: int) -> pydicom.Dataset:
        inner, outer = pydicom.Dataset(), pydicom.Dataset()
        inner.RescaleSlope = slope
        outer.PixelValueTransformationSequence = [inner]
        return outer

    tags = dataset(PerFrameFunctionalGroupsSequence=[group(2)], SharedFunctionalGroupsSequence=[group(3)])
    found = [functional(tags, frame, "PixelValueTransformationSequence", "RescaleSlope") for frame in (0, 1)]
    assert [numbers(item, "RescaleSlope", 1) for item in found if item] == [(2.0,), (3.0,)]
    assert functional(dataset(), 0, "PixelValueTransformationSequence", "RescaleSlope") is None
