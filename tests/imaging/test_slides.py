"""Slides: levels and magnification, tissue, patches, and files that are damaged or not slides at all."""

import math
import struct
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from wsidicom import ConcatenationByFrames, WsiDicom

from prelim.errors import InputError, UnavailableError
from prelim.imaging.patches import MOST_PATCHES, PATCH_PX, evenly, grid, plan_patches, read_patch, read_patches
from prelim.imaging.slide_files import is_slide
from prelim.imaging.slide_stored import Level, Rgb, Stored
from prelim.imaging.slides import MAX_SLIDE_EDGE_PX, Slide, open_slide, slide_of
from prelim.imaging.tissue import Tissue, find_tissue, otsu
from tests.made_slide import GENERIC, GLASS, STAIN, Kind, make_slide

PIECE = (4096, 2048, 12288, 9216)
ROWS, COLUMNS = 16384, 12288


@pytest.fixture(scope="module")
def wsi(shared_data: Path) -> Path:
    return shared_data / "wsi"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slide at 0.25 µm with one piece of tissue."""
    return make_slide(tmp_path_factory.mktemp("made") / "a.tiff", ROWS, COLUMNS, [PIECE])


def opened(path: Path, mpp: float | None = None) -> Slide:
    return open_slide([path], path.name, mpp)


def faked(
    rows: int, columns: int, mpp: float | None, downsamples: tuple[int, ...] = (1,), power: float | None = None
) -> Slide:
    """A slide of any size whose every pixel is stain."""
    levels = tuple(Level(at, max(1, rows // by), max(1, columns // by)) for at, by in enumerate(downsamples))

    def read(index: int, y: int, x: int, high: int, wide: int) -> Rgb:
        assert 0 <= y < y + high <= levels[index].rows and 0 <= x < x + wide <= levels[index].columns
        return np.broadcast_to(np.array(STAIN, np.uint8), (high, wide, 3))

    return slide_of(Stored(levels, (mpp, mpp), power, "", read, lambda: None), "a")


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


# ------------------------------------------------------------------ tissue


def test_tissue_is_found_where_it_was_drawn(made: Path) -> None:
    with opened(made) as slide:
        tissue = find_tissue(slide)
    down, across = tissue.pixel_px
    drawn = np.zeros_like(tissue.mask)
    drawn[round(PIECE[0] / down) : round(PIECE[2] / down), round(PIECE[1] / across) : round(PIECE[3] / across)] = True
    wrong = np.argwhere(tissue.mask != drawn)
    assert max(tissue.mask.shape) <= 2048 and len(wrong) < 0.01 * drawn.sum()
    assert not tissue.issues


def test_a_vast_level_is_sampled() -> None:
    """20,000 × 200,000 pixels and no other level: blocks stand for it, and few pixels are read."""
    box, read_px = (5_000, 40_000, 15_000, 120_000), 0

    def read(index: int, y: int, x: int, high: int, wide: int) -> Rgb:
        nonlocal read_px
        read_px += high * wide
        inside = box[0] <= y < box[2] and box[1] <= x < box[3]
        return np.broadcast_to(np.array(STAIN if inside else GLASS, np.uint8), (high, wide, 3))

    levels = (Level(0, 20_000, 200_000),)
    slide = slide_of(Stored(levels, (0.25, 0.25), None, "", read, lambda: None), "a")
    tissue = find_tissue(slide)
    assert "samples" in tissue.issues[0] and read_px < 3e7
    plan = plan_patches(slide, tissue)
    assert plan.total == pytest.approx(10_000 * 80_000 / 3584**2, rel=0.5)
    cell = 3328
    for y0, x0, y1, x1 in plan.regions:
        assert y1 > box[0] - cell and y0 < box[2] + cell and x1 > box[1] - cell and x0 < box[3] + cell


def test_glass_ink_and_borders_are_no_tissue() -> None:
    pixels = np.full((1000, 1000, 3), (228, 222, 236), np.uint8)
    pixels[:, :30] = 0
    pixels[:, -40:] = 255
    blank = masked(pixels)
    assert not blank.mask.any() and blank.issues == ("No tissue was found on the slide.",)
    pixels[100:120, 100:900] = (20, 40, 150)
    pixels[130:150, 100:900] = (10, 110, 40)
    pixels[400:800, 300:700] = STAIN
    found = masked(pixels).mask
    assert found[405:795, 305:695].all() and found.sum() <= 401 * 401


def masked(pixels: Rgb) -> Tissue:
    """The tissue of a slide of these pixels, at 20×."""
    rows, columns = pixels.shape[:2]

    def read(index: int, y: int, x: int, high: int, wide: int) -> Rgb:
        return pixels[y : y + high, x : x + wide]

    return find_tissue(slide_of(Stored((Level(0, rows, columns),), (0.5, 0.5), None, "", read, lambda: None), "a"))


def test_otsu_parts_two_heaps() -> None:
    values = np.concatenate([np.full(900, 10), np.full(100, 12), np.full(300, 200)]).astype(np.uint8)
    assert 12 <= otsu(values) < 200


# ------------------------------------------------------------------ patches


def test_the_same_slide_gives_the_same_patches(wsi: Path) -> None:
    path = wsi / "cmu-1-small-region.svs"
    seen = []
    for _ in range(2):
        with opened(path) as slide:
            plan = plan_patches(slide, find_tissue(slide))
            seen.append((plan, [patch.tobytes() for patch in read_patches(slide, plan.regions)]))
    assert seen[0] == seen[1] and seen[0][0].total == 1
    assert len(seen[0][1][0]) == PATCH_PX * PATCH_PX * 3


def test_a_patch_shows_its_region(made: Path) -> None:
    """At 10× a patch of a 40× slide is 3584 level-0 pixels wide: the edge of the tissue lies where it was drawn."""
    with opened(made) as slide:
        patch = read_patch(slide, (PIECE[0] - 1792, PIECE[1], PIECE[0] + 1792, PIECE[1] + 3584))
    assert patch.shape == (PATCH_PX, PATCH_PX, 3) and patch.dtype == np.uint8
    assert np.abs(patch[:440].mean((0, 1)) - GLASS).max() < 4
    assert np.abs(patch[456:].mean((0, 1)) - STAIN).max() < 4


def test_a_patch_of_any_level_is_the_same(tmp_path: Path) -> None:
    """Read from 10×, and from 40× alone."""
    tissue = [(600, 700, 2100, 2900)]
    paths = [
        make_slide(tmp_path / f"{at}.tiff", 3600, 3600, tissue, Kind(downsamples=kept))
        for at, kept in enumerate([(1,), (1, 4)])
    ]
    patches = []
    for path in paths:
        with opened(path) as slide:
            patches.append(read_patch(slide, (8, 8, 3592, 3592)).astype(int))
    assert np.abs(patches[0] - patches[1]).mean() < 1


@given(
    st.integers(1, 40_000), st.integers(1, 40_000), st.sampled_from([0.11, 0.25, 0.499, 1.0, 2.0]), st.integers(2, 9)
)
def test_regions_lie_apart_and_inside(rows: int, columns: int, mpp: float, most: int) -> None:
    slide = faked(rows, columns, mpp, (1, 4, 16))
    tissue = Tissue(np.ones((20, 20), np.bool_), (rows / 20, columns / 20))
    plan = plan_patches(slide, tissue, most)
    side = PATCH_PX / mpp
    assert plan.total == max(1, int(rows / side + 1e-9)) * max(1, int(columns / side + 1e-9))
    assert len(plan.regions) == min(plan.total, most) and list(plan.regions) == sorted(set(plan.regions))
    for y0, x0, y1, x1 in plan.regions:
        assert 0 <= y0 < y1 <= rows and 0 <= x0 < x1 <= columns
        assert y1 - y0 == pytest.approx(min(rows, side)) and x1 - x0 == pytest.approx(min(columns, side))
    for one, other in zip(plan.regions, plan.regions[1:], strict=False):
        assert other[0] >= one[2] - 1e-6 or other[1] >= one[3] - 1e-6


@settings(max_examples=30)
@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([0.3, 0.499, 1.0, 2.0]))
def test_a_patch_has_the_size_of_its_region(rows: int, columns: int, mpp: float) -> None:
    slide = faked(rows, columns, mpp, (1, 2))
    region = grid(rows, columns, PATCH_PX / mpp, PATCH_PX / mpp)[-1]
    patch = read_patch(slide, region)
    assert (patch == STAIN).all()
    wanted = [max(1, round((end - begin) * mpp)) for begin, end in zip(region[:2], region[2:], strict=True)]
    assert list(patch.shape[:2]) == pytest.approx(wanted, abs=1) and max(patch.shape) <= PATCH_PX


@given(st.integers(0, 5000), st.integers(2, 200))
def test_sampling_keeps_both_ends(total: int, most: int) -> None:
    kept = evenly(total, most)
    assert kept == sorted(set(kept)) and len(kept) == min(total, most)
    assert not kept or (kept[0], kept[-1]) == (0, total - 1)
    assert total <= most or max(np.diff(kept)) - min(np.diff(kept)) <= 1


def test_many_patches_are_sampled() -> None:
    slide = faked(80_000, 100_000, 0.25, (1, 4, 16, 64))
    plan = plan_patches(slide, find_tissue(slide))
    assert plan.total == 22 * 27 and len(plan.regions) == MOST_PATCHES


def test_little_tissue_and_none(tmp_path: Path) -> None:
    little = make_slide(tmp_path / "little.tiff", 9000, 9000, [(5000, 5000, 5400, 5400)])
    with opened(little) as slide:
        plan = plan_patches(slide, find_tissue(slide))
    [(y0, x0, y1, x1)] = plan.regions
    assert y0 <= 5000 < 5400 <= y1 and x0 <= 5000 < 5400 <= x1 and "little tissue" in plan.issues[0]
    with opened(make_slide(tmp_path / "none.tiff", 9000, 9000)) as slide:
        tissue = find_tissue(slide)
        assert tissue.issues and plan_patches(slide, tissue).regions == ()


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
    with pytest.raises(UnavailableError, match=r"pip install 'prelim\[slides\]'") as refused:
        opened(made)
    assert refused.value.code == "library_missing"
