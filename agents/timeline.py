"""The check of a sentence that tells a finding at several times: each part is borne out by one of its points."""

import re
from collections.abc import Iterable

from agents import words
from agents.dates import DateSaid, dates_in
from agents.facts import Facts, Point
from agents.measures import is_own_day
from prelim.draft import Check
from prelim.types import State

_SINCE = re.compile(r"\b(?:since|than|from|compared (?:with|to))(?: (?:on|the|that|film|of|study))*\s*$", re.I)
_STATES: dict[str, State] = {"affirmed": "present", "negated": "absent", "uncertain": "uncertain"}


def is_timed(text: str, facts: Facts) -> bool:
    """Whether a sentence tells more than one time of a finding."""
    return facts.timeline and len(_days(text)) > 1


def _days(text: str) -> list[DateSaid]:
    """The dates of a sentence but the images' own."""
    return [said for said in dates_in(text) if not is_own_day(text, said)]


def check_timeline(text: str, facts: Facts) -> Check:
    """Each date with the words up to it, from the date before: a point of the finding at that day says the same."""
    start = 0
    for said in _days(text):
        words_before = text[start : said.start]
        part = re.split(r"[;,:]\s+|\bthen\b", words_before)[-1] if start else words_before
        if not _borne_out(part, said, facts.points):
            told = f"{part.strip(' ,;:')} {text[said.start : said.end]}".strip()
            return Check(name="change", passed=False, detail=f"no comparison bears out: {told}")
        start = said.end
    return Check(name="change", passed=True)


def _borne_out(part: str, said: DateSaid, points: Iterable[Point]) -> bool:
    """Whether a point says what stands before a date."""
    changes, earlier = words.changes_in(part), bool(_SINCE.search(part))
    state = _STATES.get(words.polarity(part))
    for point in points:
        day = point.since if earlier else point.on
        if day is None or not said.fits(day):
            continue
        same = changes == {point.change} if changes or (point.change and not point.state) else point.state == state
        if same:
            return True
    return False
