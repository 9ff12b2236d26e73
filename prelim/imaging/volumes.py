"""Every slice of a series → its volumes: which slices belong together, in which order, where they lie.

Sorted by position along the normal (DICOM PS3.3 C.7.6.2.1.1), never by names or instance numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from prelim.imaging.cells import Cell, is_unresolved_mosaic
from prelim.imaging.geometry import SAME_POSITION_MM, Stack, normal_of, stack
from prelim.imaging.separation import Part, Spot, separate, spot, without_twins
from prelim.types import Kind

_SAME_DIRECTION = 0.01
_SAME_SPACING = 0.001
_ORTHOGONAL = 0.1
_FEW = 2
"""As many slices across a CT may be scouts."""


class Volume(NamedTuple):
    """Cells in anatomical order (along row × column) and where they lie; `stack` is None where no position is stated.

    `marks` tell it from its sisters in the series; `issues` are what is wrong with it, in plain words.
    """

    kind: Kind
    cells: tuple[Cell, ...]
    stack: Stack | None
    marks: Mapping[str, str]
    issues: tuple[str, ...]


def volumes_of(cells: Iterable[Cell]) -> list[Volume]:
    """The volumes of one series: the largest first, sisters by their marks (echo, then time …), then scouts, then
    images without a position. The order of the cells does not matter.
    """
    groups: list[list[Cell]] = []
    for cell in sorted(cells, key=lambda cell: (cell.place, cell.content)):
        found = next((group for group in groups if _alike(group[0], cell)), None)
        if found is None:
            groups.append([cell])
        else:
            found.append(cell)
    apart = [volume for group in sorted(groups, key=len, reverse=True) for volume in _volumes(group)]
    return sorted(_with_scouts(apart), key=lambda volume: (volume.stack is None, volume.kind == "scout"))


def same_images(one: Volume, other: Volume) -> bool:
    """Whether two volumes, of one series or of two, hold the same pixels at the same positions."""
    if [cell.content for cell in one.cells] != [cell.content for cell in other.cells]:
        return False
    if one.stack is None or other.stack is None:
        return one.stack is other.stack
    away = np.abs(np.array(one.stack.origins_lps) - np.array(other.stack.origins_lps))
    return bool(away.max() < SAME_POSITION_MM)


def _alike(one: Cell, other: Cell) -> bool:
    """Whether two cells share kind, matrix, direction and pixel spacing."""
    if (one.kind, one.rows, one.columns) != (other.kind, other.rows, other.columns):
        return False
    if one.plane is None or other.plane is None:
        return one.plane is other.plane
    ways = zip(one.plane[1] + one.plane[2], other.plane[1] + other.plane[2], strict=True)
    turned = max(abs(a - b) for a, b in ways)
    scaled = max(abs(a / b - 1) for a, b in zip(one.plane[3:], other.plane[3:], strict=True))
    return turned < _SAME_DIRECTION and scaled < _SAME_SPACING


def _volumes(group: Sequence[Cell]) -> list[Volume]:
    first = group[0]
    if first.plane is None:
        return [Volume(first.kind, tuple(group), None, {}, (_unplaced(group),))]
    return [_volume(part) for part in separate(without_twins(_spots(group)))]


def _unplaced(group: Sequence[Cell]) -> str:
    if all(is_unresolved_mosaic(cell) for cell in group):
        return "A mosaic that does not say where its slices lie: they are in the order of the files, without positions."
    return "Slice positions are not stated: images in the order of their instance numbers."


def _spots(group: Sequence[Cell]) -> list[Spot]:
    """Parallel cells with their heights along the first one's normal; heights that touch are one position."""
    placed = [(cell, cell.plane) for cell in group if cell.plane]
    heights = np.array([plane.position_mm for _, plane in placed]) @ normal_of(placed[0][1])
    order = np.argsort(heights, kind="stable")
    positions = np.empty(len(placed), int)
    positions[order] = np.cumsum(np.diff(heights[order], prepend=heights[order[0]]) >= SAME_POSITION_MM)
    return [spot(*each, int(positions[i]), float(heights[i])) for i, each in enumerate(placed)]


def _volume(part: Part) -> Volume:
    spots = sorted(part.spots, key=lambda spot: (spot.position, spot.cell.place))
    placed = stack([spot.plane for spot in spots])
    cells = tuple(spots[index].cell for index in placed.order)
    placed = placed._replace(order=tuple(range(len(cells))))
    issues = (*placed.issues, *part.issues, *_left_out(spots))
    return Volume(cells[0].kind, cells, placed, part.marks, issues)


def _left_out(spots: Sequence[Spot]) -> list[str]:
    copies, twins = sum(spot.copies for spot in spots), sum(spot.twins for spot in spots)
    found = []
    if copies:
        found.append(f"Sent more than once: {copies} images with the same pixels at the same position are left out.")
    if twins:
        found.append(f"Stored twice, as classic and as enhanced files: {twins} images are left out.")
    return found


def _with_scouts(volumes: Sequence[Volume]) -> list[Volume]:
    """A slice or two across the main volume of a CT are its scouts, whatever they are called."""
    main = next((volume for volume in volumes if volume.kind == "volume" and volume.stack), None)
    if main is None or main.cells[0].modality != "CT" or len(main.cells) <= _FEW:
        return list(volumes)
    across = [len(volume.cells) <= _FEW and _cosine(main, volume) < _ORTHOGONAL for volume in volumes]
    return [volume._replace(kind="scout") if yes else volume for volume, yes in zip(volumes, across, strict=True)]


def _cosine(one: Volume, other: Volume) -> float:
    """Between the normals of two volumes; 1 where one is not known."""
    first, second = one.cells[0].plane, other.cells[0].plane
    return abs(float(np.dot(normal_of(first), normal_of(second)))) if first and second else 1.0
