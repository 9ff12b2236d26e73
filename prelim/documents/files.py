"""Documents seen from outside: each is read in a child (prelim/isolation.py), and only plain values come back."""

from pathlib import Path
from typing import Any, get_args

from prelim.documents.identity import Identity
from prelim.documents.read import Kind, Read, Word, read_document
from prelim.errors import InputError
from prelim.facts import Entry
from prelim.isolation import Answer, call


def open_document(path: str, file: Path) -> Read:
    """InputError as `read_document` and `isolation.call`."""
    plain = call(read, path, str(file)).plain
    try:
        return _read(plain)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InputError("decode_crash", f"{path} misled the process that read it.", "Leave it out.", path) from error


def read(name: str, path: str) -> Answer:
    """The operation: a document as plain values."""
    found = read_document(Path(path).read_bytes(), name)
    return Answer({**found._asdict(), "about": [sorted(part) for part in found.about]})


def _read(plain: dict[str, Any]) -> Read:
    kinds: tuple[Kind, ...] = get_args(Kind)
    ids, names, birth_dates = (frozenset(map(str, part)) for part in plain["about"])
    return Read(
        text=str(plain["text"]),
        kind=kinds[kinds.index(plain["kind"])],
        pages=int(plain["pages"]),
        date=None if plain["date"] is None else str(plain["date"]),
        words=None if plain["words"] is None else tuple(tuple(map(_word, page)) for page in plain["words"]),
        about=Identity(ids, names, birth_dates),
        entries=tuple(Entry.model_validate(entry).model_dump(mode="json") for entry in plain["entries"]),
        refused=tuple((str(code), str(message)) for code, message in plain["refused"]),
        issues=tuple(map(str, plain["issues"])),
    )


def _word(given: list[Any]) -> Word:
    text, *box = given
    x0, top, x1, bottom = map(float, box)
    return str(text), x0, top, x1, bottom
