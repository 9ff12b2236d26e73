"""What a signed draft leaves: each thing once, of the current studies only, under ids that follow from the patient."""

from collections import Counter

from memory.records import records_of, records_of_document, report_text
from prelim.draft import Draft
from prelim.types import Document


def test_a_draft_leaves_its_report_studies_findings_boxes_and_results(draft: Draft) -> None:
    records = records_of(draft)
    counts = Counter(record.type for record in records)
    assert counts == {
        "report": 1,
        "study": 1,
        "finding": len(draft.findings),
        "box": len(draft.boxes),
        "lab": len(draft.labs),
    }
    assert min(counts.values()) > 0
    assert len(draft.studies) == 2
    assert len({record.id for record in records}) == len(records)
    assert {record.source for record in records} == {draft.case_id}
    assert all(record.date for record in records)


def test_what_is_stored_can_be_read_back(draft: Draft) -> None:
    records = records_of(draft)
    assert [record.data for record in records if record.type == "lab"] == [
        lab.model_dump(mode="json") for lab in draft.labs
    ]
    numbers = [(record.value, record.unit) for record in records if record.type == "lab"]
    assert numbers == [(lab.value, lab.unit or None) for lab in draft.labs]
    assert records[0].text == report_text(draft.sections) != ""
    said = (("FINDINGS:", draft.sections.findings), ("IMPRESSION:", draft.sections.impression))
    lines = [line for line in records[0].text.splitlines() if line]
    assert lines == [line for head, part in said if part for line in (head, *(one.text for one in part))]


def test_a_result_taken_at_a_moment_is_of_its_day(draft: Draft) -> None:
    taken = draft.labs[0].model_copy(update={"collected": "2026-03-01T08:15"})
    records = records_of(draft.model_copy(update={"labs": (taken,)}))
    assert [(r.date, r.time) for r in records if r.type == "lab"] == [("2026-03-01", "2026-03-01T08:15")]


def test_the_same_draft_has_the_same_ids_and_another_patient_others(draft: Draft) -> None:
    ids = {record.id for record in records_of(draft)}
    assert {record.id for record in records_of(draft.model_copy(update={"urgency": "routine"}))} == ids
    for other in ({"patient_key": "p-other"}, {"case_id": "c-other"}):
        assert not ids & {record.id for record in records_of(draft.model_copy(update=other))}


def test_a_document_is_one_record_of_each_patient() -> None:
    document = Document(path="a/report.txt", sha256="ab" * 32, kind="report", date="2025-01-01", text_sha256="cd" * 32)
    moved = document.model_copy(update={"path": "b/report.txt"})
    [record] = records_of_document("p-1", document, "Text.", (), ())
    assert (record,) == records_of_document("p-1", moved, "Text.", (), ())
    assert record.id != records_of_document("p-2", document, "Text.", (), ())[0].id
    assert (record.type, record.date, record.text) == ("report", "2025-01-01", "Text.")
    [note] = records_of_document("p-1", document.model_copy(update={"kind": "lab"}), "Text.", (), ())
    assert note.type == "note"


def test_a_report_leaves_its_findings_too() -> None:
    document = Document(path="r.txt", sha256="ab" * 32, kind="report", date="2025-01-01", text_sha256="cd" * 32)
    text = "FINDINGS: No pleural effusion. Nodule in the right lung.\nIMPRESSION: Right lung nodule."
    report, *findings = records_of_document("p-1", document, text, (), ())
    assert report.type == "report" and {record.date for record in findings} == {"2025-01-01"}
    said = {(r.data["label"], r.data["laterality"], r.data["state"]) for r in findings}
    assert said == {("pleural_effusion", None, "absent"), ("lung_nodule", "right", "present")}
    assert all(record.data["sentence"] in text for record in findings)
