"""Texts and PDFs as text, words with their boxes, a kind and a day."""

import csv
import io
import json
import re
import warnings
from typing import Literal, NamedTuple

import pdfplumber
from pdfminer.pdfparser import PDFSyntaxError
from pdfplumber.utils.exceptions import PdfminerException

from prelim.errors import InputError

Kind = Literal["lab", "note", "report", "text"]
Word = tuple[str, float, float, float, float]
"""[text, x0, top, x1, bottom] in PDF points, origin at the page's top left."""
_LAB_HEADER = re.compile(
    r"\b(test|analyte|component|parameter|assay)\b.*\b(result|value)\b|\b(result|value)\b.*\b(units?|reference|range)\b",
    re.I,
)
_REPORT = re.compile(r"^\s*(findings|impression|conclusion|technique)\b\s*:?", re.I | re.M)
_DATED = re.compile(
    r"\b(collected|date of (?:exam|study|report|service)|exam date|report date|date)\b[^\n\d]{0,20}(\d{4}-\d{2}-\d{2})",
    re.I,
)
_ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")
_JSON_TEXT = ("text", "note", "content", "note_text", "body")
_JSON_DATE = ("date", "note_date", "datetime", "created")


class Read(NamedTuple):
    """What was read of a document. `words` is one list a page, for PDFs; `date` is ISO."""

    text: str
    kind: Kind
    pages: int = 1
    date: str | None = None
    words: tuple[tuple[Word, ...], ...] | None = None


def read_document(data: bytes, name: str) -> Read:
    """A PDF with text, plain text, CSV or a note in JSON. InputError no_text, unreadable, unsupported."""
    if data.startswith(b"%PDF"):
        return _pdf(data, name)
    text = _decoded(data, name)
    if text.lstrip()[:1] in ("{", "["):
        return _json(text, name)
    if text.startswith(("MSH|", "FHS|")):
        raise InputError("unsupported", f"{name} is an HL7 message, which is not read yet.", "Give a PDF or CSV.", name)
    if not text.strip():
        raise InputError("no_text", f"{name} is empty.", "Leave it out.", name)
    return Read(text, kind_of(text), date=day_in(text))


def _decoded(data: bytes, name: str) -> str:
    if b"\x00" in data[:4096]:
        raise InputError("unsupported", f"{name} is of no kind that is read.", "Leave it out.", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _pdf(data: bytes, name: str) -> Read:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fonts without metrics and the like
            with pdfplumber.open(io.BytesIO(data)) as document:
                pages = [page.extract_words(keep_blank_chars=False, use_text_flow=False) for page in document.pages]
                text = "\n".join(page.extract_text() or "" for page in document.pages)
    except (PDFSyntaxError, PdfminerException, ValueError, KeyError, TypeError, OSError) as error:
        raise InputError("unreadable", f"{name} is a damaged PDF.", "Export it again.", name) from error
    if not any(pages):
        remedy = "It is a scan: text recognition is not built yet; give a PDF with text."
        raise InputError("no_text", f"{name} holds no text.", remedy, name)
    words = tuple(tuple(_word(item) for item in page) for page in pages)
    return Read(text, kind_of(text), len(pages), day_in(text), words)


def _word(item: dict[str, object]) -> Word:
    x0, top, x1, bottom = (round(float(str(item[key])), 2) for key in ("x0", "top", "x1", "bottom"))
    return str(item["text"]), x0, top, x1, bottom


def _json(text: str, name: str) -> Read:
    """A note in JSON: one object with a text field. Other JSON is not guessed at."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError("unreadable", f"{name} is not valid JSON.", "Export it again.", name) from error
    if isinstance(value, dict) and value.get("resourceType"):
        raise InputError("unsupported", f"{name} is FHIR, which is not read yet.", "Give its texts as files.", name)
    found = [value[key] for key in _JSON_TEXT if isinstance(value, dict) and isinstance(value.get(key), str)]
    if not found:
        raise InputError("unsupported", f"{name} is JSON without a text field.", "Leave it out, or give a text.", name)
    dated = next((str(value[key]) for key in _JSON_DATE if value.get(key)), "")
    note = found[0]
    return Read(note, kind_of(note), date=day_in(dated) or day_in(note))


def kind_of(text: str) -> Kind:
    """What a text is by its own words: a table of results, a report with its sections, else a note."""
    if any(_LAB_HEADER.search(line) for line in text.splitlines()) or _is_lab_csv(text):
        return "lab"
    return "report" if len(set(_REPORT.findall(text))) >= 2 else "note"


def _is_lab_csv(text: str) -> bool:
    first = next(csv.reader(io.StringIO(text)), [])
    cells = {cell.strip().lower() for cell in first}
    return len(first) > 2 and bool(cells & {"result", "value"}) and bool(cells & {"unit", "units", "reference", "flag"})


def day_in(text: str) -> str | None:
    """The day that a text states as its own, else the first ISO day in it."""
    stated = _DATED.search(text)
    found = stated.group(2) if stated else None
    first = _ISO.search(text)
    return found or (first.group(1) if first else None)
