"""Pictures of paper in a case: those that somebody calls so, those that look so, and what has no text."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from memory.artifacts import Artifacts
from prelim import isolation
from prelim.types import Case, digest_of
from tests.documents.test_scan import recognised
from tests.made_dicom import dicom
from tests.made_scans import lab_sheet, pdf_of, rendered
from tools.alone import lab_files
from tools.intake import intake, scan
from tools.tool import Context

FILM = dicom(StudyDate="20250314", ViewPosition="PA", BodyPartExamined="CHEST")
SHEET = rendered(pdf_of(lab_sheet(5, rows=8)), 150)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A film, a sheet of results, and what is neither."""
    case = tmp_path / "case"
    case.mkdir()
    (case / "film.dcm").write_bytes(FILM)
    SHEET.save(case / "labs.png")
    y, x = np.mgrid[0:300, 0:400]
    Image.fromarray((120 + 60 * np.sin(x / 40) * np.cos(y / 55)).astype(np.uint8)).save(case / "cat.jpg")
    return case


def read(folder: Path, artifacts: Artifacts) -> Case:
    return intake(scan(folder, artifacts), artifacts, patient_key="t-nobody", key_of=digest_of)


@pytest.mark.integration
@recognised
def test_what_looks_like_paper_is_a_document_and_says_so(folder: Path, artifacts: Artifacts) -> None:
    case = read(folder, artifacts)
    [document] = case.documents
    assert (document.path, document.kind, document.page_dpi) == ("labs.png", "lab", 150)
    assert artifacts.get(document.pages_sha256[0]).startswith(b"\x89PNG") and document.words_sha256
    assert any("labs.png" in warning and "looks like a page" in warning for warning in case.warnings)
    assert len(case.studies) == 2 and not case.refused, "the film and the photograph"


@pytest.mark.integration
@recognised
def test_a_role_is_believed_until_no_text_is_found(folder: Path, artifacts: Artifacts) -> None:
    (folder / "case.yaml").write_text("files: {labs.png: {role: note, date: 2025-03-01}, cat.jpg: {role: lab}}")
    case = read(folder, artifacts)
    [document] = case.documents
    assert (document.kind, document.date) == ("note", "2025-03-01") and len(case.studies) == 1
    assert [(refusal.path, refusal.code) for refusal in case.refused] == [("cat.jpg", "no_text")]
    assert not any("looks like a page" in warning for warning in case.warnings)


@pytest.mark.integration
@recognised
def test_a_photograph_of_something_else_holds_no_text(tmp_path: Path, artifacts: Artifacts) -> None:
    """However many letters a noisy picture seems to hold."""
    rows, columns = np.mgrid[:300, :400]
    cat = np.where((columns - 200) ** 2 / 10_000 + (rows - 160) ** 2 / 8_000 < 1, 150.0, 90.0)
    noise = np.random.default_rng(0).normal(0, 12, cat.shape)
    Image.fromarray(np.clip(cat + noise, 0, 255).astype(np.uint8)).save(tmp_path / "cat.jpg")
    (tmp_path / "note.txt").write_text("Stable.")
    (tmp_path / "case.yaml").write_text("files: {cat.jpg: {role: lab}}")
    case = read(tmp_path, artifacts)
    assert [(refusal.path, refusal.code) for refusal in case.refused] == [("cat.jpg", "no_text")]
    assert [document.path for document in case.documents] == ["note.txt"]


@pytest.mark.integration
@recognised
def test_the_lab_tool_takes_any_picture_for_paper(folder: Path, context: Context) -> None:
    labs = lab_files(context, [folder / "labs.png"])
    assert len(labs.labs) >= 7 and all(place.page == 1 and place.box_pt for place in labs.evidence)


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Children that find no program."""
    isolation._close()
    isolation._POOLS.clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not shutil.which("tesseract")
    yield
    isolation._close()
    isolation._POOLS.clear()


@pytest.mark.usefixtures("no_programs")
def test_without_tesseract_that_file_is_refused_alone(folder: Path, artifacts: Artifacts) -> None:
    (folder / "case.yaml").write_text("files: {labs.png: {role: lab}}")
    case = read(folder, artifacts)
    [refusal] = case.refused
    assert (refusal.path, refusal.code) == ("labs.png", "ocr_missing") and "Install tesseract-ocr." in refusal.message
    assert len(case.studies) == 2


@pytest.mark.usefixtures("no_programs")
def test_without_tesseract_a_page_without_a_role_is_told_too(folder: Path, artifacts: Artifacts) -> None:
    """It is a page of text all the same: shown to the model as an image it would be worse than not read."""
    case = read(folder, artifacts)
    assert [(refusal.path, refusal.code) for refusal in case.refused] == [("labs.png", "ocr_missing")]
