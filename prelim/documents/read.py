"""Documents as text, words with their boxes, a kind and a day; here those that are text themselves."""

import csv
import io
import re
from typing import Any, Literal, NamedTuple

from prelim.documents.day import day_in
from prelim.documents.export import Export, summed_up
from prelim.documents.fhir import read_fhir
from prelim.documents.fhir_resources import is_fhir, lines_of, parsed
from prelim.documents.hl7 import BEGINNINGS, read_hl7
from prelim.documents.identity import Identity, identities_in_table, identity_in, identity_of_fields
from prelim.documents.words import Word
from prelim.errors import InputError

__all__ = ["Kind", "Read", "Word", "described", "kind_of", "read_document"]
Kind = Literal["lab", "note", "report", "text", "record"]
_LAB_HEADER = re.compile(
    r"\b(test|analyte|component|parameter|assay)\b.*\b(result|value)\b|\b(result|value)\b.*\b(units?|reference|range)\b",
    re.I,
)
_REPORT = re.compile(r"^\s*(findings|impression|conclusion|technique)\b\s*:?", re.I | re.M)
_JSON_TEXT = ("text", "note", "content", "note_text", "body")
_JSON_DATE = ("date", "note_date", "datetime", "created")
_LATER = {
    b"RIFF": "audio",
    b"fLaC": "audio",
    b"ID3": "audio",
    b"{\\rtf": "rich text",
    b"\x1f\x8b": "compressed",
    b"\xd0\xcf\x11\xe0": "an office document",
}
"""How files begin whose kind is known and not read."""


class Read(NamedTuple):
    """What was read of a document. `words` is one list a page, for PDFs and pictures of paper; `date` is ISO; `about`
    says whom it names. `pictures` are the pages of a scan as PNG at `dpi`, empty for a page that was not recognised.
    """

    text: str
    kind: Kind
    pages: int = 1
    date: str | None = None
    words: tuple[tuple[Word, ...], ...] | None = None
    about: Identity = Identity()
    entries: tuple[dict[str, Any], ...] = ()
    """Of FHIR and HL7: the dumps of prelim.facts.Entry."""
    refused: tuple[tuple[str, str], ...] = ()
    """Parts that were not taken: a code and a sentence each."""
    issues: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = ()
    dpi: float | None = None


def read_document(data: bytes, name: str) -> Read:
    """Plain text, CSV, a note in JSON, FHIR or HL7.

    InputError no_text, unreadable, unsupported, several_patients (a table whose rows name different people).
    """
    if data.startswith(BEGINNINGS):
        return _exported(read_hl7(data, name))
    known = next((kind for beginning, kind in _LATER.items() if data.startswith(beginning)), None)
    if known:
        raise InputError("unsupported", f"{name} is {known}, which is not read yet.", "Give a text, PDF or CSV.", name)
    text = _decoded(data, name)
    if not text.strip():
        raise InputError("no_text", f"{name} is empty.", "Leave it out.", name)
    if text.lstrip()[:1] in ("{", "["):
        return _json(text, name)
    return described(text)._replace(about=identity_in(text).joined(_owner(text, name)))


def described(text: str) -> Read:
    """A text with what it says of itself: its kind, its day, whom it is about."""
    return Read(text, kind_of(text), date=day_in(text), about=identity_in(text))


def _owner(text: str, name: str) -> Identity:
    """Whom the rows of a table are about. Rows of two people are told apart by nothing downstream: refused."""
    try:
        people = identities_in_table(text)
    except csv.Error as error:
        raise InputError("unreadable", f"{name} is a damaged table.", "Export it again.", name) from error
    if len(people) > 1:
        raise InputError("several_patients", f"{name} holds rows of several patients.", "Split it by patient.", name)
    return people[0] if people else Identity()


def _decoded(data: bytes, name: str) -> str:
    if b"\x00" in data[:4096]:
        raise InputError("unsupported", f"{name} is of no kind that is read.", "Leave it out.", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _json(text: str, name: str) -> Read:
    """A note in JSON: one object with a text field. Other JSON is not guessed at."""
    try:
        resources = lines_of(text)
        value = parsed(text) if resources is None else resources[0]
    except (ValueError, RecursionError) as error:
        raise InputError("unreadable", f"{name} is not valid JSON.", "Export it again.", name) from error
    if is_fhir(value):
        return _exported(read_fhir(resources or [value], name))
    found = [value[key] for key in _JSON_TEXT if isinstance(value, dict) and isinstance(value.get(key), str)]
    if not found:
        raise InputError("unsupported", f"{name} is JSON without a text field.", "Leave it out, or give a text.", name)
    dated = next((str(value[key]) for key in _JSON_DATE if value.get(key)), "")
    note = found[0]
    about = identity_in(note).joined(identity_of_fields(value))
    return Read(note, kind_of(note), date=day_in(dated) or day_in(note), about=about)


def _exported(export: Export) -> Read:
    """A structured export: results alone are a lab report, a report alone is one, all else a record."""
    types = {entry.type for entry in export.entries}
    kind: Kind = "lab" if types <= {"lab", "panel"} and types else "report" if types == {"report"} else "record"
    return Read(
        export.text,
        kind,
        date=max((entry.date for entry in export.entries if entry.date), default=None),
        about=export.about,
        entries=tuple(entry.model_dump(mode="json") for entry in export.entries),
        refused=tuple(summed_up(export.faults)),
        issues=export.issues,
    )


def kind_of(text: str) -> Kind:
    """What a text is by its own words: a table of results, a report with its sections, else a note."""
    if any(_heads_results(line) for line in text.splitlines()) or _is_lab_csv(text):
        return "lab"
    return "report" if len(set(_REPORT.findall(text))) >= 2 else "note"


def _heads_results(line: str) -> bool:
    """Whether a line names the columns of a table: a few words, no sentence."""
    return bool(_LAB_HEADER.search(line)) and len(line.split()) <= 12 and not line.rstrip().endswith(".")


def _is_lab_csv(text: str) -> bool:
    """What no table could be, by a reader's judgement, is none: prose with a line as long as a book, say."""
    try:
        first = next(csv.reader(io.StringIO(text, newline="")), [])
    except csv.Error:
        return False
    cells = {cell.strip().lower() for cell in first}
    return len(first) > 2 and bool(cells & {"result", "value"}) and bool(cells & {"unit", "units", "reference", "flag"})
