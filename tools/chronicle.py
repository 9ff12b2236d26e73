"""Documents into a patient's history, under the case's own rules of identity."""

from collections.abc import Sequence
from pathlib import Path

from memory.records import records_of_document
from prelim.errors import InputError, RefusedError
from prelim.types import Case, Document, Record, Sex, Value
from tools.intake import intake, scan
from tools.labs import labs
from tools.papers import entries_in
from tools.tool import Context


class Added(Value):
    """How many records are new, and what of the files was not taken or is in doubt."""

    added: int
    warnings: tuple[str, ...] = ()


def add_documents(context: Context, patient_id: str, paths: Sequence[Path], as_patient: bool) -> Added:
    """Add the documents in the files: reports, notes, results, exports of a record (FHIR, HL7).

    RefusedError patient_mismatch where a document carries another patient's id, unless `as_patient`: then nothing of
    the files is added.
    """
    key = context.key_of(patient_id)
    cases = [_read(context, path, "t-unknown" if as_patient else key) for path in paths]
    before = set(context.history.ids(key))
    warnings: list[str] = []
    for case in cases:
        warnings += [refusal.message for refusal in case.refused]
        warnings += [text for text in case.warnings if not text.startswith("No patient id")]
        for document in case.documents:
            records, doubts = _records(context, key, document, case.sex)
            warnings += doubts
            context.history.add(key, records, key=f"{key}:{document.sha256}")
    return Added(added=len(set(context.history.ids(key)) - before), warnings=tuple(dict.fromkeys(warnings)))


def _records(
    context: Context, key: str, document: Document, sex: Sex | None
) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """What a document leaves, and what is in doubt about it."""
    text = context.artifacts.get(document.text_sha256).decode()
    entries = entries_in(document, context.artifacts)
    # An age of today says nothing about the range of an earlier result.
    read = labs(context, documents=(document,), sex=sex) if document.kind == "lab" or entries else None
    records = records_of_document(key, document, text, entries, read.labs if read else ())
    return records, read.warnings if read else ()


def _read(context: Context, path: Path, key: str) -> Case:
    case = intake(
        scan(path, context.artifacts),
        context.artifacts,
        patient_key=key,
        key_of=context.key_of,
        languages=context.settings.ocr_languages,
    )
    foreign = next((refusal for refusal in case.refused if refusal.code == "patient_mismatch"), None)
    if foreign and not any(document.path == foreign.path for document in case.documents):
        remedy = "Give the patient it belongs to, or --as if it is theirs all the same."
        raise RefusedError("patient_mismatch", f"{foreign.path} is about another patient.", remedy, foreign.path)
    if not case.documents:
        first = case.refused[0].message if case.refused else f"{path.name} holds no document."
        remedy = "Give reports, notes or results as text, PDF, CSV, FHIR or HL7."
        raise InputError("no_document", first, remedy, path.name)
    return case
