"""The drawn CT and MR: the files are what is drawn, and the tags alone give their order and their values."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from pydicom import Dataset

from examples import volumes
from examples.tags import DRAWN_EXAMPLE
from examples.volumes import BLEED, CT, MR

_MAX_BYTES = {CT: 700_000, MR: 500_000}
Point = tuple[float, float, float]


@cache
def kept(folder: Path) -> dict[Path, Dataset]:
    return {path: pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))}


def slices(folder: Path) -> list[Dataset]:
    """The files of the volumes, lowest first, by the positions that they state."""
    found = [file for file in kept(folder).values() if "LOCALIZER" not in file.ImageType]
    return sorted(found, key=height)


def height(file: Dataset) -> float:
    along, down = np.array(file.ImageOrientationPatient, float).reshape(2, 3)
    return round(float(np.dot(file.ImagePositionPatient, np.cross(along, down))), 3)


def spaced(files: Iterable[Dataset]) -> npt.NDArray[np.float64]:
    return np.diff([height(file) for file in files])


def hu_at(point: Point) -> float:
    """The mean of the 3 × 3 pixels around a point of the patient (mm), in the slice nearest to it."""
    file = min(slices(CT), key=lambda one: abs(height(one) - point[2]))
    column, row = (round((point[k] - file.ImagePositionPatient[k]) / file.PixelSpacing[0]) for k in (0, 1))
    stored = file.pixel_array[row - 1 : row + 2, column - 1 : column + 2].mean()
    return float(stored * file.RescaleSlope + file.RescaleIntercept)


@pytest.mark.integration
@pytest.mark.parametrize("folder", [CT, MR], ids=lambda folder: folder.name)
def test_the_files_are_what_is_drawn(folder: Path) -> None:
    """One step of difference is left to the arithmetic of another processor."""
    drawn = volumes.ct_files() if folder == CT else volumes.mr_files()
    assert drawn.keys() == kept(folder).keys()
    for path, again in drawn.items():
        file = pydicom.dcmread(path)
        assert np.abs(file.pixel_array.astype(int) - again.pixel_array).max() <= 1
        del file.PixelData, again.PixelData
        assert file == again


@pytest.mark.parametrize("folder", [CT, MR], ids=lambda folder: folder.name)
def test_a_case_is_small_and_marked_as_drawn(folder: Path) -> None:
    assert sum(path.stat().st_size for path in folder.iterdir()) <= _MAX_BYTES[folder]
    assert {file.Manufacturer for file in kept(folder).values()} == {DRAWN_EXAMPLE}
    assert {file.FrameOfReferenceUID for file in kept(folder).values()} != {""}
    assert len({file.SOPInstanceUID for file in kept(folder).values()}) == len(kept(folder))
    assert (folder / "case.yaml").read_text(encoding="utf-8") == volumes.NOTES[folder / "case.yaml"]


def test_ct_positions_are_even_and_neither_numbers_nor_names_give_them() -> None:
    files = slices(CT)
    assert len(files) == volumes.CT_SCAN.slices
    np.testing.assert_allclose(spaced(files), volumes.CT_SCAN.gap_mm, atol=0.01)
    numbers = [file.InstanceNumber for file in files]
    assert (
        sorted(numbers) == list(range(1, len(files) + 1)) and abs(np.corrcoef(numbers, range(len(files)))[0, 1]) < 0.5
    )
    by_name = [height(file) for file in kept(CT).values() if "LOCALIZER" not in file.ImageType]
    assert sorted(by_name) != by_name


def test_ct_has_one_scout_in_a_series_of_its_own() -> None:
    [scout] = [file for file in kept(CT).values() if "LOCALIZER" in file.ImageType]
    assert scout.SeriesInstanceUID not in {file.SeriesInstanceUID for file in slices(CT)}
    assert scout.StudyInstanceUID == slices(CT)[0].StudyInstanceUID


@pytest.mark.parametrize(
    ("point", "low_hu", "high_hu"),
    [
        (BLEED, 62, 78),
        ((-11, 14, 72), 0, 16),  # the right lateral ventricle
        ((-26, 10, 87), 24, 34),  # white matter
        ((-28, -4, 52), 33, 43),  # the right putamen, where the left has bled
        ((0, 88, 47), 350, 1300),  # the occipital bone
        ((110, -110, 52), -1024, -990),  # air
    ],
    ids=["bleed", "ventricle", "white matter", "putamen", "bone", "air"],
)
def test_ct_values_are_hounsfield_units(point: Point, low_hu: float, high_hu: float) -> None:
    assert low_hu <= hu_at(point) <= high_hu


def test_mr_echoes_share_a_series_and_part_by_their_time() -> None:
    files = slices(MR)
    assert len({file.SeriesInstanceUID for file in files}) == 1
    assert {float(file.EchoTime) for file in files} == set(volumes.ECHO_TIMES_MS)
    for time in volumes.ECHO_TIMES_MS:
        one = [file for file in files if float(file.EchoTime) == time]
        assert len(one) == volumes.MR_SCAN.slices
        np.testing.assert_allclose(spaced(one), volumes.MR_SCAN.gap_mm, atol=0.01)


def test_mr_fluid_is_bright_in_the_second_echo_alone() -> None:
    """The vitreous body of the eyes against the brain's mean, echo by echo."""
    shares = []
    for time in volumes.ECHO_TIMES_MS:
        stack = np.stack([file.pixel_array for file in slices(MR) if float(file.EchoTime) == time]).astype(float)
        brain = stack[:, 50:110, 50:110]
        shares.append(np.percentile(stack, 99.8) / np.median(brain[brain > 40]))
    assert shares[1] > 2 > shares[0]
