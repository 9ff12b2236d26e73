"""A CSV with a heading, and which of the known layouts its heading is."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, NamedTuple, TypeVar

from prelim.errors import InputError
from prelim.evaluated import Problem
from tools.layouts.pictures import Pictures

Uncertain = Literal["left_out", "present", "absent"]
Item = TypeVar("Item")
Line = tuple[int, dict[str, str]]
_MOST_BYTES = 2**30


class Sheet(NamedTuple):
    """A table: its heading, and each line's number (the heading is line 1) with its cells, without spaces around."""

    path: Path
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass
class Found(Generic[Item]):
    """What a layout's reader made of a table: its examples, the lines that cannot be used, and what it left out, by
    the reason."""

    examples: list[Item] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def refusing(self, line: int | None, image: str) -> Iterator[None]:
        """Note that a line cannot be used where what is made of it raises InputError; the next one may."""
        try:
            yield
        except InputError as error:
            self.problems.append(Problem(line=line, image=image, code=error.code, message=error.message))


class Source(NamedTuple):
    """Where the images of a table lie, and what a label that it calls uncertain counts as."""

    pictures: Pictures
    uncertain: Uncertain = "left_out"


class Layout(NamedTuple, Generic[Item]):
    """A known heading. A table is of this layout if it has all `columns`."""

    name: str
    columns: tuple[str, ...]
    read: Callable[[Sheet, Source], Found[Item]]


def read_layout(path: Path, layouts: Sequence[Layout[Item]], source: Source) -> Found[Item]:
    """Read a table by the layout of its heading. InputError not_found, bad_truth (no such table, or no such layout)."""
    sheet = read_sheet(path)
    for layout in layouts:
        if set(layout.columns) <= set(sheet.columns):
            return layout.read(sheet, source)
    known = "; ".join(f"{layout.name}: {', '.join(layout.columns)}" for layout in layouts)
    given = ", ".join(sheet.columns) or "none"
    raise InputError(
        "bad_truth", f"{path.name} has a heading of no known layout: {given}.", f"Known: {known}.", path.name
    )


def read_sheet(path: Path) -> Sheet:
    """A CSV, or one in gzip. InputError not_found, bad_truth."""
    if not path.is_file():
        raise InputError("not_found", f"{path.name} does not exist.", "Give a CSV, or the word phantom.", path.name)
    try:
        table = csv.DictReader(io.StringIO(_bytes(path).decode("utf-8-sig"), newline=""), strict=True)
        columns = tuple(name.strip() for name in table.fieldnames or ())
        table.fieldnames = columns
        return Sheet(path, columns, tuple(_lines(table)))
    except UnicodeDecodeError as error:
        raise bad(path, "is not UTF-8") from error
    except (csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise bad(path, f"is no CSV: {error}") from error


def _bytes(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    with gzip.open(path) as packed:
        data = packed.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise bad(path, "unpacks to more than 1 GB")
    return data


def _lines(table: "csv.DictReader[str]") -> Iterator[Line]:
    for cells in table:
        yield table.line_num, {name: (text or "").strip() for name, text in cells.items() if isinstance(name, str)}


def bad(path: Path, what: str) -> InputError:
    """What is wrong with a whole table."""
    return InputError("bad_truth", f"{path.name} {what}.", "Give a CSV with a heading, in UTF-8.", path.name)
