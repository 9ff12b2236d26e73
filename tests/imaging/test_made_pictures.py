"""What the data sets lack, made: each kind of stored pixels against a picture that the test works out by itself.

End to end: the file is read in a decoding child, and what is compared is the stored PNG.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian

from prelim.errors import InputError
from prelim.imaging.files import open_dicom
from prelim.imaging.series import groups_in, make_series, measured
from prelim.types import Series
from tests.made_dicom import SLICE, dicom, written

Shown = tuple[Series, list[np.ndarray]]
ROWS, COLUMNS = 8, 8
WHOLE = {"WindowCenter": 128, "WindowWidth": 256}
"""The window of 8 bits that changes nothing."""
MR = {
    "Modality": "MR",
    "ImagePositionPatient": [0, 0, 0],
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PixelSpacing": [1, 1],
}


@pytest.fixture
def show(tmp_path: Path) -> Callable[..., Shown]:
    """The one series of a file with these tags, and its pictures."""

    def show(**tags: Any) -> Shown:
        kept: list[bytes] = []
        [path] = written(tmp_path, dicom(**tags))
        [found] = groups_in([measured(open_dicom("a.dcm", path))])
        series = make_series(found, 0, lambda png: kept.append(png) or "0" * 64)  # type: ignore[func-returns-value]
        return series, [np.asarray(Image.open(io.BytesIO(png))) for png in kept]

    return show


def ramp(bits: int, kind: str = "<u2") -> np.ndarray:
    """64 values spread over a depth."""
    top = 2**bits - 1
    return np.rint(np.linspace(0, top, ROWS * COLUMNS)).reshape(ROWS, COLUMNS).astype(kind)


def as_grey(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.rint(np.clip((values.astype(float) - low) / (high - low), 0, 1) * 255).astype(np.uint8)


def linear(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, as it is written there."""
    x, out = values.astype(float), np.empty(values.shape)
    low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    out[...] = ((x - (centre - 0.5)) / (width - 1) + 0.5) * 255
    out[x <= low], out[x > high] = 0, 255
    return np.rint(out).astype(np.uint8)


def close(one: np.ndarray, other: np.ndarray) -> bool:
    """Alike but for how a half is rounded."""
    return one.shape == other.shape and np.abs(one.astype(int) - other).max() <= 1


def table(descriptor: list[int], entries: np.ndarray) -> Dataset:
    made = Dataset()
    made.LUTDescriptor = descriptor
    made.add_new(0x00283006, "OW", entries.tobytes() + b"\0" * (entries.nbytes % 2))
    return made


# ------------------------------------------------------------------ bits


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("frames", [1, 2])
def test_every_depth_in_its_own_bits(bits: int, frames: int, show: Callable[..., Shown]) -> None:
    """The bits above hold an overlay, as files of before 2004 do: it is no part of the value."""
    clean = ramp(bits)
    overlay = (np.indices(clean.shape).sum(axis=0) % 2).astype("<u2") << bits if bits < 16 else 0
    stored = np.stack([clean | overlay] * frames)
    depth = {"BitsStored": bits, "HighBit": bits - 1, "WindowCenter": 2 ** (bits - 1), "WindowWidth": 2**bits}
    series, pictures = show(pixels=stored, NumberOfFrames=frames, **depth)
    assert series.value_range == (0, 2**bits - 1) and len(pictures) == frames
    assert all(close(picture, linear(clean, 2 ** (bits - 1), 2**bits)) for picture in pictures)


@pytest.mark.parametrize("modality", ["CR", "CT"])
def test_a_signed_value_in_few_bits_keeps_its_sign(modality: str, show: Callable[..., Shown]) -> None:
    """Twelve bits in sixteen, those above left empty: not 0…4095, where black would turn white."""
    meant = ramp(12).astype(np.int32) - 2048
    stored = (meant & 0x0FFF).astype("<u2").view("<i2")
    tags = {**(SLICE | MR if modality == "CT" else {}), "Modality": modality, "BitsStored": 12, "HighBit": 11}
    series, [picture] = show(pixels=stored, WindowCenter=0, WindowWidth=4096, RescaleIntercept=-24, **tags)
    assert series.value_range == (-2072, 2023)
    if modality == "CT":
        assert np.array_equal(picture[..., 0], as_grey(meant - 24, -1024, 1024))
    else:
        assert close(picture, linear(meant - 24, 0, 4096))


def test_bits_that_cannot_be_are_refused(show: Callable[..., Shown]) -> None:
    for stored in (0, 17):
        with pytest.raises(InputError) as refused:
            show(pixels=ramp(12), BitsStored=stored)
        assert refused.value.code == "cannot_decode"


def test_double_floats(show: Callable[..., Shown]) -> None:
    values = np.linspace(-3.25, 7.5, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    doubles = {"PixelData": None, "DoubleFloatPixelData": values.astype("<f8").tobytes()}
    depth = {"BitsAllocated": 64, "BitsStored": None, "HighBit": None, "PixelRepresentation": None}
    series, [picture] = show(pixels=values, **doubles, **depth, **MR)
    assert series.value_range == (-3.25, 7.5) and np.array_equal(picture, as_grey(values, -3.25, 7.5))


# ------------------------------------------------------------------ windows and tables


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("turned", [False, True])
def test_a_voi_lut_of_every_depth(bits: int, turned: bool, show: Callable[..., Shown]) -> None:
    """The film uses the lower end of the table alone, and stays as dark as the table makes it."""
    first, stored = 10, ramp(5) + 10
    curve = np.rint(np.sqrt(np.linspace(0, 1, 256)) * (2**bits - 1)).astype("<u2" if bits > 8 else "<u1")
    name = "MONOCHROME1" if turned else "MONOCHROME2"
    lut = table([256, first, bits], curve)
    assert len(lut.LUTData) == 256 * curve.itemsize
    _, [picture] = show(pixels=stored, VOILUTSequence=[lut], PhotometricInterpretation=name, **WHOLE)
    expected = as_grey(curve[stored - first], 0, 2**bits - 1)
    assert expected.max() < 128 and close(picture, 255 - expected if turned else expected)


@pytest.mark.parametrize("packed", [True, False])
def test_a_modality_lut_of_eight_bits(packed: bool, show: Callable[..., Shown]) -> None:
    """Two entries in a word, as the standard has it, or one, as some write it."""
    curve = (255 - np.arange(64)).astype("u1" if packed else "<u2")
    lut = table([64, -10, 8], curve)
    stored = np.arange(-20, 44, dtype="<i2").reshape(ROWS, COLUMNS)
    series, [picture] = show(pixels=stored, ModalityLUTSequence=[lut], **WHOLE)
    expected = curve[np.clip(stored + 10, 0, 63)]
    assert series.value_range == (expected.min(), expected.max()) and close(picture, expected)


@pytest.mark.parametrize("width", [1, 0])
def test_a_window_of_two_greys_is_not_used(width: int, show: Callable[..., Shown]) -> None:
    """The standard allows a width of 1; what it leaves of a film cannot be read."""
    stored = ramp(12)
    _, [picture] = show(pixels=stored, WindowCenter=2000, WindowWidth=width)
    assert close(picture, as_grey(stored, *np.percentile(stored, (0.1, 99.9))))


def test_the_first_of_several_windows(show: Callable[..., Shown]) -> None:
    _, [picture] = show(pixels=ramp(12), WindowCenter=[1500, 200], WindowWidth=[900, 50])
    assert close(picture, linear(ramp(12), 1500, 900))


def frame_windows(*windows: tuple[float, float]) -> list[Dataset]:
    groups = []
    for centre, width in windows:
        outer, inner = Dataset(), Dataset()
        inner.WindowCenter, inner.WindowWidth = centre, width
        outer.FrameVOILUTSequence = [inner]
        groups.append(outer)
    return groups


def test_each_frame_of_an_enhanced_file_has_its_own_window(show: Callable[..., Shown]) -> None:
    own, stored = {"PerFrameFunctionalGroupsSequence": frame_windows((1500, 900), (3000, 400))}, ramp(12)
    series, pictures = show(Modality="XA", pixels=np.stack([stored, stored]), NumberOfFrames=2, **own)
    assert series.kind == "clip"
    assert close(pictures[0], linear(stored, 1500, 900)) and close(pictures[1], linear(stored, 3000, 400))
    shared = {"SharedFunctionalGroupsSequence": frame_windows((1500, 900))}
    _, [both, _] = show(Modality="XA", pixels=np.stack([stored, stored]), NumberOfFrames=2, **shared)
    assert np.array_equal(both, pictures[0])


def test_a_ct_slice_stored_as_a_negative_is_shown_by_its_hu(show: Callable[..., Shown]) -> None:
    """Hounsfield units are what they are, whatever a viewer is told to do with them."""
    tags = {**SLICE, **MR, "Modality": "CT", "RescaleIntercept": -1024, "pixels": ramp(12)}
    plain, [one] = show(**tags)
    turned, [other] = show(**tags, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(one, other) and plain.value_range == turned.value_range == (-1024, 3071)
    hu = ramp(12).astype(float) - 1024
    windows = ((-1024, 1024), (-135, 215), (0, 80))
    assert np.array_equal(one, np.stack([as_grey(hu, *window) for window in windows], axis=-1))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("limit", [None, 65530])
def test_what_fills_the_corners_of_an_mr_is_black(turned: bool, limit: int | None, show: Callable[..., Shown]) -> None:
    stored = ramp(10)
    stored[0, :4], stored[-1, -1] = 65535, 65535 if limit is None else 65531
    name = "MONOCHROME1" if turned else "MONOCHROME2"
    padding = {"PixelPaddingValue": 65535, "PixelPaddingRangeLimit": limit, "PhotometricInterpretation": name}
    series, [picture] = show(pixels=stored, **MR, **padding)
    inside = stored < 65530
    low, high = stored[inside].min(), stored[inside].max()
    expected = as_grey(stored, low, high)
    assert series.value_range == (low, high)
    assert close(picture, np.where(inside, 255 - expected if turned else expected, 0)) and not picture[0, :4].any()


# ------------------------------------------------------------------ colour


@pytest.mark.parametrize(
    ("entry_bits", "packed", "syntax"),
    [
        (8, True, None),
        (8, False, None),
        (8, False, ExplicitVRBigEndian),
        (16, False, None),
        (16, False, ExplicitVRBigEndian),
    ],
)
def test_palettes(entry_bits: int, packed: bool, syntax: str | None, show: Callable[..., Shown]) -> None:
    """Of 8 and 16 bits, 8 bits in words of 16, either byte order; values before the first entry take the first's."""
    first, order = 20, ">" if syntax else "<"
    stored = np.arange(64, dtype=f"{order}u1").reshape(ROWS, COLUMNS)
    chance, tags = np.random.default_rng(0), {}
    eight = chance.integers(0, 256, (3, 30))
    low = chance.integers(0, 256, (3, 30)) if entry_bits == 16 else 0
    entries = eight * 256 + low if entry_bits == 16 else eight
    for colour, values in zip(("Red", "Green", "Blue"), entries, strict=True):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [30, first, entry_bits]
        tags[f"{colour}PaletteColorLookupTableData"] = values.astype("u1" if packed else f"{order}u2").tobytes()
    given = {"transfer_syntax": syntax} if syntax else {}
    _, [picture] = show(Modality="US", pixels=stored, PhotometricInterpretation="PALETTE COLOR", **tags, **given)
    index = np.clip(stored.astype(int) - first, 0, 29)
    assert np.array_equal(picture, np.moveaxis(eight[:, index], 0, -1))


def ybr(rgb: np.ndarray) -> np.ndarray:
    """PS3.3 C.7.6.3.1.2: full range YCbCr of ITU-R BT.601."""
    weights = np.array([[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])
    return np.clip(np.rint(rgb @ weights.T + [0, 128, 128]), 0, 255).astype("<u1")


def colour_picture() -> np.ndarray:
    """Pairs of equal neighbours, so that shared colour loses nothing."""
    return np.repeat(np.random.default_rng(1).integers(0, 256, (ROWS, COLUMNS // 2, 3)), 2, axis=1).astype("<u1")


@pytest.mark.parametrize("planar", [0, 1])
@pytest.mark.parametrize("name", ["RGB", "YBR_FULL"])
def test_colour_in_planes_or_pixels(name: str, planar: int, show: Callable[..., Shown]) -> None:
    rgb = colour_picture()
    stored = rgb if name == "RGB" else ybr(rgb)
    data = np.moveaxis(stored, -1, 0) if planar else stored
    tags = {"Rows": ROWS, "Columns": COLUMNS, "SamplesPerPixel": 3, "PlanarConfiguration": planar}
    _, [picture] = show(Modality="XC", pixels=data, PhotometricInterpretation=name, **tags)
    assert np.abs(picture.astype(int) - rgb).max() <= (0 if name == "RGB" else 2)


def test_colour_that_neighbours_share(show: Callable[..., Shown]) -> None:
    """YBR_FULL_422: two lightnesses, then the colour of both."""
    rgb = colour_picture()
    full = ybr(rgb)
    pairs = np.stack([full[:, ::2, 0], full[:, 1::2, 0], full[:, ::2, 1], full[:, ::2, 2]], axis=-1)
    tags = {"Rows": ROWS, "Columns": COLUMNS, "SamplesPerPixel": 3, "PlanarConfiguration": 0}
    _, [picture] = show(Modality="US", pixels=pairs, PhotometricInterpretation="YBR_FULL_422", **tags)
    assert np.abs(picture.astype(int) - rgb).max() <= 2


@pytest.mark.parametrize("bits", [12, 16])
def test_deep_colour(bits: int, show: Callable[..., Shown]) -> None:
    deep = np.random.default_rng(2).integers(0, 2**bits, (ROWS, COLUMNS, 3)).astype("<u2")
    tags = {"Rows": ROWS, "Columns": COLUMNS, "SamplesPerPixel": 3, "PlanarConfiguration": 0, "BitsStored": bits}
    _, [picture] = show(Modality="XC", pixels=deep, PhotometricInterpretation="RGB", HighBit=bits - 1, **tags)
    assert np.array_equal(picture, as_grey(deep, 0, 2**bits - 1))
