"""Files to series: grouped, sorted, placed, and shown; against real scanners' files."""

import io
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom import Dataset

from prelim.errors import InputError
from prelim.imaging.dicom import DRAWN_PHANTOM
from prelim.imaging.files import open_dicom
from prelim.imaging.grouping import Source, group, kind_of
from prelim.imaging.series import groups_in, make_series, measured, same_image
from prelim.types import Series
from tests.made_dicom import RAMP, ct_slice, dataset, dicom, written


class Shelf(dict[str, bytes]):
    """A store in memory."""

    def put(self, data: bytes) -> str:
        key = f"{len(self):064d}"
        self[key] = data
        return key

    def pixels(self, key: str) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self[key])))


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Temporary files of this module lie in pytest's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("series")))
        yield


def sources(files: Sequence[bytes]) -> list[Source]:
    paths = written(Path(mkdtemp()), *files)
    return [open_dicom(f"{index}", path) for index, path in enumerate(paths)]


def series_of(files: Sequence[bytes], shelf: Shelf | None = None) -> list[Series]:
    store = Shelf() if shelf is None else shelf
    series = [[measured(source) for source in members] for members in group(sources(files))]
    found = [(number, one) for members in series for number, one in enumerate(groups_in(members))]
    return [make_series(one, number, store.put) for number, one in found]


def files_in(folder: Path, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob(pattern))]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"Modality": "DX"}, "projection"),
        ({"Modality": "XA", "NumberOfFrames": 30}, "clip"),
        ({"Modality": "CT"}, "volume"),
        ({"Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "scout"),
        ({"Modality": "US"}, "still"),
        ({"Modality": "US", "NumberOfFrames": 2}, "clip"),
        ({"Modality": "XC"}, "photograph"),
        ({"Modality": "SEG"}, "other"),
        ({"Modality": None}, "other"),
    ],
)
def test_kinds(tags: dict[str, Any], kind: str) -> None:
    assert kind_of(dataset(**tags)) == kind


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(12)))
def test_slices_are_sorted_by_position(order: list[int]) -> None:
    """Whatever the instance numbers and the order of the files say."""
    files = [ct_slice(2.5 * height, InstanceNumber=index) for index, height in enumerate(order)]
    [series] = series_of(files)
    assert series.slice_origins_lps is not None and series.affine_lps is not None
    assert [origin[2] for origin in series.slice_origins_lps] == [2.5 * index for index in range(12)]
    assert (series.shape, series.spacing_mm) == ((12, 4, 6), (2.5, 0.5, 0.25)) and not series.issues


def test_a_long_volume_is_sampled_evenly_with_both_ends() -> None:
    """85 of 200, in anatomical order, in three windows: each slice is as bright as it is high."""
    shelf = Shelf()
    files = [ct_slice(height, pixels=np.full((4, 6), height, "<i2")) for height in range(200)]
    [series] = series_of(files[::-1], shelf)
    images = series.image_set.images
    assert (len(images), series.image_set.total, images[0].position, images[-1].position) == (85, 200, 0, 199)
    assert {later.position - sooner.position for sooner, later in pairwise(images)} == {2, 3}
    for image in images:
        hu = image.position
        lung, soft, brain = shelf.pixels(image.pixels_sha256)[0, 0]
        assert lung == round((hu + 1024) / 2048 * 255) and soft == round((hu + 135) / 350 * 255)
        assert brain == min(255, round(hu / 80 * 255))


@pytest.mark.parametrize(("modality", "step", "said"), [("CT", 5, 1), ("CT", 2.5, 0), ("MR", 5, 0)])
def test_every_second_slice_missing_is_said_of_a_ct(modality: str, step: float, said: int) -> None:
    files = [ct_slice(step * height, SliceThickness=2.5, Modality=modality) for height in range(4)]
    [series] = series_of(files)
    assert sum("slices are missing" in issue for issue in series.issues) == said == len(series.issues)


def test_what_makes_a_series() -> None:
    """Another series, matrix, direction, and scouts stand apart; a rounding of the direction does not."""
    turned = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}
    rounded = {"ImageOrientationPatient": [0.999999, 0.0004, 0, -0.0004, 0.999999, 0]}
    scout = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
    files = [
        ct_slice(0),
        ct_slice(1, **rounded),
        ct_slice(2, SeriesInstanceUID="1.2.3"),
        ct_slice(3, pixels=RAMP.T),
        ct_slice(4, **turned),
        ct_slice(5, **scout),
    ]
    found = series_of(files)
    assert sorted((series.kind, series.frames) for series in found) == [
        ("scout", 1),
        ("volume", 1),
        ("volume", 1),
        ("volume", 1),
        ("volume", 2),
    ]
    assert len(group(sources([dicom(ViewPosition="PA"), dicom(ViewPosition="LL")]))) == 2


def test_an_enhanced_file_is_placed_by_its_groups() -> None:
    def of_frame(height: float) -> Dataset:
        outer, position = Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, height]
        outer.PlanePositionSequence = [position]
        return outer

    shared, direction, measures = Dataset(), Dataset(), Dataset()
    direction.ImageOrientationPatient, measures.PixelSpacing = [1, 0, 0, 0, 1, 0], [0.5, 0.25]
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [direction], [measures]
    frames = np.stack([np.full((4, 6), value, "<u2") for value in (30, 10, 20)])
    groups = {
        "PerFrameFunctionalGroupsSequence": [of_frame(height) for height in (6, 2, 4)],
        "SharedFunctionalGroupsSequence": [shared],
    }
    [series] = series_of([dicom(Modality="MR", pixels=frames, NumberOfFrames=3, **groups)])
    assert (series.frames, series.shape, series.spacing_mm) == (3, (3, 4, 6), (2.0, 0.5, 0.25))
    assert [image.frame for image in series.image_set.images] == [1, 2, 0]


def test_without_positions_it_is_said() -> None:
    [series] = series_of([ct_slice(0, ImagePositionPatient=None)])
    assert series.affine_lps is None and series.slice_origins_lps is None
    assert "Slice positions are not stated" in series.issues[0]


def test_drawn_phantoms_are_known_by_their_maker() -> None:
    [drawn], [clinical] = series_of([dicom(Manufacturer=DRAWN_PHANTOM)]), series_of([dicom(Manufacturer="Other")])
    assert (drawn.provenance, clinical.provenance) == ("drawn_phantom", "clinical")


def test_a_detectors_spacing_is_no_length_in_the_patient() -> None:
    [film] = series_of([dicom(ImagerPixelSpacing=[0.2, 0.2])])
    assert film.spacing_mm == (None, 0.2, 0.2) and any("detector's" in issue for issue in film.issues)


def test_copies_are_the_same_image_however_stored() -> None:
    turned = dicom(pixels=RAMP.max() - RAMP, PhotometricInterpretation="MONOCHROME1")
    plain, other, again = (measured(source) for source in sources([dicom(), dicom(pixels=RAMP[::-1].copy()), turned]))
    assert same_image(plain, again) and not same_image(plain, other)


# ------------------------------------------------------------------ real scanners


def test_a_tilted_gantry_with_uneven_gaps(shared_data: Path) -> None:
    """GE: the truth is each slice's own position; range and shape as dcm2niix found them."""
    root = shared_data / "ct-ge-gantrytilt"
    truth = json.loads((root / "reference" / "geometry.json").read_text())
    stated, converted = truth["series"][0], truth["nifti"][0]
    files = files_in(root / "In", "*.dcm")
    [series] = series_of(files[::-1])
    expected = sorted((tuple(map(float, s.header["ImagePositionPatient"])) for s in sources(files)), key=lambda p: p[2])
    assert series.slice_origins_lps == tuple(expected)
    ends = np.array([series.slice_origins_lps[0], series.slice_origins_lps[-1]])
    assert np.abs(ends - [stated["first"], stated["last"]]).max() <= 0.0005, "the reference is printed to three digits"
    assert series.affine_lps is None and series.spacing_mm == (None, *stated["pixel_spacing"])
    assert series.shape[::-1] == (converted["shape"][1], converted["shape"][0], converted["shape"][2])
    assert series.value_range == (converted["min"], converted["max"])
    assert "1.081 to 6.999" in series.issues[0] and "gantry tilt" in series.issues[1]


def test_mosaics_are_taken_apart(shared_data: Path) -> None:
    """Four series of two time points: the corners and the values of dcm2niix' own reference."""
    root = shared_data / "mr-siemens-epi"
    for folder in sorted((root / "In" / "20180918Si").iterdir()):
        files = files_in(folder, "*.dcm")
        if files:
            found = series_of(files)
            [path] = (root / "Ref").glob(f"*_{int(folder.name[3:])}.nii")
            reference = nibabel.nifti1.load(path)
            assert [series.volume for series in found] == [0, 1] and not any(series.issues for series in found)
            for series in found:
                assert series.shape[::-1] == (*reference.shape[1::-1], reference.shape[2])
                corners_agree(series, reference.affine)
                stored = reference.dataobj[..., series.volume]
                assert series.value_range == (stored.min(), stored.max())


def corners_agree(series: Series, affine_ras: np.ndarray) -> None:
    """The centres of the corner voxels, whichever way rows and slices are stored."""
    slices, rows, columns = series.shape
    corners = np.array([[c, r, s, 1] for c in (0, columns - 1) for r in (0, rows - 1) for s in (0, slices - 1)])
    ours = np.diag([-1, -1, 1, 1]) @ np.array(series.affine_lps) @ corners.T
    theirs = affine_ras @ corners.T
    away = np.linalg.norm(ours[:3, :, None] - theirs[:3, None, :], axis=0)
    assert away.min(axis=1).max() < 0.01 and sorted(away.argmin(axis=1)) == list(range(8))


@pytest.mark.integration
def test_every_codec_sample_is_a_series_or_a_named_refusal(shared_data: Path) -> None:
    refused = {}
    for path in sorted((shared_data / "dicom-codecs").glob("*.dcm")):
        try:
            [series] = series_of([path.read_bytes()])
            assert series.image_set.images and series.value_range and series.value_range[0] < series.value_range[1]
        except InputError as error:
            refused[path.name] = error.code
    assert refused == {"emri_small_jpeg_2k_lossless_too_short.dcm": "truncated", "liver_rle.dcm": "cannot_decode"}


def test_the_real_chest_film(shared_data: Path) -> None:
    [film] = series_of([(shared_data / "dicom-codecs" / "RG1_J2KI.dcm").read_bytes()])
    [image] = film.image_set.images
    assert (film.view, film.body_part, film.kind, film.photometric) == ("PA", "CHEST", "projection", "MONOCHROME1")
    assert (image.columns_to, image.rows_to, image.orientation_from, image.marker_conflict) == ("L", "F", "tag", False)
    assert (image.rows, image.columns) == film.shape[1:] == (1955, 1841)


def test_ultrasound(shared_data: Path) -> None:
    found = {path.name: series_of([path.read_bytes()])[0] for path in (shared_data / "us").glob("*.dcm")}
    assert {name: (s.kind, s.frames) for name, s in found.items()} == {
        "US1_J2KR.dcm": ("still", 1),
        "US1_UNCR.dcm": ("still", 1),
        "OBXXXX1A_rle.dcm": ("still", 1),
        "OBXXXX1A_rle_2frame.dcm": ("clip", 2),
        "gdcm-US-ALOKA-16.dcm": ("still", 1),
        "gdcm-US-ALOKA-16_big.dcm": ("still", 1),
    }
