"""The examples: the drawings are what the drawing code draws, and the scripts run."""

import io
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
import pytest

from app import Prelim
from examples import patients, record
from prelim.documents.files import open_document
from prelim.imaging.dicom import DRAWN_PHANTOM
from prelim.models.box_figures import overlap
from prelim.models.chat import ChatMedGemma
from tests.conftest import EXAMPLES, ROOT
from tools.drawn_labs import draw_report
from tools.triage import UNCALIBRATED

LABS = EXAMPLES / "growing-opacity" / "labs-2025-03-14.pdf"
Script = Callable[..., str]


class Unread(NamedTuple):
    """What the draft of a case says that the embedded model does not read, and how many images it shows."""

    technique: str
    not_assessed: str
    on_page: tuple[str, ...]
    images: int


@pytest.fixture
def script(
    home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Script:
    """Run a script of `examples/` and return what it prints, with the model that is loaded already."""
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.setenv("PRELIM_THREADS", "1")

    def run(name: str, *arguments: str | Path) -> str:
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(ROOT / "examples" / name), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("path", patients.EXAMS, ids=lambda path: path.stem)
def test_a_film_is_what_is_drawn(path: Path) -> None:
    """One grey value of difference is left to the arithmetic of another processor."""
    kept, drawn = pydicom.dcmread(path), patients.dicom_of(patients.EXAMS[path])
    difference = kept.pixel_array.astype(int) - drawn.pixel_array
    assert np.abs(difference).max() <= 1
    del kept.PixelData, drawn.PixelData
    assert kept == drawn
    assert kept.Manufacturer == DRAWN_PHANTOM


def test_the_opacity_grows_in_one_chest() -> None:
    """The two films of EXAMPLE-1 differ where the opacity is, and hardly elsewhere."""
    earlier, later = (patients.film_of(exam) for exam in patients.EXAMS.values() if exam.patient_id == "EXAMPLE-1")
    y0, x0, y1, x1 = (round(edge) for edge in later.boxes[patients.OPACITY])
    small = earlier.boxes[patients.OPACITY]
    assert (y1 - y0) * (x1 - x0) > 2 * (small[2] - small[0]) * (small[3] - small[1])
    difference = np.abs(later.pixels.astype(int) - earlier.pixels)
    inside = difference[y0:y1, x0:x1].mean()
    difference[y0:y1, x0:x1] = 0
    assert inside > 3 * difference.mean()


@pytest.mark.parametrize("path", patients.REPORTS, ids=lambda path: path.stem)
def test_a_report_is_what_is_drawn(path: Path, tmp_path: Path) -> None:
    drawn = tmp_path / path.name
    draw_report(drawn, *patients.REPORTS[path])
    assert open_document("kept", path) == open_document("drawn", drawn)


@pytest.mark.parametrize("path", patients.NOTES, ids=lambda path: path.parent.name)
def test_a_note_is_what_is_written(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == patients.NOTES[path]


def test_the_history_is_what_is_written(tmp_path: Path) -> None:
    record.write(tmp_path)
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (EXAMPLES / "growing-opacity" / file.name).read_bytes()


def test_the_history_shows_up_in_the_draft_each_sentence_with_its_place(prelim: Prelim) -> None:
    draft = prelim.draft(EXAMPLES / "growing-opacity")
    places = {item.id: item for item in draft.evidence}
    paths = {document.sha256: document.path for document in draft.documents}
    said = {
        line.text: {paths.get(places[id].document_sha256 or "") for id in line.evidence}
        for line in (*draft.sections.indication, *draft.sections.comparison, *draft.sections.findings)
    }
    [problems] = [files for text, files in said.items() if text.startswith("Known problems: ")]
    assert "record.json" in problems
    [quoted] = [files for text, files in said.items() if text.startswith("Earlier report of 2025-01-03: ")]
    assert "report-2025-01-03.txt" in quoted
    [before] = [files for text, files in said.items() if text.endswith("; was 12.6 g/dL on 2024-02-20.")]
    assert before == {"labs-2025-03-14.pdf", "record.json"}
    assert ("lung_opacity", "right", "present") in {(f.label, f.laterality, f.state) for f in draft.earlier_findings}
    assert UNCALIBRATED in draft.warnings
    assert all("one reader" in text.lower() for text in draft.warnings if text != UNCALIBRATED)


def test_the_box_lies_over_what_was_drawn(prelim: Prelim) -> None:
    """From the drawing to the draft: the model's box and the drawn one overlap by more than half."""
    [drawn] = [patients.film_of(exam).boxes[patients.OPACITY] for exam in patients.EXAMS.values() if exam.seed == 12]
    [box] = prelim.draft(EXAMPLES / "growing-opacity").boxes
    assert overlap(box.box_px, drawn) > 0.5


def test_the_normal_case_is_normal(prelim: Prelim) -> None:
    draft = prelim.draft(EXAMPLES / "normal")
    assert [finding.label for finding in draft.findings if finding.state == "present"] == []
    assert (draft.status, draft.urgency, draft.boxes) == ("review", "routine", ())
    assert len(draft.labs) == 4 and not any(lab.flag in ("H", "L") for lab in draft.labs)


@pytest.mark.parametrize(
    "name", ["draft_case.py", "review_folder.py", "one_tool.py", "look_inside.py", "ask_history.py", "ask_case.py"]
)
def test_a_script_without_arguments_says_its_usage(
    name: str, script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        script(name)
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert printed.err.startswith(f"usage: python examples/{name} ") and len(printed.err.splitlines()) == 1


def test_draft_case(script: Script, home: Path) -> None:
    printed = script("draft_case.py", EXAMPLES / "growing-opacity").splitlines()
    assert Path(printed[-1]).is_file() and Path(printed[-1]).name == "draft.html"
    assert printed[0].startswith("Right lung opacity, worse since 2025-01-03") and " · " in printed[0]


@pytest.mark.integration
def test_review_folder(script: Script, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five cases one is signed, the others wait."""
    answers = {"growing-opacity": "y"}
    folders = sorted(path.name for path in EXAMPLES.iterdir())
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(answers.get(name, "") + "\n" for name in folders)))
    printed = script("review_folder.py", EXAMPLES, "Dr Example")
    assert printed.count("IMPRESSION") == len(folders) == 5
    prelim = Prelim(home=home)
    assert sorted(row.status for row in prelim.worklist()) == ["review"] * 4 + ["signed"]
    assert prelim.history("EXAMPLE-1")
    assert not any(prelim.history(f"EXAMPLE-{number}") for number in range(2, 6))


def test_one_tool(script: Script) -> None:
    printed = script("one_tool.py", LABS).splitlines()
    assert "CRP 87.0 mg/L H" in printed and "Hemoglobin 11.1 g/dL L" in printed
    assert len(printed) == len(patients.REPORTS[LABS][2])


@pytest.mark.integration
def test_ask_case(script: Script) -> None:
    said = script(
        "ask_case.py", EXAMPLES / "growing-opacity", "Where is the opacity?", "last CRP", "and the one before?"
    )
    assert "Right lung opacity: rows " in said
    assert "CRP was 87.0 mg/L on 2025-03-14" in said and "CRP was 3.1 mg/L on 2024-02-20" in said


def test_ask_history(script: Script) -> None:
    files = (EXAMPLES / "growing-opacity" / "record.json", EXAMPLES / "growing-opacity" / "report-2025-01-03.txt")
    printed = script("ask_history.py", "EXAMPLE-1", *files, "last hemoglobin").splitlines()
    assert printed[0] == "2024-02-20 lab Hemoglobin 12.6 g/dL"


def test_look_inside(script: Script) -> None:
    printed = script("look_inside.py", EXAMPLES / "mr-brain").splitlines()
    assert [line for line in printed if "EchoTime" in line] == [
        "MR BRAIN volume {'EchoTime': '14'} (21, 160, 160) [6.25, 1.4, 1.4]",
        "MR BRAIN volume {'EchoTime': '90'} (21, 160, 160) [6.25, 1.4, 1.4]",
    ]
    assert printed[1::2] == ["  21 of 21 may be shown to a model"] * 2


# ------------------------------------------------------------------ what the embedded model does not read

UNREAD = {
    "ct-head": Unread(
        "Head CT, 2025-04-11, 29 slices, spacing 5 × 0.9 × 0.9 mm (slice, row, column). Shown, not read. "
        "Also in this study, shown and not read: Head CT scout.",
        "Not assessed: Head CT of 2025-04-11. The model phantom does not read CT.",
        ("Slice 3 of 29", "Slice 27 of 29", "brain window, 0 to 80 HU", "Head CT scout"),
        7,
    ),
    "mr-brain": Unread(
        "Brain MR, echo time 14 ms, 2025-05-06, 21 slices, spacing 6.25 × 1.4 × 1.4 mm (slice, row, column). "
        "Shown, not read. Also in this study, shown and not read: Brain MR, echo time 90 ms.",
        "Not assessed: Brain MR of 2025-05-06. The model phantom does not read MR.",
        ("Brain MR, echo time 14 ms", "Slice 2 of 21", "Brain MR, echo time 90 ms, slice 11 of 21"),
        7,
    ),
    "slide": Unread(
        "Colon slide, 2025-06-02, 6 patches, 0.5 µm a pixel. Shown, not read.",
        "Not assessed: Colon slide of 2025-06-02. The model phantom does not read slides.",
        ("Patch 1 of 6", "Patch 6 of 6"),
        6,
    ),
}


@pytest.mark.integration
@pytest.mark.parametrize("name", UNREAD)
def test_what_is_not_read_is_sorted_and_shown(name: str, prelim: Prelim) -> None:
    """The embedded model declines; everything else of the draft is there, and nothing is said to be absent."""
    draft, expected = prelim.draft(EXAMPLES / name), UNREAD[name]
    assert (draft.status, draft.urgency, draft.findings, draft.warnings) == ("review", "not_triaged", (), ())
    [technique] = draft.sections.technique
    assert (technique.text, technique.support) == (expected.technique, "supported")
    assert draft.sections.findings[0].text.startswith(expected.not_assessed)
    [impression] = draft.sections.impression
    assert "no finding was read from it" in impression.text
    folder = prelim.folder(draft.case_id)
    page = (folder / "draft.html").read_text(encoding="utf-8")
    assert [part for part in expected.on_page if part not in page] == []
    assert page.count("<img ") == len(list((folder / "images").iterdir())) == expected.images
    assert len(page) < 3_000_000
