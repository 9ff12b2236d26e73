"""Slides: what is one, its levels and magnification, and files that are damaged or not slides at all."""

import math
import struct
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from wsidicom import ConcatenationByFrames, WsiDicom

from prelim.errors import InputError, UnavailableError
from prelim.imaging.patches import plan_patches, read_patches
from prelim.imaging.slide_files import is_slide
from prelim.imaging.slide_stored import Level, Rgb, Stored
from prelim.imaging.slides import MAX_SLIDE_EDGE_PX, open_slide, slide_of
from prelim.imaging.tissue import find_tissue
from tests.made_slide import GENERIC, ROWS, Kind, faked, make_slide, opened

# ------------------------------------------------------------------ what is a slide


def test_slides_are_told_from_pictures(wsi: Path, tmp_path: Path) -> None:
    slides = {path.name for path in wsi.rglob("*.*") if path.suffix != ".txt" and is_slide(path)}
    volumes = {path.name for path in wsi.rglob("sm_image*.dcm")}
    assert slides == {"cmu-1-small-region.svs", "small.svs", "boxes.tiff", "boxes_0.dcm", "boxes_1.dcm"} | volumes
    picture = tmp_path / "picture.tif"
    Image.new("RGB", (700, 500)).save(picture)
    assert not is_slide(picture)


@pytest.mark.parametrize("kind", [GENERIC, Kind(big=True), Kind(power=40), Kind(power=40, downsamples=(1,))])
def test_every_kind_of_tiff_is_told(kind: Kind, tmp_path: Path) -> None:
    path = make_slide(tmp_path / "a.tiff", 1000, 800, kind=kind)
    assert is_slide(path)
    with opened(path) as slide:
        assert slide.levels[0] == Level(0, 1000, 800) and slide.mpp == pytest.approx((0.25, 0.25))
        assert slide.vendor == ("generic-tiff" if kind.power is None else "aperio")


def test_ndpi_is_told_by_its_private_tag(tmp_path: Path) -> None:
    """A classic TIFF whose first place takes eight bytes, as in files of more than 4 GB: here beyond a hole."""
    path = tmp_path / "a.ndpi"
    place = 5 * 2**30
    with path.open("wb") as file:
        file.write(b"II*\0" + struct.pack("<Q", place))
        file.seek(place)
        file.write(struct.pack("<HHHII", 1, 65420, 4, 1, 1) + bytes(8))
    assert is_slide(path)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 256, 4, 1, 1) + bytes(8))
    assert not is_slide(path)


@given(st.binary(max_size=300), st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0"]))
def test_any_bytes_are_a_slide_or_not(tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.tiff"
    path.write_bytes(head + data)
    assert is_slide(path) in (True, False)


# ------------------------------------------------------------------ levels and magnification


@pytest.mark.parametrize(
    ("name", "sizes", "mpp", "power"),
    [
        ("cmu-1-small-region.svs", [(2967, 2220)], 0.499, 20),
        ("openslide-python/small.svs", [(16, 16)], 0.499, 20),
        ("openslide-python/boxes.tiff", [(250, 300), (125, 150), (62, 75), (31, 37)], None, None),
        ("openslide-python/boxes_0.dcm", [(16, 16)], 0.499, 20),
        ("highdicom/sm_image.dcm", [(50, 50)], 0.499, None),
        ("highdicom/sm_image_jpegls.dcm", [(50, 50)], 0.499, None),
        ("highdicom/sm_image_grayscale.dcm", [(50, 50)], 0.499, None),
    ],
)
def test_real_slides(
    wsi: Path, name: str, sizes: list[tuple[int, int]], mpp: float | None, power: float | None
) -> None:
    """The truth of the index; the boxes state 353 µm a pixel, which no scanner makes."""
    with opened(wsi / name) as slide:
        assert [(level.rows, level.columns) for level in slide.levels] == sizes
        assert slide.objective_power == power
        assert slide.mpp == (None if mpp is None else pytest.approx((mpp, mpp)))
        assert slide.grey == ("gray" in name)
        assert ("20× is assumed" in " ".join(slide.issues)) == (mpp is None)


def test_one_encoding_shows_what_another_does(wsi: Path) -> None:
    """JPEG-LS with and without an offset table, and uncompressed; the SVS and the DICOM made from it."""

    def pixels(*names: str) -> Rgb:
        with open_slide([wsi / name for name in names], names[0]) as slide:
            return slide.read(slide.levels[0], (0, 0, slide.rows, slide.columns))

    plain = pixels("highdicom/sm_image.dcm")
    assert np.array_equal(plain, pixels("highdicom/sm_image_jpegls.dcm"))
    assert np.array_equal(plain, pixels("highdicom/sm_image_jpegls_nobot.dcm"))
    svs = pixels("openslide-python/small.svs")
    assert np.array_equal(svs, pixels("openslide-python/boxes_0.dcm", "openslide-python/boxes_1.dcm"))
    tall = pixels("openslide-python/boxes.tiff")
    truth = np.asarray(Image.open(wsi / "openslide-python" / "boxes.png").convert("RGB"))
    assert tall.shape == truth.shape and np.abs(tall.astype(int) - truth).mean() < 5


def test_levels_and_concatenations_of_dicom(wsi: Path, tmp_path: Path) -> None:
    """A pyramid of several files, and one whose every level lies in several."""
    source = wsi / "highdicom" / "sm_image_control.dcm"
    seen = []
    for folder, cut in ((tmp_path / "whole", None), (tmp_path / "cut", ConcatenationByFrames(4))):
        with WsiDicom.open(source) as plain:
            plain.save(folder, add_missing_levels=True, concatenation=cut)
        files = sorted(folder.iterdir())
        with open_slide(files, "a") as slide:
            assert [level.rows for level in slide.levels] == [50, 25, 13, 7] and len(files) >= 4
            seen.append(slide.read(slide.levels[0], (0, 0, 50, 50)))
    with opened(source) as slide:
        assert all(np.array_equal(one, slide.read(slide.levels[0], (0, 0, 50, 50))) for one in seen)


def test_a_sparse_slide_is_white_where_nothing_was_scanned(wsi: Path, tmp_path: Path) -> None:
    """Only the tile at row 10, column 20 is left, its place in its own frame's header."""
    dataset = pydicom.dcmread(wsi / "highdicom" / "sm_image_control.dcm")
    tile = dataset.pixel_array[7]
    place = pydicom.Dataset()
    place.RowPositionInTotalImagePixelMatrix, place.ColumnPositionInTotalImagePixelMatrix = 11, 21
    place.XOffsetInSlideCoordinateSystem = place.YOffsetInSlideCoordinateSystem = 0.0
    place.ZOffsetInSlideCoordinateSystem = 0.0
    frame = pydicom.Dataset()
    frame.PlanePositionSlideSequence = [place]
    dataset.PerFrameFunctionalGroupsSequence = [frame]
    dataset.DimensionOrganizationType, dataset.NumberOfFrames = "TILED_SPARSE", 1
    dataset.PixelData = tile.tobytes()
    dataset.save_as(tmp_path / "a.dcm")
    truth = np.full((50, 50, 3), 255, np.uint8)
    truth[10:20, 20:30] = tile
    with opened(tmp_path / "a.dcm") as slide:
        assert np.array_equal(slide.read(slide.levels[0], (0, 0, 50, 50)), truth)


def test_a_grey_slide_is_shown_by_its_range(wsi: Path) -> None:
    """16 bits: the values of the pixels in order, darkest black and brightest white."""
    path = wsi / "highdicom" / "sm_image_grayscale.dcm"
    with opened(path) as slide:
        shown = slide.read(slide.levels[0], (0, 0, 50, 50))
    assert (shown.min(), shown.max()) == (0, 255) and np.ptp(shown, axis=-1).max() == 0
    frames = pydicom.dcmread(path).pixel_array.astype(np.float64)
    stored = frames.reshape(5, 5, 10, 10).transpose(0, 2, 1, 3).reshape(50, 50)
    assert np.array_equal(np.rint(stored / stored.max() * 255), shown[..., 0])


def test_magnification_is_taken_where_it_is_stated() -> None:
    assert faked(9000, 9000, 0.25, power=20).pixel_um == (0.25, 0.25)
    objective = faked(9000, 9000, None, power=40)
    assert objective.pixel_um == (0.25, 0.25) and "objective" in objective.issues[0]
    guessed = faked(9000, 9000, None)
    assert guessed.pixel_um == (0.5, 0.5) and "guess" in guessed.issues[0]
    given_by_case = slide_of(guessed.stored, "a", mpp=1.0)
    assert given_by_case.pixel_um == (1.0, 1.0) and given_by_case.mpp is None


@pytest.mark.parametrize("mpp", [0.0, -0.25, math.nan, math.inf, 353.0, 1e-9])
def test_a_pixel_size_that_cannot_be_is_not_used(mpp: float) -> None:
    slide = faked(9000, 9000, mpp)
    assert slide.mpp is None and slide.pixel_um == (0.5, 0.5)
    assert "a pixel size that cannot be" in slide.issues[0]


# ------------------------------------------------------------------ what is damaged


def code_of(*paths: Path) -> str:
    """The named error that reading all of a slide raises, "" for none."""
    try:
        with open_slide(paths, paths[0].name) as slide:
            list(read_patches(slide, plan_patches(slide, find_tissue(slide)).regions))
    except InputError as error:
        assert error.file == paths[0].name
        return error.code
    return ""


def test_a_truncated_tiff_is_named(wsi: Path, tmp_path: Path) -> None:
    data = (wsi / "cmu-1-small-region.svs").read_bytes()
    path = tmp_path / "a.svs"
    for share in (0.001, 0.2, 0.9, 0.999):
        path.write_bytes(data[: int(share * len(data))])
        assert code_of(path) in ("cannot_decode", "unsupported", "truncated")


def test_a_damaged_tile_is_named(made: Path, tmp_path: Path) -> None:
    data = made.read_bytes()
    path = tmp_path / "a.tiff"
    path.write_bytes(data.replace(b"\xff\xd8\xff", b"\0\0\0"))
    assert code_of(path) == "cannot_decode"


def test_a_tile_larger_than_its_file_is_named(made: Path, tmp_path: Path) -> None:
    """OpenSlide would ask for the memory, and where it gets none it ends the process."""
    data = made.read_bytes()
    counts = struct.pack("<HHI", 325, 4, 1)
    assert data.count(counts) == 1  # the smallest level is one tile
    path = tmp_path / "a.tiff"
    at = data.index(counts) + len(counts)
    path.write_bytes(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])
    assert code_of(path) == "truncated"


def test_absurd_sizes_are_refused(made: Path, tmp_path: Path) -> None:
    tag = struct.pack("<HHII", 257, 4, 1, ROWS)
    path = tmp_path / "a.tiff"
    for rows in (0, MAX_SLIDE_EDGE_PX + 1, 2**31 - 1, 2**32 - 1):
        path.write_bytes(made.read_bytes().replace(tag, struct.pack("<HHII", 257, 4, 1, rows)))
        assert code_of(path) in ("too_large", "cannot_decode", "unsupported")
    with pytest.raises(InputError, match="without pixels"):
        slide_of(Stored((), (None, None), None, "", lambda *_: np.zeros((1, 1, 3), np.uint8), lambda: None), "a")


@pytest.mark.parametrize(
    ("tag", "stated", "codes"),
    [
        ("TotalPixelMatrixColumns", 2**31, {"too_large"}),
        ("TotalPixelMatrixColumns", 0, {"cannot_decode", "no_pixels"}),
        ("Rows", 65535, {"cannot_decode"}),
        ("NumberOfFrames", 0, {"cannot_decode"}),
        ("TotalPixelMatrixRows", 5000, {"cannot_decode"}),
        ("PhotometricInterpretation", "MONOCHROME1", {"cannot_decode"}),
    ],
)
def test_a_hostile_dicom_slide_is_named(wsi: Path, tmp_path: Path, tag: str, stated: object, codes: set[str]) -> None:
    dataset = pydicom.dcmread(wsi / "highdicom" / "sm_image_control.dcm")
    setattr(dataset, tag, stated)
    dataset.save_as(tmp_path / "a.dcm")
    assert code_of(tmp_path / "a.dcm") in codes


def test_a_truncated_dicom_slide_is_named(wsi: Path, tmp_path: Path) -> None:
    data = (wsi / "highdicom" / "sm_image_control.dcm").read_bytes()
    path = tmp_path / "a.dcm"
    for share in (0.05, 0.5, 0.9):
        path.write_bytes(data[: int(share * len(data))])
        assert code_of(path) in ("cannot_decode", "truncated", "unsupported")


def test_a_part_that_is_no_level_is_refused(wsi: Path) -> None:
    """A thumbnail alone, a segmentation, annotations."""
    for name in ("openslide-python/boxes_1", "highdicom/seg_image_sm_dots", "highdicom/sm_annotations"):
        assert code_of(wsi / f"{name}.dcm") == "unsupported"


def test_without_the_extra_a_slide_is_refused_by_name(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openslide", None)
    with pytest.raises(UnavailableError, match=r"pip install .*\[slides\]") as refused:
        opened(made)
    assert refused.value.code == "library_missing"
