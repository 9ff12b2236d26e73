"""What the tasks of `prelim evaluate` share: how to evaluate, and how their data is named."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

from prelim.errors import InputError
from prelim.evaluated import Problem
from tools.layouts.pictures import Pictures
from tools.layouts.sheet import Found, Source, Uncertain

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


class Given(NamedTuple, Generic[Item]):
    """Examples to ask about, how many, the lines that cannot be used, what was left out by the reason, and what the
    data is, without its place."""

    examples: Iterable[Item]
    total: int
    source: str
    problems: Sequence[Problem] = ()
    left_out: Mapping[str, int] = MappingProxyType({})


def given(
    data: str,
    options: Options,
    read: Callable[[Path, Source], Found[Item]],
    draw: Callable[[int, int], Iterable[Item]],
    noun: str,
) -> Given[Item]:
    """What a file or folder holds, or what is drawn. InputError not_found, no_example, and those of `read`."""
    if data == PHANTOM:
        drawn, seed = options.drawn, options.seed
        return Given(draw(drawn, seed), drawn, f"{drawn} {noun}, seed {seed}")
    path = file_of(data)
    folder = path if path.is_dir() else path.parent
    found = read(path, Source(Pictures(options.images.expanduser() if options.images else folder), options.uncertain))
    if not found.examples:
        raise _none(path, found.problems)
    return Given(found.examples, len(found.examples), source_of(path), tuple(found.problems), found.left_out)


def _none(path: Path, problems: Sequence[Problem]) -> InputError:
    first = next((f" The first: line {one.line}: {one.message}" for one in problems), "")
    return InputError("no_example", f"{path.name} names no image that can be used.{first}", "Mend it.", path.name)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """By their lines, then by their images."""
    return tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.image)))
