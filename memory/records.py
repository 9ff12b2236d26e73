"""What a signed draft, or a document, leaves in a patient's history."""

from collections.abc import Iterator

from prelim.draft import Draft, Sections, Statement
from prelim.types import Document, Finding, LabResult, Record, Study, Value, digest_of


def records_of(draft: Draft) -> tuple[Record, ...]:
    """The report, every current study, the findings, boxes and lab results. Ids follow from patient, case and item."""
    return tuple(_records(draft))


def _records(draft: Draft) -> Iterator[Record]:
    current = [study for study in draft.studies if study.role == "current"]
    date = max((study.date for study in current if study.date), default=None)
    yield _record(draft, "report", "report", date, "Signed report", report_text(draft.sections))
    for study in current:
        yield _record(draft, "study", study.study_instance_uid, study.date, _title(study), _title(study), data=study)
    dates = {study.study_instance_uid: study.date for study in current}
    for finding in draft.findings:
        day = dates.get(finding.study_instance_uid)
        words = _words(finding)
        yield _record(draft, "finding", finding.id, day, words, f"{words}.", data=finding)
    for box in draft.boxes:
        place = f"{box.label.replace('_', ' ')} box"
        yield _record(draft, "box", box.id, date, place, f"{place} on the film.", data=box)
    for lab in draft.labs:
        yield _lab(draft, lab, date)


def _lab(draft: Draft, lab: LabResult, date: str | None) -> Record:
    text = " ".join(part for part in (lab.name, lab.value_text, lab.unit, lab.flag_printed or "") if part)
    numbers = {"value": lab.value, "unit": lab.unit or None, "loinc": lab.loinc}
    return _record(draft, "lab", lab.id, lab.collected or date, lab.name, text, data=lab).model_copy(update=numbers)


def _record(
    draft: Draft,
    type: str,
    item: str,
    date: str | None,
    title: str,
    text: str,
    data: Value | None = None,
) -> Record:
    return Record(
        id="r-" + digest_of([draft.patient_key, draft.case_id, type, item])[:16],
        type=type,
        date=date,
        title=title,
        text=text,
        source=draft.case_id,
        data=data.model_dump(mode="json") if data else {},
    )


def report_text(sections: Sections) -> str:
    """The report's findings and impression as plain text, as later drafts quote it."""
    parts: list[tuple[Statement, ...]] = [sections.findings, sections.impression]
    return "\n".join(statement.text for part in parts for statement in part)


def _title(study: Study) -> str:
    kinds = sorted({series.modality for series in study.series})
    parts = sorted({series.body_part for series in study.series if series.body_part})
    return " ".join([*kinds, *(part.lower() for part in parts), "study"])


def _words(finding: Finding) -> str:
    words = [
        finding.laterality if finding.laterality in ("left", "right") else "",
        finding.label.replace("_", " "),
    ]
    return " ".join(word for word in (*words, finding.state) if word)


def record_of_document(patient_key: str, document: Document, text: str) -> Record:
    """An earlier report or note as a record; the same document of the same patient is the same record."""
    return Record(
        id="r-" + digest_of([patient_key, document.sha256])[:16],
        type="report" if document.kind == "report" else "note",
        date=document.date,
        title=f"Earlier {document.kind}",
        text=text,
        source=document.sha256[:16],
    )
