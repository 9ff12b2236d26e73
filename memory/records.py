"""What a signed draft, or a document, leaves in a patient's history."""

from collections.abc import Iterator, Sequence

from prelim.documents.report import named_findings
from prelim.draft import Draft, Sections
from prelim.facts import Entry
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
        yield _of_result(_id(draft.patient_key, draft.case_id, "lab", lab.id), lab, date, draft.case_id)


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
        id=_id(draft.patient_key, draft.case_id, type, item),
        type=type,
        date=date,
        title=title,
        text=text,
        source=draft.case_id,
        data=data.model_dump(mode="json") if data else {},
    )


def report_text(sections: Sections) -> str:
    """The report's findings and impression as plain text under their headings, as later drafts read and quote it."""
    parts = (("FINDINGS", sections.findings), ("IMPRESSION", sections.impression))
    told = ("\n".join([f"{heading}:", *(one.text for one in part)]) for heading, part in parts if part)
    return "\n\n".join(told)


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


# ------------------------------------------------------------------ what documents leave


def records_of_document(
    patient_key: str, document: Document, text: str, entries: Sequence[Entry], labs: Sequence[LabResult]
) -> tuple[Record, ...]:
    """What a document leaves in a history: its entries; without any its results, or its whole text.

    `labs` are the document's results; where it has entries, those of its "lab" entries in their order. A report leaves
    its findings too. The same document of the same patient leaves the same records.
    """
    if entries:
        results = iter(labs)
        made = [_of_entry(patient_key, entry, next(results) if entry.type == "lab" else None) for entry in entries]
    elif labs:
        source = document.sha256[:16]
        made = [_of_result(_id(patient_key, document.sha256, lab.id), lab, document.date, source) for lab in labs]
    else:
        made = [_of_text(patient_key, document, text)]
    findings = (finding for record in made if record.type == "report" for finding in _findings(record))
    return tuple({record.id: record for record in (*made, *findings)}.values())


def _id(*parts: object) -> str:
    return "r-" + digest_of(list(parts))[:16]


def _of_entry(patient_key: str, entry: Entry, lab: LabResult | None) -> Record:
    """`source` is the entry's key: a later version of it takes its place (memory/versions.py)."""
    return Record(
        id=_id(patient_key, entry.key, entry.text, entry.time),
        type=entry.type,
        date=entry.date,
        time=entry.time,
        title=entry.title,
        text=entry.text,
        value=entry.value,
        unit=entry.unit,
        loinc=lab.loinc if lab else entry.loinc,
        source=entry.key,
        version=entry.version,
        data=lab.model_dump(mode="json") if lab else entry.data,
    )


def _of_result(id: str, lab: LabResult, day: str | None, source: str) -> Record:
    """A result of a paper or a signed draft; `day` is that of a result that has none of its own."""
    words = (lab.name, lab.value_text, lab.unit, lab.flag_printed or "")
    return Record(
        id=id,
        type="lab",
        date=(lab.collected or day or "")[:10] or None,
        time=lab.collected,
        title=lab.name,
        text=" ".join(filter(None, words)),
        value=lab.value,
        unit=lab.unit or None,
        loinc=lab.loinc,
        source=source,
        data=lab.model_dump(mode="json"),
    )


def _of_text(patient_key: str, document: Document, text: str) -> Record:
    return Record(
        id=_id(patient_key, document.sha256),
        type="report" if document.kind == "report" else "note",
        date=document.date,
        title=f"Earlier {document.kind}",
        text=text,
        source=document.sha256[:16],
    )


def _findings(report: Record) -> Iterator[Record]:
    """Each finding and side that a report names, as it stands in the end: its impression before the rest."""
    for finding in named_findings(report.text):
        words = [finding.laterality or "", finding.label.replace("_", " "), finding.state]
        title = " ".join(filter(None, words))
        yield Record(
            id=_id(report.id, finding.label, finding.laterality),
            type="finding",
            date=report.date,
            time=report.time,
            title=title,
            text=f"{title}: {' '.join(finding.sentence.split())}",
            source=report.source,
            version=report.version,
            data=finding.model_dump(mode="json"),
        )
