"""One slice as it lies in a file, with all that may tell it from another at the same place."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from prelim.imaging.geometry import Plane
from prelim.imaging.grouping import kind_of
from prelim.imaging.mosaic import Mosaic, tile_planes
from prelim.imaging.planes import Groups, are_placed, groups_of, holders, plane_in
from prelim.imaging.tags import Tags, integer, items, text, values
from prelim.types import Kind

_CONTENT, _TIMING = "FrameContentSequence", "MRTimingAndRelatedParametersSequence"
_CARDIAC, _BREATH = "CardiacSynchronizationSequence", "RespiratorySynchronizationSequence"
_GRADIENT = "MRDiffusionSequence/DiffusionGradientDirectionSequence"
_CLOCKS = ("AcquisitionDateTime", "AcquisitionTime", "ContentTime")
_MARKS: dict[str, tuple[tuple[str, str], ...]] = {
    "ImageType": (
        ("MRImageFrameTypeSequence", "FrameType"),
        ("CTImageFrameTypeSequence", "FrameType"),
        ("PETFrameTypeSequence", "FrameType"),
        ("", "ImageType"),
    ),
    "ComplexImageComponent": (("MRImageFrameTypeSequence", "ComplexImageComponent"),),
    "EchoTime": (("MREchoSequence", "EffectiveEchoTime"), ("", "EchoTime")),
    "EchoNumbers": (("", "EchoNumbers"),),
    "InversionTime": (("MRModifierSequence", "InversionTimes"), ("", "InversionTime")),
    "FlipAngle": ((_TIMING, "FlipAngle"),),
    "RepetitionTime": ((_TIMING, "RepetitionTime"),),
    "DiffusionBValue": (("MRDiffusionSequence", "DiffusionBValue"),),
    "DiffusionDirectionality": (("MRDiffusionSequence", "DiffusionDirectionality"),),
    "DiffusionGradientOrientation": ((_GRADIENT, "DiffusionGradientOrientation"),),
    "SequenceName": (("", "SequenceName"),),
    "ContrastBolusAgentPhase": (("ContrastBolusUsageSequence", "ContrastBolusAgentPhase"),),
    "ContrastBolusAgent": (("", "ContrastBolusAgent"),),
    "TemporalPosition": ((_CONTENT, "TemporalPositionIndex"), ("", "TemporalPositionIdentifier")),
    "TemporalPositionTimeOffset": (("TemporalPositionSequence", "TemporalPositionTimeOffset"),),
    "CardiacPhase": ((_CARDIAC, "NominalPercentageOfCardiacPhase"),),
    "TriggerTime": ((_CARDIAC, "NominalCardiacTriggerDelayTime"), ("", "TriggerTime")),
    "RespiratoryPhase": ((_BREATH, "NominalPercentageOfRespiratoryPhase"),),
    "FrameReferenceTime": (("", "FrameReferenceTime"),),
    "MonoenergeticEnergyEquivalent": (("CTAdditionalXRaySourceSequence", "MonoenergeticEnergyEquivalent"),),
    "KVP": (("CTXRayDetailsSequence", "KVP"),),
    "ConvolutionKernel": (("CTReconstructionSequence", "ConvolutionKernel"),),
    "SliceThickness": (("PixelMeasuresSequence", "SliceThickness"),),
    "StackID": ((_CONTENT, "StackID"),),
    "AcquisitionNumber": ((_CONTENT, "FrameAcquisitionNumber"), ("", "AcquisitionNumber")),
    "AcquisitionDateTime": ((_CONTENT, "FrameAcquisitionDateTime"), ("", "AcquisitionDateTime")),
    "AcquisitionTime": (("", "AcquisitionTime"),),
    "ContentTime": (("", "ContentTime"),),
}
"""Mark → (functional group, keyword) in the order of trust; a keyword is also looked for in the file itself."""
MARKS = tuple(_MARKS)
"""The names of the marks, what tells volumes apart best first: what was measured, then when."""
MARK_KEYWORDS = tuple(dict.fromkeys(keyword for places in _MARKS.values() for _, keyword in places))
"""What the marks are read from."""
_CONVERTED = ("UnassignedPerFrameConvertedAttributesSequence", "UnassignedSharedConvertedAttributesSequence")


class Cell(NamedTuple):
    """One frame of a file, or one tile of a mosaic.

    `source` is the file's index, `frame` counts the file's frames (or a mosaic's tiles) from 0; `content` is a digest
    of the decoded pixels; `marks` are values as text by the names of MARKS; `instance` orders the files: instance
    number, then number in a concatenation. `plane` is None where the position is not stated.
    """

    source: int
    frame: int
    plane: Plane | None
    marks: Mapping[str, str]
    content: str
    enhanced: bool
    instance: tuple[int, int]
    kind: Kind
    modality: str
    rows: int
    columns: int

    @property
    def place(self) -> tuple[tuple[int, int], int, int]:
        """Where the cell stands among the files, not in the patient."""
        return (self.instance, self.source, self.frame)


def cells_of(header: Tags, source: int, contents: Sequence[str], mosaic: Mosaic | None = None) -> list[Cell]:
    """One cell a frame of a file, or one a tile of a mosaic. `contents` holds the digest of each."""
    rows, columns = integer(header, "Rows", 0), integer(header, "Columns", 0)
    if mosaic:
        rows, columns = rows // mosaic.grid, columns // mosaic.grid
        groups = groups_of(header, 1) * mosaic.slices
        planes = _planes_of_tiles(groups[0], mosaic, rows, columns)
    else:
        groups = groups_of(header, len(contents))
        placed = are_placed(header, len(contents))
        planes = [plane_in(each) if placed else None for each in groups]
    told = dict(mosaic.marks) if mosaic else {}
    return [
        Cell(
            source=source,
            frame=frame,
            plane=plane,
            marks={**dict(_marks(each)), **told},
            content=content,
            enhanced=_enhanced(header),
            instance=(integer(header, "InstanceNumber", 0), integer(header, "InConcatenationNumber", 0)),
            kind=kind_of(header),
            modality=text(header, "Modality"),
            rows=rows,
            columns=columns,
        )
        for frame, (each, plane, content) in enumerate(zip(groups, planes, contents, strict=True))
    ]


def is_unresolved_mosaic(cell: Cell) -> bool:
    """Whether a cell is a mosaic, or a tile of one, whose slices could not be placed."""
    return cell.plane is None and "MOSAIC" in cell.marks.get("ImageType", "")


def _planes_of_tiles(groups: Groups, mosaic: Mosaic, rows: int, columns: int) -> Sequence[Plane | None]:
    whole = plane_in(groups)
    return (tile_planes(whole, mosaic, rows, columns) if whole else None) or [None] * mosaic.slices


def _enhanced(header: Tags) -> bool:
    sequences = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
    return any(items(header, sequence) for sequence in sequences)


def _marks(groups: Groups) -> Iterator[tuple[str, str]]:
    # What a converted file could not assign to a functional group lies apart (PS3.3 C.7.6.16.2.25).
    converted = [item for sequence in _CONVERTED for item in holders(groups, sequence)[:-1]]
    for name, places in _MARKS.items():
        for path, keyword in places:
            for holder in (*(holders(groups, path) if path else groups[-1:]), *converted):
                stated = values(holder, keyword)
                if any(stated):
                    yield name, "\\".join(stated if name in _CLOCKS else map(_rounded, stated))
                    break
            else:
                continue
            break


def _rounded(stated: str) -> str:
    """A number in six digits, so that 4.92 and 4.920001 ms are one echo; words as they are."""
    try:
        number = float(stated)
    except ValueError:
        return stated
    return f"{number:.6g}" if math.isfinite(number) else stated
