"""Which pictures are sheets of paper: pages of text are, films, scans and photographs of other things never."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.errors import InvalidDicomError

from prelim.documents.paper import is_paper, look_for_paper
from tests.conftest import EXAMPLES
from tests.made_dicom import RAMP
from tests.made_scans import SPOILT, lab_sheet, letter, noisy, pdf_of, rendered

LAB, FEW, LETTER = pdf_of(lab_sheet(1)), pdf_of(lab_sheet(2, rows=6, font="Courier")), pdf_of(letter(3))


def pixels_of(path: Path) -> Iterator[np.ndarray]:
    """A picture's or a DICOM file's first frame in grey, also as its negative; nothing for what is neither."""
    try:
        if path.suffix in (".png", ".jpg", ".jpeg"):
            grey = np.asarray(Image.open(path).convert("L"))
        else:
            stored = pydicom.dcmread(path).pixel_array.astype(float)
            while stored.ndim > 2:
                stored = stored.mean(-1) if stored.shape[-1] == 3 else stored[0]
            grey = ((stored - stored.min()) * 255 / max(np.ptp(stored), 1)).astype(np.uint8)
    except (OSError, ValueError, LookupError, AttributeError, RuntimeError, EOFError, InvalidDicomError):
        return  # the sets hold damaged files too
    yield grey
    yield 255 - grey


@pytest.mark.parametrize("way", ["clean, 200 dpi", "turned 90°", "photograph"])
@pytest.mark.parametrize("data", [LAB, FEW, LETTER], ids=["results", "six results", "letter"])
def test_a_sheet_is_paper(data: bytes, way: str) -> None:
    assert is_paper(np.asarray(SPOILT[way](data, 2)))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/film*.dcm")) or sorted(EXAMPLES.glob("*/*.dcm"))[:4], ids=str)
def test_a_drawn_film_is_not(path: Path) -> None:
    assert not any(is_paper(pixels) for pixels in pixels_of(path))


def test_neither_is_what_has_no_lines() -> None:
    noise = noisy(Image.new("L", (900, 700), 200), 40)
    dots = np.full((900, 700), 250, np.uint8)
    for y, x in np.random.default_rng(1).integers(10, 690, (500, 2)):
        dots[y : y + 5, x : x + 5] = 0
    checks = np.kron(np.indices((45, 35)).sum(0) % 2, np.ones((20, 20))).astype(np.uint8) * 255
    for pixels in (np.asarray(noise), dots, checks, np.full((50, 50), 255, np.uint8), RAMP.astype(np.uint8)):
        assert not is_paper(pixels)


def test_a_file_tells_how_many_pages_it_has(tmp_path: Path) -> None:
    page, path = rendered(LAB, 120), tmp_path / "a.tif"
    page.save(path, save_all=True, append_images=[page, page])
    assert look_for_paper("a.tif", str(path), False).plain == {"pages": 3, "paper": True}


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")  # damaged files, read by pydicom itself
def test_no_real_image_is_taken_for_paper(shared_data: Path) -> None:
    """Every film, CT, MR and ultrasound of the public sets, and the two photographs that scikit-learn carries."""
    found = importlib.util.find_spec("sklearn")
    photographs = [Path(found.origin).parent / "datasets" / "images"] if found and found.origin else []
    files = [file for root in (shared_data, EXAMPLES, *photographs) for file in root.rglob("*") if file.is_file()]
    kept = [file for file in files if file.suffix in (".png", ".jpg", ".jpeg", ".dcm", "") and "wsi" not in file.parts]
    seen = [(file.name, is_paper(pixels)) for file in kept for pixels in pixels_of(file)]
    assert len(seen) > 200 and not [name for name, paper in seen if paper]
