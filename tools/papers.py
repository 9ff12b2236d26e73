"""The documents of a case: read, placed in time, and refused where they are about somebody else."""

from collections.abc import Sequence
from typing import NamedTuple

from memory.artifacts import Artifacts
from prelim.documents.identity import Identity, identity_in, normal_name
from prelim.documents.read import Read
from prelim.types import Document, Refusal
from tools.manifest import File, FileNote

_KINDS = {"lab": "lab", "note": "note", "report": "report", "dictation": "note"}


class Paper(NamedTuple):
    """A document file and what was read of it."""

    file: File
    read: Read


class Known(NamedTuple):
    """What the images and case.yaml say of the patient: keyed hashes of the ids, names, birth dates."""

    keys: frozenset[str]
    names: frozenset[str]
    birth_dates: frozenset[str]


def document_of(paper: Paper, note: FileNote, artifacts: Artifacts) -> Document:
    """The document's value, its text and words in the artifact store."""
    words = [[list(word) for word in page] for page in paper.read.words] if paper.read.words else None
    kind = _KINDS.get(note.role or "", paper.read.kind)
    return Document(
        path=paper.file.path,
        sha256=paper.file.sha256,
        kind=kind,
        pages=paper.read.pages,
        date=note.date or paper.read.date,
        text_sha256=artifacts.put(paper.read.text.encode()),
        words_sha256=artifacts.put_json(words) if words else None,
    )


def strangers(
    papers: Sequence[tuple[Paper, frozenset[str]]], known: Known
) -> tuple[list[Paper], list[Refusal], list[str]]:
    """The papers that may stay, those refused as another patient's, and warnings. No identifier is ever printed.

    Each paper comes with the keyed hashes of the ids it states.
    """
    kept: list[Paper] = []
    refused: list[Refusal] = []
    warnings: list[str] = []
    for paper, keys in papers:
        path, says = paper.file.path, identity_in(paper.read.text)
        if _another(says, keys, known):
            message = f"{path} is about another patient: refused. Check it, or take it out of the case."
            refused.append(Refusal(path=path, code="patient_mismatch", message=message))
            continue
        kept.append(paper)
        if says.names and known.names and not says.names & known.names:
            warnings.append(f"{path}: the name is spelt differently from the patient's.")
        if known.keys and not keys:
            warnings.append(f"{path}: states no patient id.")
    return kept, refused, warnings


def _another(says: Identity, keys: frozenset[str], known: Known) -> bool:
    """Another id; or, together, another name and another birth date."""
    if keys and known.keys:
        return not keys & known.keys
    other_name = bool(says.names and known.names and not says.names & known.names)
    other_day = bool(says.birth_dates and known.birth_dates and not says.birth_dates & known.birth_dates)
    return other_name and other_day


def known_of(keys: frozenset[str], names: Sequence[str], birth_dates: Sequence[str]) -> Known:
    """Names in normal form, days as ISO."""
    return Known(keys, frozenset(normal_name(name) for name in names if name), frozenset(d for d in birth_dates if d))
