"""A FHIR file as resources, each with its place: a bundle, one resource, or a resource a line (NDJSON)."""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from prelim.documents.fhir_values import Json
from prelim.errors import InputError

_LONGEST_WHOLE = 18
"""Digits of a whole number that is read as one; FHIR's own have 10 at most."""


class Digits(Decimal):
    """A number that keeps the text it was written as: 1.90, 1e5. What no decimal can hold is infinite."""

    written: str

    def __new__(cls, text: str) -> "Digits":
        try:
            made = super().__new__(cls, text)
        except InvalidOperation:
            made = super().__new__(cls, "Infinity")
        made.written = text
        return made

    def __str__(self) -> str:
        return self.written


class Item(NamedTuple):
    """A resource, its place in the file (a JSON pointer), and the URL by which its bundle names it."""

    resource: Json
    pointer: str
    url: str = ""

    @property
    def kind(self) -> str:
        return str(self.resource["resourceType"])


def is_fhir(value: Any) -> bool:
    """Whether JSON is a FHIR resource."""
    return isinstance(value, Mapping) and isinstance(value.get("resourceType"), str)


def parsed(text: str) -> Any:
    """JSON with numbers as written, without the nulls, which FHIR has not. ValueError, RecursionError."""
    return json.loads(
        text, parse_float=Digits, parse_int=_whole, parse_constant=_no_number, object_pairs_hook=_without_nulls
    )


def _whole(text: str) -> int | Digits:
    return int(text) if len(text) <= _LONGEST_WHOLE else Digits(text)


def _without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if value is not None}


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def lines_of(text: str) -> list[Any] | None:
    """The resources of NDJSON, None in the place of a line that is no JSON; None where the text is no NDJSON."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not lines[1].lstrip().startswith("{"):
        return None
    return [_line(line) for line in lines] if is_fhir(_line(lines[0])) else None


def _line(line: str) -> Any:
    try:
        return parsed(line)
    except (ValueError, RecursionError):
        return None


def items_of(value: Any, pointer: str, name: str) -> Iterator[Item]:
    """The resources of a bundle, whatever its type and depth, or the one that is none. InputError unreadable."""
    if not is_fhir(value):
        return
    if value["resourceType"] != "Bundle":
        yield Item(value, pointer)
        return
    entries = value.get("entry", [])
    if not isinstance(entries, list):
        raise InputError("unreadable", f"{name} is a bundle whose entries are no list.", "Export it again.", name)
    for number, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        for item in items_of(resource, f"{pointer}/entry/{number}/resource", name):
            yield item if item.url else item._replace(url=str(entry.get("fullUrl", "")))
