"""What the tags of a file say. A tag whose value cannot be read counts as one that is not there.

pydicom reads a value when it is first asked for, so a damaged one would otherwise raise anywhere. Where a file is
decoded these read its Dataset; everywhere else they read its Header, which is plain JSON.
"""

import hashlib
import math
import re
from datetime import date
from typing import Any

from pydicom import Dataset
from pydicom.errors import BytesLengthException

Header = dict[str, list[Any]]
"""The tags of a file that anything above the decoder reads: keyword → values as text, or items, each a Header."""
Tags = Dataset | Header

_DATES = ("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate")
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_UID = re.compile(r"[0-9.]{1,64}")
_NO_VALUE = (
    BytesLengthException,
    AttributeError,
    ArithmeticError,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


def value(dataset: Tags, keyword: str) -> Any:
    """The value as pydicom has it, None where it is missing, empty or damaged."""
    try:
        found = dataset.get(keyword)
        return None if found is None or found == "" else found
    except _NO_VALUE:
        return None


def text(dataset: Tags, keyword: str) -> str:
    """The value as text, the first of several."""
    found = values(dataset, keyword)
    return found[0] if found else ""


def values(dataset: Tags, keyword: str) -> tuple[str, ...]:
    """Every value as text, without surrounding blanks."""
    return texts(value(dataset, keyword))


def texts(found: Any) -> tuple[str, ...]:
    """A value's parts as text, without surrounding blanks."""
    if found is None or found == "":
        return ()
    several = hasattr(found, "__iter__") and not hasattr(found, "encode") and not hasattr(found, "components")
    return tuple(str(item).strip() for item in (found if several else [found]))


def integer(dataset: Tags, keyword: str, default: int) -> int:
    """A whole number, or the default."""
    try:
        return int(text(dataset, keyword))
    except ValueError:
        return default


def numbers(dataset: Tags, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers, or None."""
    try:
        found = tuple(float(item) for item in values(dataset, keyword))
    except ValueError:
        return None
    return found if len(found) == count and all(map(math.isfinite, found)) else None


def items(dataset: Tags, keyword: str) -> list[Tags]:
    """The items of a sequence; none where it is missing or damaged."""
    found = value(dataset, keyword)
    return [item for item in found if isinstance(item, Dataset | dict)] if found is not None else []


def functional(dataset: Tags, frame: int, sequence: str, keyword: str) -> Tags | None:
    """The group of an enhanced file that states a value for one frame, else for all frames, else the file itself.

    Source: DICOM PS3.3 C.7.6.16 (functional groups).
    """
    own = items(dataset, "PerFrameFunctionalGroupsSequence")[frame : frame + 1]
    for group in (*own, *items(dataset, "SharedFunctionalGroupsSequence")[:1]):
        stated = items(group, sequence)
        if stated and value(stated[0], keyword) is not None:
            return stated[0]
    return dataset if value(dataset, keyword) is not None else None


def day(dataset: Tags) -> str | None:
    """The day of the examination, ISO 8601; the older dotted form is understood."""
    return next((iso for keyword in _DATES if (iso := _iso(text(dataset, keyword)))), None)


def _iso(printed: str) -> str | None:
    digits = printed.replace(".", "")
    try:
        return date.fromisoformat(digits).isoformat() if re.fullmatch(r"\d{8}", digits) else None
    except ValueError:
        return None


def uid_of_file(sha256: str) -> str:
    """The UID of a file that has none of its own: 2.25. and the first 128 bits of its sha256."""
    return f"2.25.{int(sha256[:32], 16)}"


def complete_uids(header: Header, sha256: str) -> None:
    """Give a file the UIDs that it lacks, and one made of its text to each that is no UID (PS3.5, chapter 9)."""
    for keyword in _UIDS:
        stated = text(header, keyword)
        if not stated:
            header[keyword] = [uid_of_file(sha256)]
        elif not _UID.fullmatch(stated):
            header[keyword] = [uid_of_file(hashlib.sha256(stated.encode()).hexdigest())]
