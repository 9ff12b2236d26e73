"""What the tasks of `prelim evaluate` share: how to evaluate, and how their data is named."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from prelim.errors import InputError
from tools.layouts.pictures import Pictures
from tools.layouts.sheet import Found, Layout, Source, Uncertain, read_layout

Item = TypeVar("Item")
PHANTOM = "phantom"
"""In place of a file: data drawn or made for the occasion, its truth known."""


class Options(NamedTuple):
    """How to evaluate: how many are `drawn` (where that is the data), the seed of drawing, splitting and resampling,
    whether to write what was fitted. `images`: the folder of a public table's images, the table's own by default.
    `uncertain`: what a label that a public table calls uncertain counts as."""

    drawn: int = 300
    seed: int = 1
    write: bool = True
    images: Path | None = None
    uncertain: Uncertain = "left_out"


def file_of(data: str) -> Path:
    """DATA as a file or folder that is there. InputError not_found."""
    path = Path(data).expanduser()
    if not path.exists():
        raise InputError("not_found", f"{path.name} does not exist.", "Give a file, or the word phantom.", path.name)
    return path


def source_of(path: Path) -> str:
    """What a file is, without its place: its name and the start of its sha256; of a folder, over all its files."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(b"" if file == path else file.relative_to(path).as_posix().encode() + b"\0")
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest() if path.is_dir() else opened.read())
    return f"{path.name}, sha256 {digest.hexdigest()[:12]}"


def found_in(path: Path, layouts: Sequence[Layout[Item]], options: Options) -> Found[Item]:
    """What a table of one of these layouts holds. InputError not_found, bad_truth, no_example."""
    folder = options.images.expanduser() if options.images else path.parent
    found = read_layout(path, layouts, Source(Pictures(folder), options.uncertain))
    if not found.examples:
        first = f" The first: line {found.problems[0].line}: {found.problems[0].message}" if found.problems else ""
        raise InputError("no_example", f"{path.name} names no image that can be used.{first}", "Mend it.", path.name)
    return found
