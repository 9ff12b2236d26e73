"""Many cases at once: each draft is the one that its case gives alone."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app import Prelim
from examples.patients import OPACITY, Exam, dicom_of
from prelim.models.chat import ChatMedGemma
from prelim.models.phantom.draw import Shape
from tools.drawn_labs import draw_report

CASES = 8
EFFUSION = ("pleural_effusion", "left")


def case_of(folder: Path, number: int) -> Path:
    """A patient with two films and a lab report, each drawn in its own way."""
    folder.mkdir(parents=True)
    name = f"PATIENT-{number}"
    for year in (2024, 2025):
        grown = 18 + (year - 2024) * (number % 3) * 4
        signs = {OPACITY: Shape(grown, (-26, 2))} if number % 2 else {}
        film = dicom_of(Exam(name, f"{year}0314", signs, 100 * number + year))
        film.save_as(folder / f"{year}.dcm", enforce_file_format=True)
    draw_report(folder / "labs.pdf", name, "2025-03-14", (("CRP", f"{number}.5", "mg/L", "<5", ""),))
    return folder


@pytest.mark.integration
def test_a_draft_is_the_same_alone_and_among_eight(prelim: Prelim, model: ChatMedGemma, tmp_path: Path) -> None:
    folders = [case_of(tmp_path / "cases" / str(number), number) for number in range(CASES)]
    alone = []
    for folder in folders:
        for worker in model.runtime.pool.workers:
            worker.engine.free()
        alone.append(prelim.draft(folder))
    home = tmp_path / "together"
    shutil.copytree(prelim.settings.home, home, ignore=shutil.ignore_patterns("*.db*", "cases", "artifacts", "index*"))
    with ThreadPoolExecutor(CASES) as threads:
        together = list(threads.map(lambda folder: Prelim(home=home, threads=1, device="cpu").draft(folder), folders))
    assert [draft.content_sha256 for draft in together] == [draft.content_sha256 for draft in alone]
    assert len({draft.content_sha256 for draft in alone}) == CASES
    assert sum(finding.state == "present" for draft in alone for finding in draft.findings) >= CASES // 2
