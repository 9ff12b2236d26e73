"""The check of a sentence that tells a finding at several times: each part is borne out by one of its points."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from agents import words
from agents.dates import DateSaid, dates_in
from agents.facts import Facts, Point
from agents.labels import names
from agents.measures import is_own_day
from prelim.draft import Check
from prelim.types import State

_SINCE = re.compile(
    r"\b(?:since|than|from|similar to|compared (?:with|to))(?: (?:on|the|that|film|of|study))*\s*$", re.I
)
_JOINT = re.compile(r"[;,:]\s+|\bthen\b")
_PAIRED = re.compile(r"\s+(?:(?:is|was)\s+)?(?P<change>\w+(?:\s\w+)?)\s+(?:than|since)(?:\s+on)?\s+", re.I)
"""What stands between two dates that are compared: "2024-06-01 worse than 2024-01-10"."""
_TOLD = re.compile(r"\b(?:present|absent|uncertain|reported|seen|no|not)\b", re.I)
_STATES: dict[str, State] = {"affirmed": "present", "negated": "absent", "uncertain": "uncertain"}


def is_timed(text: str, facts: Facts) -> bool:
    """Whether a sentence tells more than one time of a finding."""
    return facts.timeline and len(_days(text)) > 1


def _days(text: str) -> list[DateSaid]:
    """The dates of a sentence but the images' own."""
    return [said for said in dates_in(text) if not is_own_day(text, said)]


def check_timeline(text: str, facts: Facts) -> Check:
    """Each date with the words that belong to it: a point of the finding at that day says the same."""
    sides = words.sides_in(text)
    mine = [point for point in facts.points if names(text, point.label) and (not sides or point.side in sides)]
    paired = list(_pairs(text))
    for later, change, earlier in paired:
        points = (p for p in mine if p.on and p.since and later.fits(p.on) and earlier.fits(p.since))
        if not any(words.changes_in(change) == {point.change} for point in points):
            told = text[later.start : earlier.end]
            return Check(name="change", passed=False, detail=f"no comparison bears out: {told}")
    taken = {said for later, _, earlier in paired for said in (later, earlier)}
    for part, said in _parts(text):
        if said not in taken and not _borne_out(part, said, mine):
            told = f"{part.strip(' ,;:.')} {text[said.start : said.end]}".strip()
            return Check(name="change", passed=False, detail=f"no comparison bears out: {told}")
    return Check(name="change", passed=True)


def _pairs(text: str) -> Iterator[tuple[DateSaid, str, DateSaid]]:
    """Each two dates with a change between them, the later first."""
    for later, earlier in pairwise(_days(text)):
        between = _PAIRED.fullmatch(text, later.end, earlier.start)
        if between:
            yield later, between["change"], earlier


def _parts(text: str) -> Iterator[tuple[str, DateSaid]]:
    """Each date with the words before it ("worse 2024-06-01"), or behind it where the sentence begins with a date."""
    days = _days(text)
    ahead = text[: days[0].start]
    behind = not words.changes_in(ahead) and not _TOLD.search(ahead)
    for index, said in enumerate(days):
        if behind:
            last = days[index + 1].start if index + 1 < len(days) else len(text)
            yield _JOINT.split(text[said.end : last])[0], said
        else:
            yield _JOINT.split(text[days[index - 1].end if index else 0 : said.start])[-1], said


def _borne_out(part: str, said: DateSaid, points: Iterable[Point]) -> bool:
    """Whether a point says what stands before a date: at that day against the time before it, or since it up to now."""
    changes = words.changes_in(part)
    meant = list(_since(said, points) if _SINCE.search(part) else _at(said, points))
    if changes:
        return any(changes == {point.change} for point in meant)
    state = _STATES.get(words.polarity(part))
    return any(point.state is not None and point.state == state for point in meant)


def _at(said: DateSaid, points: Iterable[Point]) -> Iterator[Point]:
    """What is known of a day; of its comparisons that with the latest film before it."""
    here = [point for point in points if point.on and said.fits(point.on)]
    nearest = max((point.since for point in here if point.since), default=None)
    return (point for point in here if point.since in (None, nearest))


def _since(said: DateSaid, points: Iterable[Point]) -> Iterator[Point]:
    """The comparisons with a day: that of the latest film with it."""
    back = [point for point in points if point.since and said.fits(point.since)]
    latest = max((point.on for point in back if point.on), default=None)
    return (point for point in back if point.on == latest)
