"""Values to 8 bit: bright is dense, windows as the standard defines them, nothing cropped or wrapped."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.processing import apply_voi_lut

from prelim.imaging.dicom import read
from prelim.imaging.display import film, to_grey, to_png
from tests.made_dicom import RAMP, dataset, values_of

WIDE = np.arange(4096, dtype="<u2").reshape(64, 64)


def test_monochrome1_is_turned_over() -> None:
    """The same densities stored both ways, as a detector would, give the same pixels."""
    stored = {"MONOCHROME2": WIDE, "MONOCHROME1": 4095 - WIDE}
    shown = [film(dataset(pixels=pixels, PhotometricInterpretation=name), pixels) for name, pixels in stored.items()]
    assert np.array_equal(*shown) and shown[0][0, 0] == 0 and shown[0][-1, -1] == 255


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_the_reference(function: str) -> None:
    tags = dataset(pixels=WIDE, BitsStored=12, HighBit=11, WindowCenter=1500, WindowWidth=900, VOILUTFunction=function)
    reference = apply_voi_lut(WIDE, tags) / 4095 * 255
    assert np.abs(film(tags, WIDE).astype(float) - reference).max() <= 0.51


def test_the_first_of_several_windows() -> None:
    one = dataset(pixels=WIDE, WindowCenter=1500, WindowWidth=900)
    several = dataset(pixels=WIDE, WindowCenter=[1500, 10], WindowWidth=[900, 5])
    assert np.array_equal(film(one, WIDE), film(several, WIDE))


@pytest.mark.parametrize(
    "window",
    [{"WindowCenter": 90000, "WindowWidth": 10}, {"WindowCenter": 100, "WindowWidth": 0}, {"WindowCenter": 100}, {}],
)
def test_a_window_that_shows_nothing_is_not_used(window: dict[str, Any]) -> None:
    shown = film(dataset(pixels=WIDE, **window), WIDE)
    assert shown.min() == 0 and shown.max() == 255


def test_one_stray_pixel_does_not_blacken_the_film() -> None:
    pixels = WIDE.copy()
    pixels[0, 0] = 65535
    assert film(dataset(pixels=pixels), pixels).mean() == pytest.approx(127.5, abs=2)


def test_a_lut_is_shown_at_the_depth_it_uses() -> None:
    """16 bits declared, 12 used: taken at its word, the film would be nearly black."""
    lut = Dataset()
    lut.LUTDescriptor = [256, 0, 16]
    lut.LUTData = (np.arange(256, dtype="<u2") * 16).tolist()
    pixels = np.arange(256, dtype="<u2").reshape(16, 16)
    shown = film(dataset(pixels=pixels, VOILUTSequence=[lut]), pixels)
    assert shown[0, 0] == 0 and shown[-1, -1] > 250 and (np.diff(shown.ravel().astype(int)) >= 0).all()


def test_a_damaged_lut_is_not_used() -> None:
    lut = Dataset()
    lut.LUTDescriptor = [256, 0, 16]
    shown = film(dataset(pixels=WIDE, VOILUTSequence=[lut]), WIDE)
    assert shown.min() == 0 and shown.max() == 255


def test_a_blank_frame_is_blank() -> None:
    assert set(np.unique(film(dataset(), np.full_like(RAMP, 7)))) <= {0, 255}


def test_png_holds_the_pixels_and_is_repeatable() -> None:
    pixels = to_grey(WIDE, 0, 4095)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(to_png(pixels)))), pixels) and to_png(pixels) == to_png(
        pixels
    )
    assert to_grey(np.array([[-5, 0, 300]]), 0, 255).tolist() == [[0, 0, 255]]


def test_the_relabelled_film_is_the_negative_of_the_other(shared_data: Path) -> None:
    """They differ in one byte, the tag: the same stored pixels under both names are each other's negative."""
    folder = shared_data / "cxr-misc" / "tests"
    names = ("Fake_MONOHR1.dcm", "1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm")
    one, two = (read(folder / name, name) for name in names)
    assert (one.PhotometricInterpretation, two.PhotometricInterpretation) == ("MONOCHROME1", "MONOCHROME2")
    assert one.PixelData == two.PixelData
    inverted, plain = (film(tags, values_of(tags)[0]) for tags in (one, two))
    assert np.array_equal(inverted, 255 - plain)


@pytest.mark.parametrize("name", ["RG1_J2KI.dcm", "RG3_J2KR.dcm"])
def test_real_monochrome1_films_show_bone_bright(name: str, shared_data: Path) -> None:
    """Bone and mediastinum (the middle columns) are brighter than what lies beside them."""
    tags = read(shared_data / "dicom-codecs" / name, name)
    shown = film(tags, values_of(tags)[0])
    rows, columns = shown.shape
    middle = shown[rows // 4 : rows // 2, columns * 45 // 100 : columns * 55 // 100]
    beside = shown[rows // 4 : rows // 2, columns * 25 // 100 : columns * 35 // 100]
    assert middle.mean() > beside.mean() + 30
