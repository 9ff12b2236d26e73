"""Stored pixels become values: HU without wrapping round, palettes and deep colour as 8 bit."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from tests.made_dicom import RAMP, dataset, values_of


def test_hounsfield_units_do_not_wrap_round() -> None:
    """Unsigned data with an intercept: cast back to its stored type, air would turn white."""
    values = values_of(dataset(Modality="CT", pixels=RAMP, RescaleSlope=1, RescaleIntercept=-1024))
    assert values.dtype == np.float32 and values.min() == -1024 and values.max() == int(RAMP.max()) - 1024


@given(st.integers(-32768, 32767), st.integers(0, 65535), st.sampled_from([1, 2, 0.5]))
def test_hu_are_exact(intercept: int, stored: int, slope: float) -> None:
    pixels = np.full((2, 2), stored, "<u2")
    values = values_of(dataset(pixels=pixels, RescaleSlope=slope, RescaleIntercept=intercept))
    assert (values == stored * slope + intercept).all()


def test_signed_values_stay_as_stored() -> None:
    pixels = np.array([[-1000, 0], [40, 3000]], "<i2")
    assert np.array_equal(values_of(dataset(pixels=pixels))[0], pixels)


def test_each_frame_of_an_enhanced_file_is_rescaled_by_its_own_group() -> None:
    def group(slope: int) -> Dataset:
        inner, outer = Dataset(), Dataset()
        inner.RescaleSlope, inner.RescaleIntercept = slope, -10
        outer.PixelValueTransformationSequence = [inner]
        return outer

    pixels = np.stack([RAMP, RAMP])
    tags = dataset(pixels=pixels, NumberOfFrames=2, PerFrameFunctionalGroupsSequence=[group(1), group(3)])
    values = values_of(tags)
    assert np.array_equal(values[0], RAMP - 10.0) and np.array_equal(values[1], RAMP * 3 - 10.0)


def test_sixteen_bit_colour_becomes_eight() -> None:
    pixels = np.array([[0, 32768, 65535]], "<u2")
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0, "Columns": 1}
    values = values_of(dataset(pixels=pixels, **colour))
    assert values.dtype == np.uint8 and values.tolist() == [[[[0, 128, 255]]]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("dicom-codecs/693_J2KR.dcm", "dicom-codecs/693_UNCR.dcm"),
        ("dicom-codecs/emri_small.dcm", "dicom-codecs/emri_small_RLE.dcm"),
        ("dicom-codecs/emri_small.dcm", "dicom-codecs/emri_small_big_endian.dcm"),
        ("us/US1_J2KR.dcm", "us/US1_UNCR.dcm"),
        ("us/gdcm-US-ALOKA-16.dcm", "us/gdcm-US-ALOKA-16_big.dcm"),
    ],
)
def test_the_same_image_under_two_codecs(one: str, other: str, shared_data: Path) -> None:
    first, second = (values_of(pydicom.dcmread(shared_data / name)) for name in (one, other))
    assert np.array_equal(first, second) and np.ptp(first) > 0
