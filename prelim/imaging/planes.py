"""The plane of each frame, from its tags or its functional groups."""

from prelim.imaging.geometry import Plane
from prelim.imaging.tags import Tags, functional, items, numbers, values

_ORIENTATION = ("PlaneOrientationSequence", "ImageOrientationPatient", 6)
_POSITION = ("PlanePositionSequence", "ImagePositionPatient", 3)
_FARTHEST_MM = 1e6
_SPACING = ("PixelMeasuresSequence", "PixelSpacing", 2)


def is_mosaic(dataset: Tags) -> bool:
    """Whether the slices of a volume lie side by side in one picture (Siemens)."""
    return "MOSAIC" in values(dataset, "ImageType")


def planes_of(dataset: Tags, frames: int) -> tuple[Plane, ...]:
    """One plane a frame; empty where any frame lacks its position, or a picture is not one slice."""
    groups = len(items(dataset, "PerFrameFunctionalGroupsSequence")) or 1
    planes = [plane_of(dataset, frame) for frame in range(frames)] if groups == frames else []
    return tuple(plane for plane in planes if plane) if all(planes) and not is_mosaic(dataset) else ()


def plane_of(dataset: Tags, frame: int) -> Plane | None:
    """The plane of one frame; None where position, orientation or spacing is missing or impossible."""
    position, spacing = _stated(dataset, frame, *_POSITION), _stated(dataset, frame, *_SPACING)
    direction = direction_of(dataset, frame)
    if position is None or direction is None or spacing is None or min(spacing) <= 0:
        return None
    if max(map(abs, (*position, *spacing))) > _FARTHEST_MM:
        return None
    (x, y, z), (a, b, c, d, e, f) = position, direction
    return Plane((x, y, z), (a, b, c), (d, e, f), spacing[0], spacing[1])


def direction_of(dataset: Tags, frame: int = 0) -> tuple[float, ...] | None:
    """The six direction cosines of a frame, if they are two unit vectors at a right angle."""
    stated = _stated(dataset, frame, *_ORIENTATION)
    if stated is None:
        return None
    row, column = stated[:3], stated[3:]
    lengths = [sum(value * value for value in vector) for vector in (row, column)]
    upright = abs(sum(a * b for a, b in zip(row, column, strict=True))) < 0.01
    return stated if upright and all(abs(length - 1) < 0.02 for length in lengths) else None


def _stated(dataset: Tags, frame: int, sequence: str, keyword: str, count: int) -> tuple[float, ...] | None:
    group = functional(dataset, frame, sequence, keyword)
    return None if group is None else numbers(group, keyword, count)
