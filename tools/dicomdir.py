"""A DICOMDIR: the list of files that a disc should hold. It is read for what is missing; no path in it is followed."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from unicodedata import category

from prelim.errors import InputError
from prelim.imaging.files import named_in
from prelim.types import Refusal

NAME = "DICOMDIR"
_DRIVE = re.compile("[A-Za-z]:")
_UNPRINTABLE, _JOINERS = ("Cc", "Cf", "Cs", "Zl", "Zp"), "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"


def is_directory(name: str) -> bool:
    """Whether a file is called as one."""
    return PurePosixPath(name).name.upper() == NAME


def printable(name: str) -> str:
    """A name from a file, without what would move a terminal's cursor, break or turn a line, or be no text at all."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if category(character) in _UNPRINTABLE and character not in _JOINERS else character
        for character in name
    )


def not_there(name: str, file: Path, known: Iterable[str]) -> list[Refusal]:
    """What a DICOMDIR names and the case does not hold, by its code: missing, outside; the DICOMDIR itself if damaged.

    `known` are the paths in the case. Discs are written in capitals and often copied in small letters.
    """
    try:
        named = named_in(name, file)
    except InputError as error:
        return [Refusal(path=name, code=error.code, message=str(error))]
    there = {path.casefold() for path in known} | {name.casefold()}
    folder = name[: -len(NAME)]
    found = [_refusal(folder, parts, there) for parts in named]
    return list({refusal.path: refusal for refusal in found if refusal}.values())


def _refusal(folder: str, stated: Sequence[str], there: set[str]) -> Refusal | None:
    path = "/".join(stated)
    parts, shown = path.split("/"), printable(path)
    if not parts[0] or ".." in parts or _DRIVE.match(parts[0]) or "\0" in path:
        message = f"{shown} is named in {folder}{NAME} and lies outside the case. Put the file itself there."
        return Refusal(path=shown, code="outside", message=message)
    if (folder + path).casefold() in there:
        return None
    message = f"{folder}{shown} is named in {folder}{NAME} and is not there. Copy the whole disc."
    return Refusal(path=folder + shown, code="missing", message=message)
