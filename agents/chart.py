"""What a chat may read of one case or one patient: its records on one shelf, and the day that questions count from."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from memory.artifacts import Artifacts
from memory.records import records_of, records_of_document
from prelim.draft import Draft, Found
from prelim.types import Record
from tools.papers import entries_in

_BACKGROUND = {"problem": "condition", "medication": "medication", "allergy": "allergy"}


class Chart(NamedTuple):
    """The records of a case or patient, the oldest first.

    `today` is the day that "last year" and "before" count from: of a case its study's, of a patient that of the newest
    record, since a record says nothing of the time after it. `draft` is a case's. A record of a draft has
    the id CASE_ID/ITEM_ID until it is signed.
    """

    records: tuple[Record, ...]
    today: date
    draft: Draft | None = None

    @property
    def case_id(self) -> str:
        """The case's id; empty for a patient."""
        return self.draft.case_id if self.draft else ""

    def cite(self, item: str) -> str:
        """How an item of the draft is named as a source."""
        return f"{self.case_id}/{item}"


def chart_of_patient(records: Sequence[Record]) -> Chart:
    """A patient's history."""
    return Chart(_in_order(records), _newest(records))


def chart_of_case(draft: Draft, found: Found, history: Sequence[Record], artifacts: Artifacts) -> Chart:
    """A case: what its draft and its documents hold, and the history of its patient."""
    own = [] if any(record.source == draft.case_id for record in history) else [*_drafted(draft)]
    own += _documented(draft, found, artifacts)
    known = {_content(record) for record in history}
    ids = {record.id for record in history}
    records = [*history, *(one for one in own if one.id not in ids and _content(one) not in known)]
    studies = [study.date for study in draft.studies if study.role == "current" and study.date]
    today = date.fromisoformat(max(studies)) if studies else _newest(records)
    return Chart(_in_order({record.id: record for record in records}.values()), today, draft)


def _drafted(draft: Draft) -> Iterator[Record]:
    """What the draft would leave if it were signed, and its earlier studies."""
    for record in records_of(draft):
        title = "Draft report, not signed" if record.type == "report" else record.title
        yield _of_draft(draft, record).model_copy(update={"title": title})
    priors = tuple(study.model_copy(update={"role": "current"}) for study in draft.studies if study.role == "prior")
    yield from _left_by(draft.model_copy(update={"studies": priors}), "study")


def _left_by(draft: Draft, kind: str) -> Iterator[Record]:
    """The records of one kind that a draft would leave."""
    return (_of_draft(draft, record) for record in records_of(draft) if record.type == kind)


def _of_draft(draft: Draft, record: Record) -> Record:
    return record.model_copy(update={"id": f"{draft.case_id}/{_item(record)}"})


def _item(record: Record) -> str:
    """The draft's own name of what a record is made of."""
    if record.type == "study":
        return str(record.data["study_instance_uid"])
    return str(record.data.get("id", record.type))


def _documented(draft: Draft, found: Found, artifacts: Artifacts) -> Iterator[Record]:
    """The case's notes, reports and exports as records; its results, also those too old for the draft's table."""
    days = {document.sha256: document.date for document in found.case.documents}
    for document in found.case.documents:
        text = artifacts.get(document.text_sha256).decode()
        entries = [entry for entry in entries_in(document, artifacts) if entry.type != "lab"]
        if document.kind in ("note", "report", "text") or entries:
            yield from records_of_document(draft.patient_key, document, text, entries, ())
    for fact in draft.notes:
        if fact.kind in _BACKGROUND and fact.state != "absent":
            yield Record(
                id=f"{draft.case_id}/{fact.id}",
                type=_BACKGROUND[fact.kind],
                date=days.get(fact.document_sha256),
                title=fact.text,
                text=fact.text if fact.state == "present" else f"{fact.text} (uncertain)",
                source=draft.case_id,
            )
    alone = {"labs": found.labs.earlier, "studies": (), "findings": (), "boxes": ()}
    yield from _left_by(draft.model_copy(update=alone), "lab")


def _content(record: Record) -> tuple[object, ...]:
    """The same result or entry from two sources is one."""
    return record.type, record.loinc or record.title, record.date, record.value, record.unit, record.text


def _newest(records: Sequence[Record]) -> date:
    days = [record.date for record in records if record.date and len(record.date) == len("2026-03-02")]
    return date.fromisoformat(max(days)) if days else date.today()


def _in_order(records: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda record: (record.date or "", record.time or "", record.type, record.id)))
