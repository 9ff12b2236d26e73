"""Drawn lab reports, read: every layout and language, as PDFs with text and as bad scans, by English tesseract."""

import shutil
from pathlib import Path

import pytest

from prelim.documents.ocr import PROGRAM
from tests.lab_reading import score
from tests.lab_sheets import sheets
from tests.lab_sheets_held_out import HELD_OUT
from tests.lab_truth import panels
from tools.tool import Context


@pytest.fixture
def truth(shared_data: Path) -> Path:
    return shared_data / "fhir-synthea" / "truth"


def test_a_sheet_of_each_kind(context: Context, truth: Path, tmp_path: Path) -> None:
    drawn = panels(truth)
    some = sheets(drawn)[::9] + sheets(drawn, HELD_OUT, "held out")[::9]
    found = score(context, some, tmp_path)
    assert (found.f1 >= 0.98, found.invented) == (True, 0), found.misses
    assert found.flags_right == found.judged > 50


@pytest.mark.integration
def test_every_layout_in_every_language(context: Context, truth: Path, tmp_path: Path) -> None:
    drawn = panels(truth)
    for some in (sheets(drawn), sheets(drawn, HELD_OUT, "held out")):
        found = score(context, some, tmp_path)
        assert (found.f1 >= 0.98, found.invented) == (True, 0), found.misses
        assert found.flags_right == found.judged > 100


@pytest.mark.integration
@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="tesseract is not on this machine")
def test_bad_scans(context: Context, truth: Path, tmp_path: Path) -> None:
    found = score(context, sheets(panels(truth))[::5], tmp_path, scan=True)
    assert (found.f1 >= 0.82, found.wrong["value"], found.wrong["comparator"]) == (True, 0, 0), found.misses
    assert found.invented <= 1 and found.flags_right == found.judged
