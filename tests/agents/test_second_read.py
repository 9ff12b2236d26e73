"""A person's report held against the sample case: each kind of difference, and silence where the two agree.

The case: a right lung opacity (worse since 2025-11-01), none on the left; no right effusion, the left one uncertain; a
heart that is not enlarged; a critical potassium of 6.8 mmol/L, CRP 84 mg/L, hemoglobin 11.2 g/dL.
"""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from agents.edits import Edit, apply_edits, ground_of
from agents.second_looks import Report
from agents.second_read import attached, second_read
from agents.verifier import statements_of
from prelim.documents.report import findings_in, summary_of
from prelim.draft import Draft
from prelim.facts import SecondRead
from prelim.types import Document, Finding, digest_of
from tools.report import as_text

GOOD = "FINDINGS: There is a right lung opacity, worse since 2025-11-01. Potassium 6.8 mmol/L.\n"
SHOWN = "There is a right lung opacity, worse since 2025-11-01."
LABS = "Potassium 6.8 mmol/L."


def report(text: str, date: str | None = "2026-03-02") -> Report:
    document = Document(path="mine.txt", sha256=digest_of(text), kind="report", date=date, text_sha256=digest_of(text))
    return Report(document, text)


def read(text: str, draft: Draft) -> SecondRead:
    return second_read([report(text)], draft)


def told(text: str, draft: Draft) -> list[tuple[str, str | None, str | None]]:
    return [(item.kind, item.label, item.laterality) for item in read(text, draft).items]


MISSING_OPACITY = ("missing", "lung_opacity", "right")
AGREE = [
    "Right lung opacity, worse since 2025-11-01.",
    "Right lower lobe airspace disease has increased since 11/01/2025.",
    "Worsening opacity in the right lung. No opacity on the left.",
    "There is a right lung opacity, worse since 2025-11-01. No right pleural effusion. The heart is not enlarged.",
    "Worsening right opacity. The left lung is clear. Heart size is normal.",
    "Increasing right infiltrate. No pleural effusion.",
    "Worsening right opacity. Possible left pleural effusion.",
    "Worsening right opacity. Left pleural effusion.",
    "Possibly worsening right lung opacity. Comparison was made with 2025-11-01.",
    "Worsening lung opacity.",
    "Worsening right opacity. No pneumonia.",
    "Worsening right-sided pneumonia.",
    "Worsening right opacity measuring 3 cm.",
    "Worsening right opacity. No other focal infiltrate.",
    "Worsening right opacity. The lungs are otherwise clear, without focal opacity.",
]
"""Nothing in these differs: doubt, on either side, contradicts nothing, and a size is compared with none."""


@pytest.mark.parametrize("said", AGREE)
def test_a_report_that_agrees_gives_nothing(said: str, draft: Draft) -> None:
    assert told(f"FINDINGS: {said} {LABS}", draft) == []


DIFFER: list[tuple[str, list[tuple[str, str | None, str | None]]]] = [
    # left out
    ("The heart is not enlarged.", [MISSING_OPACITY]),
    ("No pneumonia.", [MISSING_OPACITY]),
    ("No pleural effusion. Normal heart size.", [MISSING_OPACITY]),
    ("There is a right lung opacity.", [MISSING_OPACITY]),
    ("The left lung is clear.", [MISSING_OPACITY]),
    # denied
    ("No lung opacity.", [("contradicted", "lung_opacity", "right")]),
    ("No right lung opacity.", [("contradicted", "lung_opacity", "right")]),
    ("The lungs are clear.", [("contradicted", "lung_opacity", "right")]),
    ("Clear lungs. Normal heart.", [("contradicted", "lung_opacity", "right")]),
    ("The right lung opacity has resolved.", [("contradicted", "lung_opacity", "right")]),
    # another side
    ("Worsening left lung opacity.", [("contradicted", "lung_opacity", "left")]),
    ("Worsening bilateral lung opacities.", [("contradicted", "lung_opacity", "left")]),
    # asked about and not seen
    (f"{SHOWN} Right pleural effusion.", [("contradicted", "pleural_effusion", "right")]),
    (f"{SHOWN} Cardiomegaly.", [("contradicted", "cardiomegaly", None)]),
    # never asked about
    (f"{SHOWN} Left apical pneumothorax.", [("unsupported", "pneumothorax", "left")]),
    (f"{SHOWN} Old rib fracture.", [("unsupported", "fracture", None)]),
    (f"{SHOWN} Left lower lobe consolidation.", [("unsupported", "consolidation", "left")]),
    # change and its day
    ("Improving right lung opacity.", [("contradicted", "lung_opacity", "right")]),
    ("The right lung opacity is unchanged.", [("contradicted", "lung_opacity", "right")]),
    ("New right lung opacity.", [("contradicted", "lung_opacity", "right")]),
    ("Right lung opacity, worse since 2025-10-01.", [("contradicted", "lung_opacity", "right")]),
]


@pytest.mark.parametrize(("said", "expected"), DIFFER)
def test_a_report_that_differs(said: str, expected: list[tuple[str, str | None, str | None]], draft: Draft) -> None:
    assert told(f"FINDINGS: {said} {LABS}", draft) == expected


RESULTS: list[tuple[str, list[tuple[str, str | None]]]] = [
    ("", [("missing", "Potassium")]),
    ("Sodium 139 mmol/L.", [("missing", "Potassium")]),
    ("Potassium is critically high.", []),
    ("K 6.8.", []),
    ("Potassium of 6.80 mmol/L.", []),
    ("Potassium 6.8 mEq/L.", []),
    ("Potassium 6.8. CRP 8.4 mg/dL.", []),
    ("Potassium 6.8. Hb 11.2 g/dL, CRP 84.", []),
    ("Potassium 6.8, collected 2026-03-01.", []),
    ("Potassium 5.8 mmol/L.", [("contradicted", "Potassium")]),
    ("K+ 3.9.", [("contradicted", "Potassium")]),
    ("Potassium 6.8 mg/dL.", [("contradicted", "Potassium")]),
    ("Potassium 6.8 on 2026-02-27.", [("contradicted", "Potassium")]),
    ("Potassium 6.8. C-reactive protein is normal.", [("contradicted", "C-reactive protein")]),
    ("Potassium 6.8. Hemoglobin 14.2 g/dL.", [("contradicted", "Hemoglobin")]),
]


@pytest.mark.parametrize(("said", "expected"), RESULTS)
def test_results(said: str, expected: list[tuple[str, str | None]], draft: Draft) -> None:
    items = read(f"HISTORY: {said}\nFINDINGS: {SHOWN}", draft).items
    assert [(item.kind, item.label) for item in items] == expected


def test_the_drafts_own_words_differ_from_nothing(draft: Draft) -> None:
    """The report that the product itself writes, held against its own case."""
    assert read(as_text(draft), draft).items == ()


@pytest.mark.parametrize("said", [said for said, _ in DIFFER])
def test_each_difference_stands_where_it_says(said: str, draft: Draft) -> None:
    """The sentence at its characters, in plain words, with places that are listed; the case's own among them."""
    text = f"FINDINGS: {said} {LABS}"
    found = read(text, draft)
    listed = {place.id: place for place in found.evidence}
    for item in found.items:
        assert item.detail and item.detail[0].isupper() and not item.detail.endswith(".")
        assert (item.chars is None) == (item.kind == "missing") == (item.text == "")
        assert item.chars is None or text[slice(*item.chars)] == item.text
        places = [listed[id] for id in item.evidence]
        quotes = [place for place in places if place.kind == "text"]
        assert [(place.chars, place.document_sha256) for place in quotes] == [
            (item.chars, digest_of(text)) for _ in range(item.kind != "missing")
        ]
        if item.kind != "unsupported":
            assert {place.kind for place in places} & {"finding", "lab"}


def test_what_is_said_in_plain_words(draft: Draft) -> None:
    def detail(said: str) -> str:
        [item] = read(f"FINDINGS: {said} {LABS}", draft).items
        return item.detail

    assert (
        detail("Worsening left lung opacity.")
        == "The report states left lung opacity, the case shows right lung opacity"
    )
    assert detail("Normal heart.") == (
        "The case shows right lung opacity, worse since 2025-11-01; the report does not mention it"
    )
    assert detail("Right lung opacity.") == "Right lung opacity is worse since 2025-11-01; the report does not say so"
    assert detail("Improving right lung opacity.") == (
        "The report calls right lung opacity better, the comparison says worse since 2025-11-01"
    )
    assert detail("The lungs are clear.") == "The case shows right lung opacity, the report clears it in general"
    assert detail(f"{SHOWN} Left pneumothorax.") == "Not assessed: the case was not asked about left pneumothorax"
    assert detail(f"{SHOWN} Cardiomegaly.").endswith("the case was asked about it and did not see it")
    assert detail(f"{SHOWN} Left consolidation.").endswith("of which it is a kind, was asked about and not seen")


REAL_TEXTS = 300
"""Reports of the public collection that have both sections."""


def test_a_real_report_agrees_with_itself(draft: Draft, shared_data: Path) -> None:
    """What the rules read of its findings is taken for the case: whatever differs then is a false alarm.

    Its changes rest on nothing, for nothing was compared.
    """
    [study] = [study for study in draft.studies if study.role == "current"]
    read_of = 0
    for path in sorted((shared_data / "reports-openi").glob("*.xml"))[:REAL_TEXTS]:
        parts = {part.get("Label"): part.text or "" for part in ElementTree.parse(path).iter("AbstractText")}
        text = f"FINDINGS: {parts.get('FINDINGS') or ''}"
        said = summary_of(one for one in findings_in(text) if not one.general)
        findings = tuple(
            Finding(
                id=f"f-{number}",
                label=label,
                laterality=side,
                state=state,
                probability=None,
                study_instance_uid=study.study_instance_uid,
            )
            for number, ((label, side), state) in enumerate(said.items())
        )
        case = draft.model_copy(update={"findings": findings, "comparisons": (), "labs": (), "trends": ()})
        items = read(text, case).items
        assert not [(path.name, item.kind, item.text) for item in items if item.kind != "unsupported"]
        assert all("nothing was compared" in item.detail for item in items)
        read_of += bool(findings)
    assert read_of > 100


def test_a_general_statement_yields_to_a_named_one(draft: Draft) -> None:
    """ "Otherwise clear" clears the rest, not what is named; on another side it clears all."""
    assert told(f"FINDINGS: {SHOWN} The lungs are otherwise clear. {LABS}", draft) == []
    assert told(f"FINDINGS: Worsening left opacity. The right lung is clear. {LABS}", draft) == [
        ("contradicted", "lung_opacity", "left"),
        ("contradicted", "lung_opacity", "right"),
    ]


def test_the_impression_speaks_last(draft: Draft) -> None:
    """Only what the report says in the end is held against the case."""
    said = f"FINDINGS: Possible right lung opacity. {LABS}\nIMPRESSION: Worsening right lung opacity."
    assert told(said, draft) == []


def test_what_the_case_doubts_is_not_judged_and_said(draft: Draft) -> None:
    found = read(f"FINDINGS: {SHOWN} Left pleural effusion. {LABS}", draft)
    assert found.items == ()
    assert found.warnings == ("not judged, for the case itself is uncertain: left pleural effusion.",)


@pytest.mark.parametrize(("change", "expected"), [("uncertain", []), (None, ["unsupported"])])
def test_a_change_that_nobody_compared(change: Any, expected: list[str], draft: Draft) -> None:
    """Without a comparison it is not assessed; where the comparison is uncertain nothing is said of it."""
    compared = [item.model_copy(update={"change": change}) for item in draft.comparisons] if change else []
    findings = [f.model_copy(update={"change": change}) if f.state == "present" else f for f in draft.findings]
    other = draft.model_copy(update={"comparisons": tuple(compared), "findings": tuple(findings)})
    assert [item.kind for item in read(f"FINDINGS: Improving right lung opacity. {LABS}", other).items] == expected


def test_a_resolved_finding_is_a_change_to_be_told(draft: Draft) -> None:
    changed = {"state": "absent", "change": "resolved"}
    findings = [f.model_copy(update=changed) if f.state == "present" else f for f in draft.findings]
    compared = [item.model_copy(update={"change": "resolved"}) for item in draft.comparisons]
    other = draft.model_copy(update={"comparisons": tuple(compared), "findings": tuple(findings)})
    assert told(f"FINDINGS: Normal heart. {LABS}", other) == [MISSING_OPACITY]
    assert told(f"FINDINGS: No lung opacity. {LABS}", other) == [MISSING_OPACITY]
    assert told(f"FINDINGS: The right lung opacity has resolved. {LABS}", other) == []
    assert told(f"FINDINGS: Right lung opacity. {LABS}", other) == [("contradicted", "lung_opacity", "right")]


def test_an_examination_that_the_case_does_not_hold(draft: Draft) -> None:
    """Whether another film was at hand the case cannot know: not assessed, with its place."""
    [item] = read(f"COMPARISON: Radiograph of 5 January 2024.\n{GOOD}", draft).items
    assert (item.kind, item.text) == ("unsupported", "5 January 2024")
    assert read(f"COMPARISON: Radiograph of 2025-11-01.\n{GOOD}", draft).items == ()


def test_dates_of_a_reports_head_are_left_alone(draft: Draft) -> None:
    """A date of birth is no finding's."""
    assert read(f"Name: Doe^Jane  DOB: 1960-05-12\nDate: 2026-03-02\n{GOOD}", draft).items == ()


def test_a_report_of_an_earlier_day_warns(draft: Draft) -> None:
    [warning] = second_read([report(GOOD, "2025-12-24")], draft).warnings
    assert "2025-12-24" in warning and "earlier" in warning
    assert second_read([report(GOOD, "2026-03-03")], draft).warnings == ()


def test_several_reports_are_read_together(draft: Draft) -> None:
    """What one mentions is not missing from the other; what one contradicts is told."""
    both = [report("FINDINGS: Worsening right lung opacity."), report(f"FINDINGS: Cardiomegaly. {LABS}")]
    assert [item.kind for item in second_read(both, draft).items] == ["contradicted"]


def test_nothing_was_read(draft: Draft) -> None:
    """A case whose images were not read bears nothing out, and says so; a text without findings too."""
    blind = draft.model_copy(update={"findings": (), "comparisons": (), "labs": ()})
    found = read(f"FINDINGS: {SHOWN}", blind)
    assert [item.kind for item in found.items] == ["unsupported"]
    assert "no finding was read from the images of this case." in found.warnings
    empty = read("The patient was well and went home.", draft)
    assert {item.kind for item in empty.items} == {"missing"} and len(empty.items) == 2
    assert "no statement about a finding was recognised in the report." in empty.warnings


def test_the_same_text_gives_the_same_read(draft: Draft) -> None:
    for said, _ in DIFFER:
        assert read(said, draft) == read(said, draft)


# ------------------------------------------------------------------ with a draft


def test_a_draft_carries_its_second_read(draft: Draft) -> None:
    """As a field, as warnings, its places among the draft's."""
    found = read("FINDINGS: The lungs are clear. Left pneumothorax.", draft)
    carried = attached(draft, found)
    assert carried.second_read is not None and carried.second_read.items == found.items
    assert {id for item in found.items for id in item.evidence} <= {place.id for place in carried.evidence}
    assert len({place.id for place in carried.evidence}) == len(carried.evidence)
    told = [text for text in carried.warnings if text.startswith("Second read: ")]
    assert any("clears it in general (contradicted)" in text for text in told)
    assert any("Potassium 6.8" in text and "(missing)" in text for text in told)
    assert any(text.startswith("Second read: 1 statement of the report rests on nothing") for text in told)


def test_a_persons_report_is_no_ground_for_a_draft(draft: Draft) -> None:
    """A number that stands in it alone is not in the evidence of an edited sentence."""
    carried = attached(draft, read(f"FINDINGS: {SHOWN} Left pneumothorax of 17 mm.", draft))
    assert not any("17 mm" in (place.quote or "") for place in ground_of(carried).evidence)
    edited = apply_edits(carried, [Edit(section="findings", text="Left pneumothorax of 17 mm.", at="now")])
    checks = [check for s in statements_of(edited.sections) if "17 mm" in s.text for check in s.checks]
    assert any(check.name == "size" and not check.passed for check in checks)
