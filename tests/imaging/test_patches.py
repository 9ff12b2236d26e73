"""Where there is tissue on a slide, and the patches that show it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prelim.imaging.patches import MOST_PATCHES, PATCH_PX, evenly, grid, plan_patches, read_patch, read_patches
from prelim.imaging.slide_stored import Level, Rgb, Stored
from prelim.imaging.slides import slide_of
from prelim.imaging.tissue import Tissue, find_tissue, otsu
from tests.made_slide import GLASS, PIECE, STAIN, Kind, faked, make_slide, opened

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
