"""The plane of each frame, from its tags or its functional groups."""

from prelim.imaging.geometry import Plane
from prelim.imaging.tags import Tags, items, numbers, values

Groups = tuple[Tags, ...]
_ORIENTATION = ("PlaneOrientationSequence", "ImageOrientationPatient", 6)
_POSITION = ("PlanePositionSequence", "ImagePositionPatient", 3)
_FARTHEST_MM = 1e6
_SPACING = ("PixelMeasuresSequence", "PixelSpacing", 2)


def is_mosaic(dataset: Tags) -> bool:
    """Whether the slices of a volume lie side by side in one picture (Siemens)."""
    return "MOSAIC" in values(dataset, "ImageType")


def groups_of(dataset: Tags, frames: int) -> list[Groups]:
    """What speaks for each frame: its own functional groups, those of all frames, the file. The first counts.

    Source: DICOM PS3.3 C.7.6.16. Groups for another number of frames than there are speak for none.
    """
    own, shared = items(dataset, "PerFrameFunctionalGroupsSequence"), items(dataset, "SharedFunctionalGroupsSequence")
    each = [(group,) for group in own] if len(own) == frames else [()] * frames
    return [(*group, *shared[:1], dataset) for group in each]


def holders(groups: Groups, path: str) -> list[Tags]:
    """Where a value may stand: in the sequence of each functional group, in the file. `path` may nest: "A/B"."""
    *functional, file = groups
    for sequence in path.split("/"):
        functional = [item for group in functional for item in items(group, sequence)[:1]]
    return [*functional, file]


def are_placed(dataset: Tags, frames: int) -> bool:
    """Whether the file can say where each frame lies: each is one slice, with its own groups if there are several."""
    return (len(items(dataset, "PerFrameFunctionalGroupsSequence")) or 1) == frames and not is_mosaic(dataset)


def plane_in(groups: Groups) -> Plane | None:
    """The plane of one frame; None where position, orientation or spacing is missing or impossible."""
    position, spacing = _stated(groups, *_POSITION), _stated(groups, *_SPACING)
    direction = _direction_in(groups)
    if position is None or direction is None or spacing is None or min(spacing) <= 0:
        return None
    if max(map(abs, (*position, *spacing))) > _FARTHEST_MM:
        return None
    (x, y, z), (a, b, c, d, e, f) = position, direction
    return Plane((x, y, z), (a, b, c), (d, e, f), spacing[0], spacing[1])


def _direction_in(groups: Groups) -> tuple[float, ...] | None:
    """The six direction cosines of a frame, if they are two unit vectors at a right angle."""
    stated = _stated(groups, *_ORIENTATION)
    if stated is None:
        return None
    row, column = stated[:3], stated[3:]
    lengths = [sum(value * value for value in vector) for vector in (row, column)]
    upright = abs(sum(a * b for a, b in zip(row, column, strict=True))) < 0.01
    return stated if upright and all(abs(length - 1) < 0.02 for length in lengths) else None


def _stated(groups: Groups, sequence: str, keyword: str, count: int) -> tuple[float, ...] | None:
    holder = next((holder for holder in holders(groups, sequence) if values(holder, keyword)), None)
    return None if holder is None else numbers(holder, keyword, count)
