"""The drawn slide: its files are what is drawn, and two readers open them as one pyramid."""

from pathlib import Path

import numpy as np
import pydicom
import pytest

from examples import slide, tissue
from examples.slide import LEVELS, SLIDE
from examples.tags import DRAWN_EXAMPLE

LARGEST = next(iter(LEVELS))


def test_the_case_is_small_and_marked_as_drawn() -> None:
    assert sum(path.stat().st_size for path in SLIDE.iterdir()) <= 900_000
    assert {pydicom.dcmread(path).Manufacturer for path in LEVELS} == {DRAWN_EXAMPLE}
    assert (SLIDE / "case.yaml").read_text(encoding="utf-8") == slide.NOTES[SLIDE / "case.yaml"]


@pytest.mark.integration
def test_the_files_are_what_is_drawn(tmp_path: Path) -> None:
    """Tiles differ by what another JPEG library or processor makes of them at most."""
    for path, drawn in slide.slide_files().items():
        drawn.save_as(tmp_path / path.name, enforce_file_format=True)
        again = pydicom.dcmread(tmp_path / path.name)
        kept = pydicom.dcmread(path)
        difference = np.abs(kept.pixel_array.astype(np.int16) - again.pixel_array)
        assert difference.mean() < 0.5
        for file in (kept, again):
            del file.PixelData, file.LossyImageCompressionRatio, file.OpticalPathSequence[0].ICCProfile
        assert kept == again


def test_openslide_reads_both_levels_and_the_spacing() -> None:
    openslide = pytest.importorskip("openslide")
    with openslide.OpenSlide(str(LARGEST)) as opened:
        assert opened.level_dimensions == ((tissue.WIDTH_PX, tissue.HEIGHT_PX), (1536, 1024))
        assert float(opened.properties["openslide.mpp-x"]) == tissue.MPP_UM
        corner = np.asarray(opened.read_region((0, 0), 0, (64, 64)).convert("RGB"))
        np.testing.assert_allclose(corner.mean(axis=(0, 1)), tissue.GLASS, atol=2)


def test_wsidicom_reads_both_levels_and_the_spacing() -> None:
    wsidicom = pytest.importorskip("wsidicom")
    with wsidicom.WsiDicom.open(SLIDE) as opened:
        assert [(level.size.width, level.mpp.width) for level in opened.levels] == [(6144, 0.5), (1536, 2.0)]


def test_the_tumour_is_crowded() -> None:
    """More of the tumour is nucleus than of the stroma and crypts beside it; both lie in tissue."""
    share = {
        name: _dark_share(path_px) for name, path_px in {"tumour": tissue.TUMOUR_PX, "normal": (1700, 2000)}.items()
    }
    assert share["tumour"] > 1.5 * share["normal"] > 0.02


def _dark_share(centre_px: tuple[int, int]) -> float:
    """How much of the smaller level within 300 pixels of the largest's is as purple as a nucleus."""
    openslide = pytest.importorskip("openslide")
    with openslide.OpenSlide(str(LARGEST)) as opened:
        corner = (centre_px[0] - 300, centre_px[1] - 300)
        region = np.asarray(opened.read_region(corner, 1, (150, 150)).convert("RGB")).astype(int)
    return float((region[..., 0] < 140).mean())


def test_paths_are_the_committed_ones() -> None:
    assert {Path(path) for path in LEVELS} == set(SLIDE.glob("*.dcm"))
