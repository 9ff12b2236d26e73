"""Which slices make one volume, in which order, and what is said of it; against real scanners' files."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset

from prelim.imaging.cells import Cell, cells_of
from prelim.imaging.geometry import Plane
from prelim.imaging.volumes import Volume, same_images, volumes_of
from prelim.types import Vector3
from tests.made_cells import cell, cells_in, corners, digest, pixels_of, read_all
from tests.made_dicom import dataset

SAGITTAL: tuple[Vector3, Vector3] = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
SCOUT = ["ORIGINAL", "PRIMARY", "LOCALIZER"]


def pile(heights: Sequence[float], start: int = 0, marks: dict[str, str] | None = None, **given: object) -> list[Cell]:
    """Axial slices at these heights, one file each."""
    return [cell((0, 0, z), start + i, marks, **given) for i, z in enumerate(heights)]


def heights(volume: Volume) -> list[float]:
    assert volume.stack is not None
    return [origin[2] for origin in volume.stack.origins_lps]


def sizes(volumes: list[Volume]) -> list[int]:
    return [len(volume.cells) for volume in volumes]


# ------------------------------------------------------------------ properties


def series(slices: int, echoes: int, times: int, interleaved: bool) -> list[Cell]:
    """Every slice at every echo and time; instance numbers run through the slices first, or last."""
    order = [(z, e, t) for t in range(times) for e in range(echoes) for z in range(slices)]
    order.sort(key=(lambda each: each) if interleaved else (lambda each: each[::-1]))
    marks = [{"EchoTime": f"{4.6 * (e + 1):.6g}", "AcquisitionTime": f"{100 + z + 50 * t}"} for z, e, t in order]
    told = [{**each, "TemporalPosition": f"{t + 1}"} for each, (_, _, t) in zip(marks, order, strict=True)]
    return [cell((0, 0, 2.5 * z), i, told[i], content=f"{z} {e} {t}") for i, (z, e, t) in enumerate(order)]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.integers(1, 3), st.integers(1, 12), st.booleans(), st.randoms())
def test_echoes_and_times_separate(slices: int, echoes: int, times: int, interleaved: bool, chance: object) -> None:
    """Completely, in the order of echo and then time, however the files come."""
    cells = series(slices, echoes, times, interleaved)
    chance.shuffle(cells)  # type: ignore[attr-defined]
    volumes = volumes_of(cells)
    expected = [[f"{z} {e} {t}" for z in range(slices)] for e in range(echoes) for t in range(times)]
    assert [[each.content for each in volume.cells] for volume in volumes] == expected
    assert all(volume.stack and volume.stack.affine_lps and not volume.issues for volume in volumes)


marks = st.fixed_dictionaries(
    {}, optional={"EchoTime": st.sampled_from("12"), "AcquisitionNumber": st.sampled_from("123")}
)
anything = st.builds(
    lambda x, z, marks, content, instance, turned: {
        "position": (x, 0, z),
        "marks": marks,
        "content": content,
        "instance": (instance, 0),
        "direction": SAGITTAL if turned else ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    },
    st.sampled_from([0, 1]),
    st.integers(0, 5),
    marks,
    st.sampled_from("abcdef"),
    st.integers(0, 3),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(anything, max_size=30), st.randoms())
def test_the_order_of_the_files_changes_nothing(made: list[dict], chance: object) -> None:
    """Whatever is wrong with the series; every image is in one volume or counted as a copy, a volume has no position
    twice.
    """
    cells = [cell(source=i, **dict(each)) for i, each in enumerate(made)]
    shuffled = list(cells)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    volumes = volumes_of(cells)
    assert volumes_of(shuffled) == volumes
    kept = [each for volume in volumes for each in volume.cells]
    assert len({each.source for each in kept}) == len(kept)
    assert {(each.content, each.plane) for each in cells} == {(each.content, each.plane) for each in kept}
    origins = [volume.stack.origins_lps for volume in volumes if volume.stack]
    assert all(len(set(each)) == len(each) for each in origins)
    copies = [int(issue.split()[4]) for volume in volumes for issue in volume.issues if issue.startswith("Sent")]
    assert sum(copies) == len(cells) - len(kept)


unit = st.floats(-1, 1)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(unit, unit, unit, unit).filter(lambda q: sum(x * x for x in q) > 0.1),
    st.integers(0, 2),
    st.permutations(range(8)),
)
def test_any_rotation_of_the_patient(q: tuple[float, ...], shear: int, order: list[int]) -> None:
    """Feet first, prone, decubitus, oblique: the corners are where the slices' own origins put them."""
    w, *v = np.array(q) / np.linalg.norm(q)
    cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    turn = np.eye(3) + 2 * w * cross + 2 * cross @ cross
    row, column, normal = (tuple(axis.tolist()) for axis in turn.T)
    origins = [np.array([5, -7, 11]) + i * (3 * np.array(normal) + shear * np.array(column)) for i in range(8)]
    cells = [cell(origins[i], i, direction=(row, column)) for i in order]
    [volume] = volumes_of(cells)
    assert volume.stack is not None and [each.source for each in volume.cells] == list(range(8))
    across, down = 5 * 0.25 * np.array(row), 3 * 0.5 * np.array(column)
    expected = [origins[i] + a * across + b * down for a in (0, 1) for b in (0, 1) for i in (0, 7)]
    assert np.abs(corners(volume.stack.affine_lps, (6, 4, 8)) - expected).max() < 1e-6
    assert ["gantry tilt" in issue for issue in volume.issues] == [True] * bool(shear)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 12), st.integers(1, 3), st.integers(1, 3), st.data())
def test_missing_slices_are_said(slices: int, echoes: int, times: int, data: st.DataObject) -> None:
    """A gap in the only volume, any slice where sisters have it."""
    cells = series(slices, echoes, times, False)
    gone = (
        data.draw(st.integers(1, slices - 2)),
        data.draw(st.integers(0, echoes - 1)),
        data.draw(st.integers(0, times - 1)),
    )
    volumes = volumes_of([each for each in cells if each.content != " ".join(map(str, gone))])
    flawed = [volume for volume in volumes if volume.issues]
    assert len(volumes) == echoes * times and sizes(flawed) == [slices - 1]
    assert flawed[0].stack is not None and flawed[0].stack.affine_lps is None
    issues = [f"Lacks 1 of the {slices} slice positions of its series."] * (echoes * times > 1)
    assert flawed[0].issues[1:] == tuple(issues) and "1 seem to be missing" in flawed[0].issues[0]


# ------------------------------------------------------------------ what separates


def test_measurement_before_time() -> None:
    """Echo times differ and so do acquisition times, slice by slice: only the echo makes volumes."""
    cells = [
        cell(
            (0, 0, z), 3 * e + z, {"EchoTime": f"{e}", "AcquisitionTime": f"{10 * z + e}", "AcquisitionNumber": f"{z}"}
        )
        for e in range(2)
        for z in range(3)
    ]
    assert [volume.marks for volume in volumes_of(cells)] == [{"EchoTime": "0"}, {"EchoTime": "1"}]


def test_directions_of_diffusion() -> None:
    """One b = 0 and three directions at b = 1000."""
    told = [{"DiffusionBValue": "0"}] + [
        {"DiffusionBValue": "1000", "DiffusionGradientOrientation": way} for way in ("0\\0\\1", "0\\1\\0", "1\\0\\0")
    ]
    volumes = volumes_of(each for i, marks in enumerate(told) for each in pile(range(4), 4 * i, marks))
    assert sizes(volumes) == [4] * 4 and volumes[0].marks == told[0] and volumes[3].marks == told[3]


def test_phases_of_different_coverage() -> None:
    """The liver twice, then chest to pelvis: three volumes, not one of leftovers."""
    spans = [range(40, 50), range(40, 50), range(100)]
    cells = [each for i, span in enumerate(spans) for each in pile(span, 100 * i, {"AcquisitionNumber": f"{i}"})]
    volumes = volumes_of(cells)
    assert sizes(volumes) == [10, 10, 100] and all(volume.stack and volume.stack.affine_lps for volume in volumes)


def test_phases_at_shifted_positions() -> None:
    """They overlap and never coincide; each is even by itself."""
    arterial = pile([5 * z for z in range(10)], 0, {"AcquisitionNumber": "1"})
    portal = pile([5 * z + 1.7 for z in range(10)], 10, {"AcquisitionNumber": "2"})
    volumes = volumes_of(arterial + portal)
    assert sizes(volumes) == [10, 10] and not any(volume.issues for volume in volumes)


def test_two_ranges_end_to_end_stay_one_volume() -> None:
    """Thin slices below, thick ones above: uneven, said, and still one head."""
    cells = pile([0, 2, 4, 6], 0, {"AcquisitionNumber": "1"}) + pile([10, 17, 24], 4, {"AcquisitionNumber": "2"})
    [volume] = volumes_of(cells)
    assert volume.stack is not None and volume.stack.affine_lps is None and "Uneven" in volume.issues[0]


def test_trigger_times_order_what_nothing_else_separates() -> None:
    """Cine: each slice has trigger times of its own."""
    cells = [cell((0, 0, 8 * z), 3 * z + p, {"TriggerTime": f"{31 * p + z}"}) for z in range(4) for p in (2, 0, 1)]
    volumes = volumes_of(cells)
    assert [[each.marks["TriggerTime"] for each in volume.cells] for volume in volumes] == [
        [f"{31 * p + z}" for z in range(4)] for p in range(3)
    ]
    assert volumes[0].issues == (
        "Up to 3 images at one position: separated by the order of their trigger times alone.",
    )


def test_only_the_file_order_is_left() -> None:
    volumes = volumes_of(pile([0, 3, 6]) + pile([0, 3], 3))
    assert sizes(volumes) == [3, 2] and volumes[0].marks == {"Occurrence": "1"}
    assert "order of their instance numbers alone" in volumes[0].issues[0] and "may mix" in volumes[0].issues[1]


def test_two_reconstructions_with_other_centres() -> None:
    left = [cell((-40, 0, z), z) for z in range(3)]
    right = [cell((40, 0, z), 3 + z) for z in range(3)]
    assert [volume.marks for volume in volumes_of(left + right)] == [{"Origin": "-40.0\\0.0"}, {"Origin": "40.0\\0.0"}]


# ------------------------------------------------------------------ copies


def test_copies_are_left_out_and_counted() -> None:
    """Sent twice under another UID and with another clock."""
    first = pile(range(5), 0, {"ContentTime": "1"})
    again = [cell((0, 0, z), 5 + z, {"ContentTime": "2"}, content=f"{z}") for z in range(3)]
    [volume] = volumes_of(first + again)
    assert [each.source for each in volume.cells] == [0, 1, 2, 3, 4]
    assert volume.issues == ("Sent more than once: 3 images with the same pixels at the same position are left out.",)


def test_copies_in_a_time_series() -> None:
    cells = series(4, 1, 3, False)
    again = [each._replace(source=100 + i, instance=(100 + i, 0)) for i, each in enumerate(cells[5:8])]
    volumes = volumes_of(cells + again)
    assert sizes(volumes) == [4, 4, 4] and "3 images" in volumes[1].issues[0] and not volumes[0].issues


def test_blank_slices_are_no_copies() -> None:
    """The masked ends of a time series are alike at every time, even where nothing says the time."""
    for marks in ([{"TemporalPosition": "1"}, {"TemporalPosition": "2"}], [{}, {}]):
        cells = [
            cell((0, 0, z), 4 * t + z, marks[t], **({"content": "blank"} if z == 3 else {}))
            for t in (0, 1)
            for z in range(4)
        ]
        assert sizes(volumes_of(cells)) == [4, 4]


def test_stored_classic_and_enhanced() -> None:
    """The same frames once more in one enhanced file, whose tags say more."""
    classic = pile(range(4), 0, {"EchoTime": "30"})
    enhanced = [
        cell((0, 0, z), 9, {"EchoTime": "30", "StackID": "1"}, content=f"{z}", frame=z, enhanced=True) for z in range(4)
    ]
    [volume] = volumes_of(enhanced + classic)
    assert volume.issues == ("Stored twice, as classic and as enhanced files: 4 images are left out.",)
    assert sizes([volume]) == [4] and not any(each.enhanced for each in volume.cells)


def test_the_same_images_in_another_series() -> None:
    [classic] = volumes_of(pile(range(4)))
    [enhanced] = volumes_of(cell((0, 0, z), 9, content=f"{z}", frame=z, enhanced=True) for z in range(4))
    [moved] = volumes_of(cell((0, 0, z + 1), z, content=f"{z}") for z in range(4))
    assert same_images(classic, enhanced) and not same_images(classic, moved)
    assert not same_images(classic, volumes_of(pile(range(3)))[0])


# ------------------------------------------------------------------ what stands apart


def test_other_matrix_spacing_and_direction_stand_apart() -> None:
    others = [*pile([0, 1], 10, rows=8), *pile([0, 1], 20, spacing=(0.6, 0.25))]
    others += [cell((x, 0, 0), 30 + x, direction=SAGITTAL) for x in range(2)]
    assert sizes(volumes_of(pile(range(5)) + others)) == [5, 2, 2, 2]


def test_scouts_come_last() -> None:
    """By their kind, or one slice across a CT; an MR of three planes holds no scouts."""
    scout = cell((0, 0, 0), 50, kind="scout")
    across = cell((0, 0, 9), 51, direction=SAGITTAL)
    volumes = volumes_of([scout, across, *pile(range(5))])
    assert [(volume.kind, len(volume.cells)) for volume in volumes] == [("volume", 5), ("scout", 1), ("scout", 1)]
    planes = [each._replace(modality="MR") for each in [across, *pile(range(5))]]
    assert [volume.kind for volume in volumes_of(planes)] == ["volume", "volume"]


def test_images_without_positions() -> None:
    lost = [cell((0, 0, 0), i, instance=(9 - i, 0))._replace(plane=None) for i in range(3)]
    placed, last = volumes_of(lost + pile([0, 1], 10))
    assert sizes([placed, last]) == [2, 3] and [each.source for each in last.cells] == [2, 1, 0] and last.stack is None
    assert last.issues == ("Slice positions are not stated: images in the order of their instance numbers.",)
    assert volumes_of([]) == []


# ------------------------------------------------------------------ cells from tags


def group(**sequences: dict) -> Dataset:
    made = Dataset()
    for name, tags in sequences.items():
        inner = Dataset()
        for keyword, value in tags.items():
            setattr(inner, keyword, value)
        setattr(made, name, [inner])
    return made


def enhanced_file(places: Sequence[tuple[float, float]], **tags: object) -> Dataset:
    """An enhanced MR of (height, echo time) frames."""
    frames = [
        group(
            PlanePositionSequence={"ImagePositionPatient": [0, 0, height]},
            MREchoSequence={"EffectiveEchoTime": echo},
            MRImageFrameTypeSequence={"FrameType": ["ORIGINAL", "PRIMARY", "T2", "NONE"]},
            MRDiffusionSequence={
                "DiffusionGradientDirectionSequence": [group_of(DiffusionGradientOrientation=[0, 0, 1])],
            },
        )
        for height, echo in places
    ]
    shared = group(
        PlaneOrientationSequence={"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        PixelMeasuresSequence={"PixelSpacing": [0.5, 0.25]},
        UnassignedSharedConvertedAttributesSequence={"ScanOptions": "", "AcquisitionTime": "101010.5"},
    )
    return dataset(
        Modality="MR",
        NumberOfFrames=len(places),
        PerFrameFunctionalGroupsSequence=frames,
        SharedFunctionalGroupsSequence=[shared],
        **tags,
    )


def group_of(**tags: object) -> Dataset:
    made = Dataset()
    for keyword, value in tags.items():
        setattr(made, keyword, value)
    return made


def test_marks_from_functional_groups() -> None:
    """What is measured, and what a converted file could not assign."""
    made = enhanced_file([(0, 30.000001), (1, 30)], ImageType=["DERIVED", "PRIMARY"], InConcatenationNumber=2)
    first, second = cells_of(made, 7, ["a", "b"])
    assert (
        first.marks
        == second.marks
        == {
            "ImageType": "ORIGINAL\\PRIMARY\\T2\\NONE",
            "EchoTime": "30",
            "DiffusionGradientOrientation": "0\\0\\1",
            "AcquisitionTime": "101010.5",
        }
    )
    assert (second.source, second.frame, second.enhanced, second.instance) == (7, 1, True, (0, 2))
    assert second.plane == Plane((0, 0, 1), (1, 0, 0), (0, 1, 0), 0.5, 0.25)


def test_a_concatenation_is_one_volume() -> None:
    """Two files, each with a part of the slices and both echoes."""
    files = [enhanced_file([(z, e) for z in part for e in (10, 20)]) for part in (range(3), range(3, 5))]
    cells = [
        each
        for i, made in enumerate(files)
        for each in cells_of(made, i, [f"{i}{k}" for k in range(len(made.PerFrameFunctionalGroupsSequence))])
    ]
    volumes = volumes_of(cells)
    assert [heights(volume) for volume in volumes] == [[0, 1, 2, 3, 4]] * 2
    assert [volume.marks for volume in volumes] == [{"EchoTime": "10"}, {"EchoTime": "20"}]


def test_frames_without_groups_of_their_own_have_no_place() -> None:
    made = dataset(
        Modality="MR",
        NumberOfFrames=2,
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[1, 1],
    )
    assert [each.plane for each in cells_of(made, 0, ["a", "b"])] == [None, None]


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"ImageType": SCOUT}, "scout"),
        ({"SeriesDescription": "Topogram  0.6  T80"}, "scout"),
        ({"SeriesDescription": "AAHead_Scout"}, "scout"),
        ({"SeriesDescription": "Topogram", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}, "volume"),
        ({"SeriesDescription": "Thorax"}, "volume"),
    ],
)
def test_scouts_by_type_and_name(tags: dict, kind: str) -> None:
    [only] = cells_of(dataset(Modality="CT", **tags), 0, ["a"])
    assert only.kind == kind


# ------------------------------------------------------------------ real scanners


def test_a_tilted_gantry_with_uneven_gaps(shared_data: Path) -> None:
    """GE: one head, 28 slices, each at its own position."""
    root = shared_data / "ct-ge-gantrytilt"
    files = read_all(root / "In", "*.dcm")[::-1]
    cells, frames = cells_in(files)
    [volume] = volumes_of(cells)
    assert volume.stack is not None and volume.stack.affine_lps is None and volume.stack.spacing_mm[0] is None
    stated = [tuple(map(float, files[each.source].ImagePositionPatient)) for each in volume.cells]
    assert list(volume.stack.origins_lps) == stated == sorted(stated, key=lambda position: position[2])
    truth = json.loads((root / "reference" / "geometry.json").read_text())["nifti"][0]
    values = pixels_of(volume, frames).transpose(2, 1, 0)[:, ::-1]
    assert list(values.shape) == truth["shape"]
    assert hashlib.sha256(values.astype("<i2").tobytes()).hexdigest() == truth["sha256_data"]
    assert "1.081 to 6.999" in volume.issues[0] and "gantry tilt" in volume.issues[1]


@pytest.mark.parametrize("archive", ["Siemens", "Agfa"])
def test_time_points_of_an_enhanced_series(shared_data: Path, archive: str) -> None:
    """25 positions at four times, before and after an archive renamed the private groups; voxels by their digest."""
    root = shared_data / "mr-agfa-privatetags"
    truth = json.loads((root / "reference" / "geometry.json").read_text())["nifti"][0]
    cells, frames = cells_in(read_all(root / archive, "*.img"))
    volumes = volumes_of(cells)
    assert [volume.marks for volume in volumes] == [{"TemporalPosition": f"{time}"} for time in (1, 2, 3, 4)]
    values = np.stack([pixels_of(volume, frames).transpose(2, 1, 0)[:, ::-1] for volume in volumes], axis=-1)
    assert list(values.shape) == truth["shape"]
    assert hashlib.sha256(values.astype("<i2").tobytes()).hexdigest() == truth["sha256_data"]
    for volume in volumes:
        assert volume.stack is not None and not volume.issues
        flip = np.eye(4)
        flip[1, 1], flip[1, 3] = -1, 63
        ours = np.diag([-1, -1, 1, 1]) @ np.array(volume.stack.affine_lps) @ flip
        assert np.abs(corners(ours, (64, 64, 25)) - corners(truth["affine"], (64, 64, 25))).max() < 0.01


def test_the_same_slices_classic_and_multiframe(shared_data: Path) -> None:
    """dcmqi: three classic slices, and the legacy converted file of them."""
    root = shared_data / "dicom-seg-sr" / "dcmqi" / "segmentations" / "24x38x3"
    [classic] = volumes_of(cells_in(read_all(root / "image", "*.dcm"))[0])
    [converted] = volumes_of(cells_in(read_all(root / "multiframe", "*.dcm"))[0])
    assert same_images(classic, converted) and heights(classic) == [-177.75, -175.25, -172.75]
    both = cells_in([*read_all(root / "image", "*.dcm"), *read_all(root / "multiframe", "*.dcm")])[0]
    [once] = volumes_of(both)
    assert once.issues == ("Stored twice, as classic and as enhanced files: 3 images are left out.",)


def test_slices_sent_from_head_to_foot(shared_data: Path) -> None:
    cells, _ = cells_in(read_all(shared_data / "dicom-seg-sr" / "dcmqi" / "segmentations" / "ct-3slice", "*.dcm"))
    [volume] = volumes_of(cells)
    assert [each.source for each in volume.cells] == [2, 1, 0] and not volume.issues
    assert volume.stack is not None and volume.stack.spacing_mm[0] == pytest.approx(1)


def test_enhanced_samples(shared_data: Path) -> None:
    """A CT of two frames from above; an MR whose groups were taken away has no positions, and says so."""
    root = shared_data / "dicom-codecs"
    made = pydicom.dcmread(root / "eCT_Supplemental.dcm")
    [perfusion] = volumes_of(cells_of(made, 0, [digest(np.array([i])) for i in range(2)]))
    assert heights(perfusion) == [-149, -159] and [each.frame for each in perfusion.cells] == [1, 0]
    [bare] = volumes_of(cells_in([pydicom.dcmread(root / "emri_small.dcm")])[0])
    assert bare.stack is None and len(bare.cells) == 10 and "not stated" in bare.issues[0]
