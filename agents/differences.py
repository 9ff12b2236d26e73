"""Where two drafts differ, as paths into draft.json: `labs[l-12].value`, `sections.findings[s-34].text`."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from agents.draft import content
from prelim.draft import Draft

_UNSURE = ("probability", "mass")
"""What is computed in floating point: equal within a tolerance."""


class Difference(NamedTuple):
    """One place where two drafts differ; None where one of them has nothing there."""

    path: str
    stored: Any
    now: Any


def differences(stored: Draft, now: Draft, tolerance: float = 0.0) -> list[Difference]:
    """Every place where what two drafts say differs, probabilities by more than the tolerance."""
    return [d for d in _differing(content(stored), content(now), "") if not _within(d, tolerance)]


def largest_deviation(stored: Draft, now: Draft) -> float:
    """The largest difference between two probabilities that both drafts give."""
    return max((_deviation(d) for d in _differing(content(stored), content(now), "")), default=0.0)


def _within(difference: Difference, tolerance: float) -> bool:
    return 0 < _deviation(difference) <= tolerance


def _deviation(difference: Difference) -> float:
    """How far a probability is off; 0 for what is none, or none on one side."""
    pair = (difference.stored, difference.now)
    unsure = difference.path.endswith(_UNSURE) and all(isinstance(value, float | int) for value in pair)
    return round(abs(pair[0] - pair[1]), 9) if unsure else 0.0


def _differing(stored: Any, now: Any, path: str) -> Iterator[Difference]:
    if isinstance(stored, dict) and isinstance(now, dict):
        for name in sorted({*stored, *now}):
            yield from _differing(stored.get(name), now.get(name), f"{path}.{name}" if path else name)
    elif isinstance(stored, list) and isinstance(now, list):
        yield from _in_lists(stored, now, path)
    elif stored != now:
        yield Difference(path, stored, now)


def _in_lists(stored: list[Any], now: list[Any], path: str) -> Iterator[Difference]:
    """Items with ids are matched by these, others by their places."""
    mine, others = _keyed(stored), _keyed(now)
    for key in dict.fromkeys([*mine, *others]):
        yield from _differing(mine.get(key), others.get(key), f"{path}[{key}]")
    if list(mine) != list(others) and mine.keys() == others.keys():
        yield Difference(f"{path} (order)", list(mine), list(others))


def _keyed(items: list[Any]) -> dict[str, Any]:
    ids = [item["id"] if isinstance(item, dict) and "id" in item else None for item in items]
    known = None not in ids and len(set(ids)) == len(ids)
    return {str(ids[place] if known else place): item for place, item in enumerate(items)}
