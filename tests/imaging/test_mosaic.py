"""Siemens mosaics taken apart, against dcm2niix; private headers that lie."""

import struct
from pathlib import Path
from typing import cast

import nibabel
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydicom import Dataset

from prelim.imaging.cells import cells_of
from prelim.imaging.geometry import Plane
from prelim.imaging.mosaic import Mosaic, csa_values, mosaic_of, read_mosaic, tile_planes, tiles
from prelim.imaging.volumes import volumes_of
from tests.made_cells import cells_in, corners, pixels_of, read_all
from tests.made_dicom import dataset

MOSAIC_TYPE = ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]
PLACE = {"ImagePositionPatient": [-12, -8, 5], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [2, 3]}


def csa(second: bool, **tags: list[str]) -> bytes:
    """A CSA header of version 2, or 1, with these values."""
    out = [b"SV10\x04\x03\x02\x01" if second else b"", struct.pack("<2I", len(tags), 77)]
    first = len(next(iter(tags.values()), []))
    for name, items in tags.items():
        out.append(struct.pack("<64si4s3i", name.encode(), len(items), b"IS", 6, len(items), 77))
        for item in items:
            value = item.encode() + b"\0"
            length = len(value)
            out.append(struct.pack("<4i", length if second else length + first, length, 77, length))
            out.append(value + b"\0" * (-length % 4))
    return b"".join(out)


def mosaic_file(image: bytes = b"", series: bytes = b"", slices: int | None = None, **tags: object) -> Dataset:
    """A mosaic of 4 × 6 pixels in 2 × 2 tiles."""
    made = dataset(**{"Modality": "MR", "ImageType": MOSAIC_TYPE, "SpacingBetweenSlices": 4, **PLACE, **tags})
    block = made.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", image)
    block.add_new(0x20, "OB", series)
    if slices is not None:
        made.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", slices)
    return made


def layout(made: Dataset) -> Mosaic | None:
    plain = mosaic_of(made)
    return read_mosaic(cast(Dataset, plain), made) if plain else None


def protocol(*lines: str) -> bytes:
    return csa(True, MrPhoenixProtocol=["### ASCCONV BEGIN ###\n" + "\n".join(lines)])


UP = {"SliceNormalVector": ["0.0", "0.0", "1.0"]}
DOWN = {"SliceNormalVector": ["0.0", "0.0", "-1.0"]}


@pytest.mark.parametrize("second", [True, False])
def test_both_versions_of_the_header(second: bool) -> None:
    header = csa(second, Echo=["1"], NumberOfImagesInMosaic=["3"], Empty=[], **UP)
    expected = {"Echo": ["1"], "NumberOfImagesInMosaic": ["3"], "Empty": [], **UP}
    assert csa_values(header) == expected and csa_values(b"") == {}


def test_who_states_the_number_of_slices() -> None:
    """Siemens' element, else the CSA header, else the protocol; nobody, or too many for the matrix: no mosaic."""
    image, series = csa(True, NumberOfImagesInMosaic=["3"], **UP), protocol("sSliceArray.lSize\t = \t4")
    assert layout(mosaic_file(image, series, 2)) == Mosaic(2, 2, 4.0, ())
    assert layout(mosaic_file(image, series)) == Mosaic(3, 2, 4.0, ())
    assert layout(mosaic_file(csa(True, **UP), series)) == Mosaic(4, 2, 4.0, ())
    assert layout(mosaic_file()) is None and layout(mosaic_file(slices=5)) is None
    assert mosaic_of(dataset(ImageType=["ORIGINAL", "PRIMARY"])) is None


def test_the_slices_may_count_against_the_normal() -> None:
    assert layout(mosaic_file(csa(True, **DOWN), slices=3)) == Mosaic(3, 2, -4.0, ())


def test_the_gap_is_a_share_of_the_thickness() -> None:
    """Where no spacing is stated; the protocol leaves out a gap of zero, and without one nothing is known."""
    bare = {"SpacingBetweenSlices": None, "SliceThickness": 3, "slices": 3}
    steps = [
        layout(mosaic_file(csa(True, **UP), series, **bare))
        for series in (protocol("sGroupArray.asGroup[0].dDistFact\t = \t0.5"), protocol("lOther = 1"), b"")
    ]
    assert [mosaic and mosaic.step_mm for mosaic in steps] == [4.5, 3.0, None]


def test_a_slice_direction_that_is_not_stated_gives_no_positions() -> None:
    made = mosaic_file(slices=3)
    [volume] = volumes_of(cells_of(made, 0, ["a", "b", "c"], layout(made)))
    assert volume.stack is None and [cell.content for cell in volume.cells] == ["a", "b", "c"]
    assert volume.issues[0].startswith("A mosaic that does not say where its slices lie")


def test_b_values_tell_mosaics_apart() -> None:
    files = [mosaic_file(csa(True, B_value=[value], **UP), slices=3) for value in ("1000", "0")]
    cells = [
        cell for i, made in enumerate(files) for cell in cells_of(made, i, [f"{i}{k}" for k in "abc"], layout(made))
    ]
    assert [volume.marks for volume in volumes_of(cells)] == [{"DiffusionBValue": "0"}, {"DiffusionBValue": "1000"}]


def test_the_corner_belongs_to_the_whole_picture() -> None:
    """The middle of the mosaic, by its own corner, is the middle of the first slice."""
    whole = Plane((-12.0, -8.0, 5.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), 2.0, 3.0)
    planes = tile_planes(whole, Mosaic(3, 2, -4.0, ()), 2, 3)
    assert planes is not None and [plane.position_mm[2] for plane in planes] == [5, 1, -3]
    middle = np.add(whole.position_mm[:2], (2.5 * 3, 1.5 * 2))
    assert np.allclose(np.add(planes[0].position_mm[:2], (1 * 3, 0.5 * 2)), middle)


def test_tiles_lie_row_by_row() -> None:
    picture = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 9, 9], [2, 2, 9, 9]])
    assert tiles(picture, Mosaic(3, 2, None, ())).tolist() == [[[k, k], [k, k]] for k in range(3)]


GOOD = csa(True, NumberOfImagesInMosaic=["3"], SliceNormalVector=["0.0", "0.0", "1.0"])


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"SV10\x04\x03\x02\x01\x05\x00\x00\x00M\x00\x00\x00"]))
@example(struct.pack("<2I64si4s3i", 1, 77, b"x", 1, b"IS", 0, 2**31 - 1, 0), b"")
@example(struct.pack("<64si4s3i4i", b"x", 1, b"IS", 0, 1, 0, 0, -(2**31), 0, 0), b"SV10\4\3\2\1\1\0\0\0M\0\0\0")
def test_a_hostile_header_is_a_value_error(noise: bytes, start: bytes) -> None:
    try:
        found = csa_values(start + noise)
    except ValueError:
        return
    assert all(isinstance(item, str) for items in found.values() for item in items)


@settings(deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(1, len(GOOD)))
def test_a_damaged_header_is_a_value_error(at: int, byte: int, length: int) -> None:
    try:
        csa_values((GOOD[:at] + bytes([byte]) + GOOD[at + 1 :])[:length])
    except ValueError:
        return
    assert length > 16


def test_against_dcm2niix(shared_data: Path) -> None:
    """Every voxel, and the eight corners within 0.01 mm, of four series at two time points each."""
    root = shared_data / "mr-siemens-epi"
    for folder, name in (("mr_0003", "AP_3"), ("mr_0004", "PA_4"), ("mr_0005", "RL_5"), ("mr_0006", "LR_6")):
        reference = nibabel.load(root / "Ref" / f"EPI_PE={name}.nii")
        truth = np.asarray(reference.dataobj)
        cells, frames = cells_in(read_all(root / "In", f"{folder}/*.dcm"))
        volumes = volumes_of(cells)
        assert [volume.marks for volume in volumes] == [{"AcquisitionNumber": "1"}, {"AcquisitionNumber": "2"}]
        for time, volume in enumerate(volumes):
            assert volume.stack is not None and volume.stack.affine_lps is not None and not volume.issues
            found = pixels_of(volume, frames).transpose(2, 1, 0)
            assert np.array_equal(found[:, ::-1], truth[..., time])
            flip = np.eye(4)
            flip[1, 1], flip[1, 3] = -1, found.shape[1] - 1
            ours = np.diag([-1, -1, 1, 1]) @ np.array(volume.stack.affine_lps) @ flip
            assert np.abs(corners(ours, found.shape) - corners(reference.affine, found.shape)).max() < 0.01
