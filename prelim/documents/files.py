"""Documents seen from outside: each is read in a child (prelim/isolation.py), and only plain values come back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, get_args

from prelim.documents.identity import Identity
from prelim.documents.pages import (
    Paged,
    is_noise,
    is_text,
    looks_like_paper,
    page_picture,
    pdf_pages,
    picture_pages,
    read_of,
)
from prelim.documents.pdf import is_pdf
from prelim.documents.read import Kind, Read, described, read_document
from prelim.errors import InputError
from prelim.facts import Entry
from prelim.isolation import Answer, call

__all__ = ["open_document", "open_picture", "page_picture"]
_HEAD_BYTES = 1024
_UNASKED = "A picture that looks like a page of text was taken as a document; if it is an image, give its modality."
Found = TypeVar("Found")


def open_document(path: str, file: Path, languages: str = "eng") -> Read:
    """A text or a PDF, whose pages without text are recognised in these languages (tesseract's names, joined by "+").

    InputError as `read_document`, `pdf_pages` and `isolation.call`; ocr_missing, ocr_failed, ocr_timeout, no_text
    where no page could be read.
    """
    with file.open("rb") as opened:
        paged = is_pdf(opened.read(_HEAD_BYTES))
    if not paged:
        return _understood(path, lambda: _read(call(read, path, str(file)).plain))
    return _understood(path, lambda: _document(path, pdf_pages(path, file, languages)))


def open_picture(path: str, file: Path, languages: str = "eng", *, asked: bool) -> Read | None:
    """The document that an image file is: a scan or a photograph of paper.

    `asked`: somebody says that it is one; else None for what is no page of text, and a warning for what is.
    InputError as `open_document`; truncated and too_large where it was asked for.
    """

    def opened() -> Read | None:
        try:
            count, paper = looks_like_paper(path, file, asked)
        except InputError:
            if asked:
                raise
            return None  # what is wrong with an image is told where images are decoded
        if not paper:
            return None
        paged = picture_pages(path, file, count, languages)
        if not asked and not paged.faults and not is_text(paged):
            return None
        if is_noise(paged):
            raise _no_text(path)
        found = _document(path, paged)
        return found if asked else found._replace(issues=(_UNASKED, *found.issues))

    return _understood(path, opened)


def read(name: str, path: str) -> Answer:
    """The operation: a text as plain values."""
    return _plain(read_document(Path(path).read_bytes(), name))


def describe(name: str, text: str) -> Answer:
    """The operation: what a text says of itself."""
    return _plain(described(text))


def _plain(found: Read) -> Answer:
    return Answer({**found._asdict(), "about": [sorted(part) for part in found.about]})


def _no_text(path: str) -> InputError:
    return InputError("no_text", f"{path}: no text could be recognised.", "Give a sharper copy, or text.", path)


def _document(path: str, paged: Paged) -> Read:
    if not any(page.words for page in paged.pages):
        if paged.faults:
            raise paged.faults[0]
        raise _no_text(path)
    return read_of(paged, _read(call(describe, path, paged.text).plain))


def _understood(path: str, work: Callable[[], Found]) -> Found:
    """InputError decode_crash for an answer that is none."""
    try:
        return work()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError("decode_crash", f"{path} misled the process that read it.", "Leave it out.", path) from error


def _read(plain: dict[str, Any]) -> Read:
    kinds: tuple[Kind, ...] = get_args(Kind)
    ids, names, birth_dates = (frozenset(map(str, part)) for part in plain["about"])
    return Read(
        text=str(plain["text"]),
        kind=kinds[kinds.index(plain["kind"])],
        date=None if plain["date"] is None else str(plain["date"]),
        about=Identity(ids, names, birth_dates),
        entries=tuple(Entry.model_validate(entry).model_dump(mode="json") for entry in plain["entries"]),
        refused=tuple((str(code), str(message)) for code, message in plain["refused"]),
        issues=tuple(map(str, plain["issues"])),
    )
