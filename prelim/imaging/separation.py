"""Which of the images that lie parallel make one volume: each position once.

Images at one position differ in echo, time, contrast …: the mark that separates them so that every part covers the
same positions makes the volumes.
"""

import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from prelim.imaging.cells import MARKS, Cell
from prelim.imaging.geometry import Plane, stack

_STORED, _ORIGIN = "Storage", "Origin"
_SEPARATORS = (*MARKS, _STORED, _ORIGIN)
_ORDERS = {
    "TemporalPosition": "time points",
    "TriggerTime": "trigger times",
    "FrameReferenceTime": "reference times",
    "AcquisitionDateTime": "acquisition times",
    "AcquisitionTime": "acquisition times",
    "AcquisitionNumber": "acquisition numbers",
    "ContentTime": "content times",
}
"""Marks that order the images of one position, with the words for them."""
OCCURRENCE = "Occurrence"
"""The mark of volumes that only the order of their files tells apart."""


class Spot(NamedTuple):
    """A cell with a plane. `position` numbers the positions along the normal, `height_mm` is it; `copies` of it were
    left out, and `twins` because the series is stored both classic and enhanced. `marks` are the cell's, with the form
    it is stored in and where its first pixel lies in the plane.
    """

    cell: Cell
    plane: Plane
    position: int
    height_mm: float
    marks: Mapping[str, str]
    copies: int = 0
    twins: int = 0


class Part(NamedTuple):
    """Cells that make one volume, the marks that tell it from its sisters, and what is wrong with it."""

    spots: tuple[Spot, ...]
    marks: dict[str, str]
    issues: tuple[str, ...]


Spots = Sequence[Spot]
Parts = dict[str, list[Spot]]


def spot(cell: Cell, plane: Plane, position: int, height_mm: float) -> Spot:
    """A spot with its marks."""
    x, y = (sum(map(operator.mul, plane.position_mm, way)) for way in (plane.row_direction, plane.column_direction))
    own = {_STORED: "enhanced" if cell.enhanced else "classic", _ORIGIN: f"{x:.1f}\\{y:.1f}"}
    return Spot(cell, plane, position, height_mm, {**cell.marks, **own})


def separate(spots: Spots) -> list[Part]:
    """Volumes from parallel slices of one matrix, in the order of the marks that separate them."""
    spots = _without_copies(spots)
    found = _separator(spots)
    if found is None:
        return [Part(tuple(spots), {}, ())] if _most(spots) == 1 else _by_occurrence(spots)
    name, parts = found
    together = _positions(spots) if _most(spots) > 1 else set()
    return [
        Part(part.spots, {name: value, **part.marks}, (*part.issues, *_lacking(members, together)))
        for value, members in sorted(parts.items(), key=lambda part: _value_key(part[0]))
        for part in separate(members)
    ]


def _separator(spots: Spots) -> tuple[str, Parts] | None:
    """The best mark to separate by, with its parts; None where none is needed, or none does."""
    repeated = _most(spots) > 1
    if not repeated and _is_even(spots):
        return None
    candidates = [(name, parts) for name in _SEPARATORS if len(parts := _parts(spots, name)) > 1]
    fits: tuple[Callable[[Spots, Parts], bool], ...] = (_cover, _suffice, _are_even) if repeated else (_interleave,)
    return next(((name, parts) for fit in fits for name, parts in candidates if fit(spots, parts)), None)


def _cover(spots: Spots, parts: Parts) -> bool:
    """Whether the parts hold more than half of all positions on average: so they are no pieces of one volume."""
    held = sum(len(_positions(members)) for members in parts.values())
    return 2 * held > len(parts) * len(_positions(spots))


def _suffice(spots: Spots, parts: Parts) -> bool:
    """Whether there are only as many parts as images at one position, each with each position once."""
    return len(parts) == _most(spots) and all(_most(part) == 1 and len(part) > 1 for part in parts.values())


def _are_even(spots: Spots, parts: Parts) -> bool:
    """Whether each part is an evenly spaced stack of its own."""
    return all(len(part) > 1 and _most(part) == 1 and _is_even(part) for part in parts.values())


def _interleave(spots: Spots, parts: Parts) -> bool:
    """Whether the parts are evenly spaced stacks that overlap, as contrast phases do at shifted positions."""
    if not _are_even(spots, parts):
        return False
    ends = sorted((min(heights), max(heights)) for part in parts.values() if (heights := [s.height_mm for s in part]))
    return all(second[0] < first[1] for first, second in pairwise(ends))


def _lacking(members: Spots, together: set[int]) -> list[str]:
    missing = len(together) - len(_positions(members)) if together else 0
    return [f"Lacks {missing} of the {len(together)} slice positions of its series."] if missing else []


def _by_occurrence(spots: Spots) -> list[Part]:
    """The first, second … image of each position, by the clock if one orders them, else by their files."""
    columns = defaultdict(list)
    for spot in spots:
        columns[spot.position].append(spot)
    name = next((name for name in _ORDERS if all(_orders(column, name) for column in columns.values())), "")
    ranks: dict[int, list[Spot]] = defaultdict(list)
    for column in columns.values():
        for rank, spot in enumerate(sorted(column, key=lambda s: (_value_key(s.marks.get(name, "")), s.cell.place))):
            ranks[rank].append(spot)
    words = f"the order of their {_ORDERS.get(name, 'instance numbers')}"
    issues = [f"Up to {len(ranks)} images at one position: separated by {words} alone."]
    if len({len(column) for column in columns.values()}) > 1:
        issues.append("Some positions hold fewer images than others: this volume may mix images of several.")
    return [Part(tuple(part), {OCCURRENCE: str(rank + 1)}, tuple(issues)) for rank, part in sorted(ranks.items())]


def _orders(column: Spots, name: str) -> bool:
    return len({spot.marks.get(name, "") for spot in column}) == len(column)


# ------------------------------------------------------------------ copies


def _without_copies(spots: Spots) -> list[Spot]:
    """Each image once: the same pixels at the same position, with the same marks unless nothing but copies repeats.

    Blank slices of a time series are alike and no copies: they stay where every position holds equally many images
    with them and not without.
    """
    alike = _merged(spots, lambda spot: (spot.position, spot.marks[_ORIGIN], spot.cell.content))
    if _most(alike) == 1:
        return alike
    exact = _merged(spots, lambda spot: (spot.position, spot.cell.content, frozenset(spot.marks.items())))
    return list(spots) if _regular(spots) and not _regular(exact) else exact


def _merged(spots: Spots, key: Callable[[Spot], Hashable]) -> list[Spot]:
    """The first spot of each key, with the number of the others."""
    kept: dict[Hashable, Spot] = {}
    for spot in sorted(spots, key=lambda spot: spot.cell.place):
        first = kept.get(key(spot))
        copies, twins = (first.copies + 1, first.twins) if first else (0, 0)
        kept[key(spot)] = (first or spot)._replace(copies=copies + spot.copies, twins=twins + spot.twins)
    return list(kept.values())


def without_twins(spots: Spots) -> list[Spot]:
    """A series that is stored both classic and enhanced, once: the larger form, and what only the other holds."""
    forms = [[spot for spot in spots if spot.cell.enhanced is enhanced] for enhanced in (True, False)]
    less, more = sorted(forms, key=len)
    unmatched = Counter((spot.position, spot.cell.content) for spot in less)
    kept = []
    for spot in more:
        twin = unmatched[spot.position, spot.cell.content] > 0
        unmatched[spot.position, spot.cell.content] -= twin
        kept.append(spot._replace(twins=int(twin)))
    for spot in less:
        if unmatched[spot.position, spot.cell.content] > 0:
            unmatched[spot.position, spot.cell.content] -= 1
            kept.append(spot)
    return kept


# ------------------------------------------------------------------ marks and positions


def _value_key(value: str) -> tuple[float, str]:
    """Numbers in their order, then words."""
    try:
        return (float(value.split("\\")[0]), value)
    except ValueError:
        return (float("inf"), value)


def _parts(spots: Spots, name: str) -> Parts:
    parts = defaultdict(list)
    for spot in spots:
        parts[spot.marks.get(name, "")].append(spot)
    return parts


def _positions(spots: Spots) -> set[int]:
    return {spot.position for spot in spots}


def _most(spots: Spots) -> int:
    """The largest number of images at one position."""
    return max(Counter(spot.position for spot in spots).values())


def _regular(spots: Spots) -> bool:
    return len(set(Counter(spot.position for spot in spots).values())) == 1


def _is_even(spots: Spots) -> bool:
    return stack([spot.plane for spot in spots]).affine_lps is not None
