"""Which files belong together: by series, matrix, direction and kind."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from prelim.imaging.planes import direction_of
from prelim.imaging.tags import Header, Tags, integer, text, values
from prelim.types import Kind

PROJECTIONS = ("CR", "DX", "DR", "RG", "MG", "RF", "XA", "IO", "PX")
_VOLUMES = ("CT", "MR", "PT", "NM")
_PHOTOGRAPHS = ("XC", "ES", "GM", "OP", "SM", "DMS")
_SAME_DIRECTION = 0.01


class Source(NamedTuple):
    """A DICOM file whose header could be read: its path in the case, the file itself, its header."""

    path: str
    file: Path
    header: Header


def kind_of(dataset: Tags) -> Kind:
    """What kind of picture a file holds, by its modality, image type and number of frames."""
    modality, frames = text(dataset, "Modality"), integer(dataset, "NumberOfFrames", 1)
    if modality in PROJECTIONS:
        return "clip" if frames > 1 else "projection"
    if modality in _VOLUMES:
        return "scout" if "LOCALIZER" in values(dataset, "ImageType") else "volume"
    if modality in ("US", "IVUS"):
        return "clip" if frames > 1 else "still"
    return "photograph" if modality in _PHOTOGRAPHS else "other"


def group(sources: Iterable[Source]) -> list[list[Source]]:
    """Files that make one series or one volume of it, each group in the order of instance numbers and names.

    Volumes and scouts are grouped; every other file stands alone, because its view is its own.
    """
    groups: dict[tuple[Any, ...], list[list[Source]]] = {}
    for source in sorted(sources, key=_instance):
        alike = groups.setdefault(_key(source.header), [])
        found = next((members for members in alike if _parallel(members[0].header, source.header)), None)
        if found is None:
            alike.append([source])
        else:
            found.append(source)
    return [members for alike in groups.values() for members in alike]


def _instance(source: Source) -> tuple[int, str]:
    return (integer(source.header, "InstanceNumber", 0), source.path)


def _key(dataset: Tags) -> tuple[Any, ...]:
    kind = kind_of(dataset)
    alone = "" if kind in ("volume", "scout") else text(dataset, "SOPInstanceUID")
    uids = (text(dataset, "StudyInstanceUID"), text(dataset, "SeriesInstanceUID"))
    return (*uids, integer(dataset, "Rows", 0), integer(dataset, "Columns", 0), kind, alone)


def _parallel(one: Tags, other: Tags) -> bool:
    """Whether two files share a direction, or neither states one."""
    first, second = direction_of(one), direction_of(other)
    if first is None or second is None:
        return first is second
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) < _SAME_DIRECTION
