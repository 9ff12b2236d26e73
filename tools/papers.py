"""The documents of a case: read, placed in time, and refused where they are about somebody else."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from memory.artifacts import Artifacts
from prelim.documents.identity import Identity
from prelim.documents.injection import order_warning
from prelim.documents.read import Read
from prelim.facts import Entry
from prelim.types import Document, Refusal
from tools.case_file import FileNote
from tools.manifest import File
from tools.patient import KeyOf, Known, other_person

_KINDS: dict[str, Literal["lab", "note", "report"]] = {
    "lab": "lab",
    "note": "note",
    "report": "report",
    "dictation": "note",
}


class Paper(NamedTuple):
    """A document file and what was read of it."""

    file: File
    read: Read


class Kept(NamedTuple):
    """The documents that may stay, those refused as another patient's, and warnings, which never name anybody."""

    papers: tuple[Paper, ...]
    refused: tuple[Refusal, ...]
    warnings: tuple[str, ...]


def document_of(paper: Paper, note: FileNote, artifacts: Artifacts) -> Document:
    """The document's value, its text and words in the artifact store."""
    words = [[list(word) for word in page] for page in paper.read.words] if paper.read.words else None
    return Document(
        path=paper.file.path,
        sha256=paper.file.sha256,
        kind=_KINDS.get(note.role or "", paper.read.kind),
        pages=paper.read.pages,
        date=note.date or paper.read.date,
        text_sha256=artifacts.put(paper.read.text.encode()),
        words_sha256=artifacts.put_json(words) if words else None,
        entries_sha256=artifacts.put_json(list(paper.read.entries)) if paper.read.entries else None,
        pages_sha256=tuple(artifacts.put(page) if page else "" for page in paper.read.pictures),
        page_dpi=paper.read.dpi,
        issues=paper.read.issues,
    )


def entries_in(document: Document, artifacts: Artifacts) -> list[Entry]:
    """What a structured document (FHIR, HL7) holds, in its order; nothing of any other."""
    stored = artifacts.get_json(document.entries_sha256) if document.entries_sha256 else []
    return [Entry.model_validate(entry) for entry in stored]


def keep_own(papers: Sequence[Paper], known: Known, key_of: KeyOf) -> Kept:
    """Refuse each document whose id, or whose name together with birth date, contradicts the patient."""
    kept: list[Paper] = []
    refused: list[Refusal] = []
    for paper in papers:
        if _foreign(paper.read.about, known, key_of):
            path = paper.file.path
            message = f"{path} is about another patient: refused. Check it, or take it out of the case."
            refused.append(Refusal(path=path, code="patient_mismatch", message=message))
        else:
            kept.append(paper)
            refused += [
                Refusal(path=paper.file.path, code=code, message=f"{paper.file.path}: {message}")
                for code, message in paper.read.refused
            ]
    return Kept(tuple(kept), tuple(refused), tuple(_warnings(kept, known, key_of)))


def orders_in(documents: Sequence[Document], artifacts: Artifacts) -> list[str]:
    """A warning for each document whose text gives orders to a machine; what reads notes says so of those itself."""
    others = [document for document in documents if document.kind != "note"]
    found = [order_warning(one.path, artifacts.get(one.text_sha256).decode()) for one in others]
    return [warning for warning in found if warning]


def _foreign(about: Identity, known: Known, key_of: KeyOf) -> bool:
    keys = {key_of(id) for id in about.ids}
    return bool(keys and known.keys and not keys & known.keys) or other_person(about, known)


def _warnings(papers: Sequence[Paper], known: Known, key_of: KeyOf) -> list[str]:
    found = []
    for paper in papers:
        about, path = paper.read.about, paper.file.path
        found += [f"{path}: {issue}" for issue in paper.read.issues]
        if about.names and known.names and not about.names & known.names:
            found.append(f"{path}: the name is spelt differently from the patient's.")
        # An export lists all the ids of its one patient; in a text a second id may be a second person.
        if known.keys and about.ids and not paper.read.entries and not {key_of(id) for id in about.ids} <= known.keys:
            found.append(f"{path}: states a further patient id beside the patient's own.")
    unnamed = [paper.file.path for paper in papers if not paper.read.about.ids]
    if known.keys and unnamed:
        found.append(f"{_documents(len(unnamed))} no patient id: {', '.join(unnamed[:3])}{_more(len(unnamed) - 3)}.")
    ids = [paper.read.about.ids for paper in papers if paper.read.about.ids]
    if not known.keys and any(not one & ids[0] for one in ids):
        found.append("The documents state different patient ids: check that they are one patient's.")
    return found


def _documents(count: int) -> str:
    return "1 document states" if count == 1 else f"{count} documents state"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
