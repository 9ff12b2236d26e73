"""Earlier reports and notes into a patient's history, under the case's own rules of identity."""

from collections.abc import Sequence
from pathlib import Path

from memory.records import record_of_document
from prelim.errors import InputError, RefusedError
from prelim.types import Case
from tools.intake import intake, scan
from tools.tool import Context


def add_documents(context: Context, patient_id: str, paths: Sequence[Path], as_patient: bool) -> int:
    """Add the documents in the files; how many records are new.

    RefusedError patient_mismatch where a document carries another patient's id, unless `as_patient`.
    """
    key = context.key_of(patient_id)
    before = len(context.history.records(key))
    for path in paths:
        case = _read(context, path, "t-unknown" if as_patient else key)
        if not case.documents:
            first = case.refused[0].message if case.refused else f"{path.name} holds no document."
            raise InputError("no_document", first, "Give a report or note as text or PDF.", path.name)
        for document in case.documents:
            text = context.artifacts.get(document.text_sha256).decode()
            context.history.add(key, [record_of_document(key, document, text)], key=f"{key}:{document.sha256}")
    return len(context.history.records(key)) - before


def _read(context: Context, path: Path, key: str) -> Case:
    case = intake(scan(path, context.artifacts), context.artifacts, patient_key=key, key_of=context.key_of)
    foreign = next((refusal for refusal in case.refused if refusal.code == "patient_mismatch"), None)
    if foreign:
        remedy = "Give the patient it belongs to, or --as if it is theirs all the same."
        raise RefusedError("patient_mismatch", f"{foreign.path} is about another patient.", remedy, foreign.path)
    return case
