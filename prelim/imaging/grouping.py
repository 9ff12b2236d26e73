"""Which files belong together: by series and kind."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from prelim.imaging.dicom import SLIDE_SOP_CLASS
from prelim.imaging.tags import Header, Tags, integer, text, values
from prelim.types import Kind

PROJECTIONS = ("CR", "DX", "DR", "RG", "MG", "RF", "XA", "IO", "PX")
_VOLUMES = ("CT", "MR", "PT", "NM")
_PHOTOGRAPHS = ("XC", "ES", "GM", "OP", "SM", "DMS")
_SCOUT_TYPES = {"LOCALIZER", "SCOUT", "TOPOGRAM"}
_SCOUT_NAME = re.compile(r"(?<![a-z])(scout|topogram|locali[sz]er|surview|scanogram)", re.IGNORECASE)


class Content(NamedTuple):
    """What one frame holds: its lowest and highest value, and a digest of what it shows."""

    low: float
    high: float
    digest: str


class Source(NamedTuple):
    """A DICOM file whose header could be read: its path in the case, the file itself, its header.

    `contents` are those of its first frames, as far as they were looked at; `fault` is why none could be: the code,
    message and remedy of an InputError.
    """

    path: str
    file: Path
    header: Header
    contents: tuple[Content, ...] = ()
    fault: tuple[str, str, str] | None = None


def kind_of(dataset: Tags) -> Kind:
    """What kind of picture a file holds, by its modality, image type and number of frames."""
    modality, frames = text(dataset, "Modality"), integer(dataset, "NumberOfFrames", 1)
    if text(dataset, "SOPClassUID") == SLIDE_SOP_CLASS:
        return "slide"
    if modality in PROJECTIONS:
        return "clip" if frames > 1 else "projection"
    if modality in _VOLUMES:
        return "scout" if _is_scout(dataset) else "volume"
    if modality in ("US", "IVUS"):
        return "clip" if frames > 1 else "still"
    return "photograph" if modality in _PHOTOGRAPHS else "other"


def _is_scout(dataset: Tags) -> bool:
    """By image type, else by the series' name; a CT slice that calls itself axial is none, whatever the name."""
    stated = set(values(dataset, "ImageType"))
    if stated & (_SCOUT_TYPES | {"AXIAL"}):
        return not stated.isdisjoint(_SCOUT_TYPES)
    return any(_SCOUT_NAME.search(text(dataset, keyword)) for keyword in ("SeriesDescription", "ProtocolName"))


def group(sources: Iterable[Source]) -> list[list[Source]]:
    """The files of each series, in the order of instance numbers and names.

    Volumes, scouts and the levels of a slide are grouped; every other file stands alone, because its view is its own.
    """
    groups: dict[tuple[str, ...], list[Source]] = {}
    for source in sorted(sources, key=lambda source: (integer(source.header, "InstanceNumber", 0), source.path)):
        groups.setdefault(_key(source.header), []).append(source)
    return list(groups.values())


def _key(header: Header) -> tuple[str, ...]:
    keywords = ["StudyInstanceUID", "SeriesInstanceUID"]
    if kind_of(header) not in ("volume", "scout", "slide"):
        keywords.append("SOPInstanceUID")
    return tuple(text(header, keyword) for keyword in keywords)
