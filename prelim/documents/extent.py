"""How much of a finding a text describes, and where in the lungs: steps of scales, compared only within one scale.

A word belongs to a mention if it stands in its clause and no other mention stands between; where two steps of one
scale belong to it, it has none. What one of two texts leaves out is not compared.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from prelim.documents.sides import Span, clause_of
from prelim.knowledge.course import course_words
from prelim.knowledge.cues import cues

Trend = Literal["worse", "better"]
_JOINT = re.compile(r",|\b(?:and|or|with)\b", re.I)


class Extent(NamedTuple):
    """`steps` maps a scale to the step that is stated; `zones` are those of a lung; `whole`: it is all over a lung."""

    steps: dict[str, int]
    zones: frozenset[str] = frozenset()
    whole: bool = False


def extent_of(sentence: str, mention: Span, others: Sequence[Span] = ()) -> Extent:
    """How much of a mention a sentence states, and where; `others` are the sentence's other mentions."""
    words, start = course_words(), _window(sentence, mention, others)
    said = sentence[start[0] : start[1]]
    steps = _agreed({name: {int(hit.meaning) for hit in scale.find(said)} for name, scale in words.scales.items()})
    zones = {hit.meaning for hit in words.zones.find(said)}
    return Extent(steps, frozenset(zones - {"whole"}), zones == {"whole"})


def _window(sentence: str, mention: Span, others: Sequence[Span]) -> Span:
    """The stretch whose words belong to a mention: up to the joint that parts it from the next mention."""
    first, last = clause_of(sentence, mention, cues())
    before = max((span[1] for span in others if span[1] <= mention[0]), default=None)
    after = min((span[0] for span in others if span[0] >= mention[1]), default=None)
    if before is not None and before > first:
        joints = [joint.end() for joint in _JOINT.finditer(sentence, before, mention[0])]
        first = joints[-1] if joints else before
    if after is not None and after < last:
        joints = [joint.start() for joint in _JOINT.finditer(sentence, mention[1], after)]
        last = joints[-1] if joints else after
    return first, last


def together(extents: Sequence[Extent]) -> Extent:
    """What several mentions of one finding say: zones add up, and a scale has a step where they agree on it."""
    scales = {scale for extent in extents for scale in extent.steps}
    steps = _agreed({name: {one.steps[name] for one in extents if name in one.steps} for name in scales})
    zones = frozenset(zone for extent in extents for zone in extent.zones)
    return Extent(steps, zones, any(extent.whole for extent in extents))


def _agreed(steps: dict[str, set[int]]) -> dict[str, int]:
    """The step of each scale: the only one, or the greatest where that is what tells."""
    greatest = course_words().greatest
    return {scale: max(found) for scale, found in steps.items() if len(found) == 1 or (found and scale in greatest)}


def trends_between(earlier: Extent, later: Extent) -> set[Trend]:
    """The directions in which a finding went from one text to another, by each scale that both state.

    More zones than before are worse; fewer are not better, for what a text leaves out it does not deny.
    """
    found: set[Trend] = {"worse"} if earlier.zones < later.zones and earlier.zones else set()
    found |= {"worse"} if later.whole and earlier.zones else set()
    for scale in earlier.steps.keys() & later.steps.keys():
        step = later.steps[scale] - earlier.steps[scale]
        found |= {"worse"} if step > 0 else {"better"} if step < 0 else set()
    return found
