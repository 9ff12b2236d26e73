"""Which files belong together: by series, matrix, direction and kind."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from pydicom import Dataset

from prelim.imaging.planes import direction_of
from prelim.imaging.tags import integer, text, values
from prelim.types import Kind

PROJECTIONS = ("CR", "DX", "DR", "RG", "MG", "RF", "XA", "IO", "PX")
_VOLUMES = ("CT", "MR", "PT", "NM")
_PHOTOGRAPHS = ("XC", "ES", "GM", "OP", "SM", "DMS")
_SAME_DIRECTION = 0.01
_SCOUT_TYPES = {"LOCALIZER", "SCOUT", "TOPOGRAM"}
_SCOUT_NAME = re.compile(r"(?<![a-z])(scout|topogram|locali[sz]er|surview|scanogram)", re.IGNORECASE)


class Source(NamedTuple):
    """A DICOM file that could be read."""

    path: str
    dataset: Dataset


def kind_of(dataset: Dataset) -> Kind:
    """What kind of picture a file holds, by its modality, image type and number of frames."""
    modality, frames = text(dataset, "Modality"), integer(dataset, "NumberOfFrames", 1)
    if modality in PROJECTIONS:
        return "clip" if frames > 1 else "projection"
    if modality in _VOLUMES:
        return "scout" if _is_scout(dataset) else "volume"
    if modality in ("US", "IVUS"):
        return "clip" if frames > 1 else "still"
    return "photograph" if modality in _PHOTOGRAPHS else "other"


def _is_scout(dataset: Dataset) -> bool:
    """By image type, else by the series' name; a CT slice that calls itself axial is none, whatever the name."""
    stated = set(values(dataset, "ImageType"))
    if stated & (_SCOUT_TYPES | {"AXIAL"}):
        return not stated.isdisjoint(_SCOUT_TYPES)
    return any(_SCOUT_NAME.search(text(dataset, keyword)) for keyword in ("SeriesDescription", "ProtocolName"))


def group(sources: Iterable[Source]) -> list[list[Source]]:
    """Files that make one series or one volume of it, each group in the order of instance numbers and names.

    Volumes and scouts are grouped; every other file stands alone, because its view is its own.
    """
    groups: dict[tuple[Any, ...], list[list[Source]]] = {}
    for source in sorted(sources, key=_instance):
        alike = groups.setdefault(_key(source.dataset), [])
        found = next((members for members in alike if _parallel(members[0].dataset, source.dataset)), None)
        if found is None:
            alike.append([source])
        else:
            found.append(source)
    return [members for alike in groups.values() for members in alike]


def _instance(source: Source) -> tuple[int, str]:
    return (integer(source.dataset, "InstanceNumber", 0), source.path)


def _key(dataset: Dataset) -> tuple[Any, ...]:
    kind = kind_of(dataset)
    alone = "" if kind in ("volume", "scout") else text(dataset, "SOPInstanceUID")
    uids = (text(dataset, "StudyInstanceUID"), text(dataset, "SeriesInstanceUID"))
    return (*uids, integer(dataset, "Rows", 0), integer(dataset, "Columns", 0), kind, alone)


def _parallel(one: Dataset, other: Dataset) -> bool:
    """Whether two files share a direction, or neither states one."""
    first, second = direction_of(one), direction_of(other)
    if first is None or second is None:
        return first is second
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) < _SAME_DIRECTION
