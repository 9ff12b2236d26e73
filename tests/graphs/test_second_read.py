"""A second read of the demo case: as a tool, and as a branch of the graph that is off as it comes."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app import Prelim
from prelim.errors import InputError, RefusedError
from prelim.models.chat import ChatMedGemma
from tests.conftest import EXAMPLES
from tests.graphs.test_case import texts

pytestmark = pytest.mark.integration  # whole cases through the model

DEMO = EXAMPLES / "growing-opacity"
HEAD = "Patient ID: EXAMPLE-1\nDate of exam: 2025-03-14\nExamination: chest radiograph, PA view.\n\n"
WRONG = f"{HEAD}FINDINGS: The lungs are clear. Left apical pneumothorax.\n\nIMPRESSION: Left pneumothorax.\n"
Opened = Callable[..., Prelim]


@pytest.fixture
def opened(home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Opened:
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    return lambda **given: Prelim(home=home, threads=1, device="cpu", **given)


def with_report(folder: Path, text: str, name: str = "report.txt", stated: str = "") -> Path:
    """The demo case with one more report."""
    shutil.copytree(DEMO, folder)
    (folder / name).write_text(text)
    if stated:
        (folder / "case.yaml").write_text(f"{(DEMO / 'case.yaml').read_text()}files: {{{name}: {stated}}}\n")
    return folder


def kinds(found: Any) -> list[tuple[str, str | None]]:
    return [(item.kind, item.label) for item in found.items]


# ------------------------------------------------------------------ the tool


def test_a_report_against_a_case(opened: Opened, tmp_path: Path) -> None:
    """By its id and by its folder: the same; nothing is written into the case."""
    prelim, report = opened(), tmp_path / "mine.txt"
    report.write_text(WRONG)
    draft = prelim.draft(DEMO)
    found = prelim.second_read(report, draft.case_id)
    assert kinds(found) == [("contradicted", "lung_opacity"), ("unsupported", "pneumothorax")]
    assert found == prelim.second_read(report, DEMO)
    assert prelim.show(draft.case_id) == draft and len(prelim.worklist()) == 1
    text = report.read_text()
    for item in found.items:
        assert item.chars is not None and text[slice(*item.chars)] == item.text
        assert item.evidence and set(item.evidence) <= {place.id for place in found.evidence}


def test_the_drafts_own_text_agrees_with_it(opened: Opened, tmp_path: Path) -> None:
    """What the product writes, read back as a person's report: nothing differs."""
    prelim = opened()
    for name in ("growing-opacity", "normal"):
        draft = prelim.draft(EXAMPLES / name)
        assert prelim.second_read(prelim.folder(draft.case_id) / "report.txt", draft.case_id).items == ()


@pytest.mark.parametrize(
    "head",
    ["Patient ID: SOMEBODY-ELSE\n", "MRN: 4711\n"],
)
def test_a_report_about_somebody_else_is_refused(opened: Opened, head: str, tmp_path: Path) -> None:
    prelim, report = opened(), tmp_path / "mine.txt"
    report.write_text(head + WRONG.removeprefix(HEAD))
    case_id = prelim.draft(DEMO).case_id
    with pytest.raises(RefusedError) as raised:
        prelim.second_read(report, case_id)
    assert (raised.value.code, raised.value.exit_status) == ("patient_mismatch", 3)
    assert "SOMEBODY" not in str(raised.value) and "4711" not in str(raised.value)


def test_a_name_and_a_birth_date_tell_too(opened: Opened, tmp_path: Path) -> None:
    """They are known from the case's own files; the report states no id."""
    case = Path(shutil.copytree(DEMO, tmp_path / "case"))
    (case / "case.yaml").write_text("patient: {id: EXAMPLE-1, name: Doe^Jane, birth_date: 1960-05-12}\n")
    prelim, report = opened(), tmp_path / "mine.txt"
    report.write_text("Patient: John Smith\nDOB: 1951-02-03\n" + WRONG.removeprefix(HEAD))
    case_id = prelim.draft(case).case_id
    with pytest.raises(RefusedError, match="another patient"):
        prelim.second_read(report, case_id)
    report.write_text("Patient: Jane Doe\nDOB: 1960-05-12\n" + WRONG.removeprefix(HEAD))
    assert kinds(prelim.second_read(report, case_id))


def test_what_is_no_report_and_no_case(opened: Opened, tmp_path: Path) -> None:
    prelim, report = opened(), tmp_path / "mine.txt"
    report.write_text(WRONG)
    case_id = prelim.draft(DEMO).case_id
    with pytest.raises(InputError) as raised:
        prelim.second_read(DEMO / "film-2025-03-14.dcm", case_id)
    assert raised.value.code == "no_document"
    with pytest.raises(InputError) as raised:
        prelim.second_read(report, "c-nothing")
    assert raised.value.code == "unknown_case"


# ------------------------------------------------------------------ the branch


def test_it_is_off_as_it_comes(opened: Opened, tmp_path: Path) -> None:
    """A report of the film's own day is no earlier report; that it was not read is said."""
    draft = opened().draft(with_report(tmp_path / "case", WRONG))
    plain = opened().draft(DEMO)
    assert draft.second_read is None
    [warning] = [text for text in draft.warnings if "report.txt" in text]
    assert warning.startswith("report.txt is dated as the current study")
    assert draft.sections == plain.sections, "nothing of it is quoted, listed or told"
    assert draft.earlier_findings == plain.earlier_findings
    assert not any("pneumothorax" in (place.quote or "") for place in draft.evidence)


def test_a_current_report_in_a_case_is_read(opened: Opened, tmp_path: Path) -> None:
    """As a field of the draft, a card of its page and warnings; the report's own words stay out of the sentences."""
    prelim = opened(second_read=True)
    draft = prelim.draft(with_report(tmp_path / "case", WRONG))
    assert draft.second_read is not None
    assert kinds(draft.second_read) == [("contradicted", "lung_opacity"), ("unsupported", "pneumothorax")]
    assert {id for item in draft.second_read.items for id in item.evidence} <= {place.id for place in draft.evidence}
    assert any(text.startswith("Second read: The case shows right lung opacity") for text in draft.warnings)
    assert not any("apical" in text for text in texts(draft))
    folder = prelim.folder(draft.case_id)
    page = (folder / "draft.html").read_text()
    assert "held against this case" in page and "<q>The lungs are clear.</q>" in page
    assert json.loads((folder / "draft.json").read_text())["second_read"]["items"][0]["kind"] == "contradicted"
    assert prelim.run(draft.case_id) == draft
    plain = opened().draft(DEMO)
    assert draft.sections == plain.sections and draft.urgency == plain.urgency


@pytest.mark.parametrize(
    ("text", "stated", "read"),
    [
        (WRONG.replace("2025-03-14", "2025-03-15"), "", True),
        (WRONG.replace("2025-03-14", "2025-02-01"), "", False),
        (WRONG.replace("Date of exam: 2025-03-14\n", ""), "", False),
        (WRONG.replace("Date of exam: 2025-03-14\n", ""), "{role: report, date: 2025-03-14}", True),
        ("Left pneumothorax.", "{role: report, date: 2025-03-14}", True),
    ],
    ids=["the day after", "before", "undated", "case.yaml dates it", "case.yaml calls it one"],
)
def test_which_reports_are_current(text: str, stated: str, read: bool, opened: Opened, tmp_path: Path) -> None:
    draft = opened(second_read=True).draft(with_report(tmp_path / "case", text, stated=stated))
    assert (draft.second_read is not None) is read
    earlier = any(finding.label == "pneumothorax" for finding in draft.earlier_findings)
    assert earlier is not read, "what is not current is an earlier report, as before"


def test_a_case_without_one_is_as_it_was(opened: Opened) -> None:
    """Switched on, and nothing to read: the same draft."""
    assert opened(second_read=True).draft(DEMO).second_read is None


def test_a_signed_report_of_the_same_day_is_no_earlier_one(opened: Opened, tmp_path: Path) -> None:
    """The film signed, then drafted again with more beside it: its own report is not quoted at it."""
    prelim = opened()
    film = tmp_path / "film"
    film.mkdir()
    shutil.copy(DEMO / "film-2025-03-14.dcm", film)
    prelim.sign(prelim.draft(film).case_id, reviewer="Dr Example")
    shutil.copy(DEMO / "labs-2025-03-14.pdf", film)
    again = prelim.draft(film)
    assert any(record.type == "report" for record in prelim.history("EXAMPLE-1"))
    assert not any("Earlier report" in text for text in texts(again)) and not again.earlier_findings
