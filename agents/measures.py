"""The checks of a sentence's figures: dates, numbers, sizes, units and counts against what its evidence holds."""

import re
from collections.abc import Iterable, Iterator

from agents.dates import DateSaid, dates_in
from agents.facts import Facts
from agents.figures import Figure, counts_in, figures_in
from agents.results import without_names
from agents.words import sentences_of
from prelim.draft import Check
from prelim.knowledge.wording import wording

_OWN_DAY = re.compile(r"\((?:[\w ]+ )?(?:film|scan|slide|image|radiograph|ct|mri?|study) of $", re.I)
_ITEM = re.compile(r"^\s*\(?\d{1,2}[.)]\s+")
"""The number of an item in a list: "2. No pleural effusion."."""
_EARLIER_DAY = re.compile(
    r"\b(?:since|than|versus|vs\.?|relative to|compared (?:with|to)|comparison (?:with|to))"
    r"(?: (?:on|in|of|from|at|the|that|a|an|prior|previous|earlier|last|film|study|scan|image|radiograph|examination"
    r"|exam|dated|done|taken))*\s*$",
    re.I,
)


def check_figures(text: str, facts: Facts, closed: bool) -> Iterator[Check]:
    """A check each of dates and numbers, and one of each size, unit or count that the evidence does not bear out."""
    yield check_date(text, facts, closed)
    plain = _undated(text, facts)
    if not closed:  # the number of an item, and how long a person would wait, are no figures of the evidence
        plain = _ITEM.sub("", plain)
        plain = " ".join(said for said in sentences_of(plain) if not wording().advice.search(said.lower()))
    said = figures_in(without_names(plain, facts.labs, units=False))
    known = [figure for source in _sources(facts) for figure in figures_in(source)]
    sizes = [figure for figure in said if figure.mm is not None]
    yield from _sizes(sizes, known)
    others = [figure for figure in said if figure.mm is None]
    yield _number(others, known)
    yield from _units(others, known, closed)
    if closed:
        yield from _counts(plain, facts)


def check_date(text: str, facts: Facts, closed: bool) -> Check:
    """Each date is one of the facts', in its place: the images' own as "(film of …)", the earlier one after "since"."""
    since = {claim.since for claim in facts.claims if claim.change and claim.since}
    heard: list[DateSaid] = []
    for said in dates_in(text):
        own = is_own_day(text, said)
        if not said.among(_days_allowed(text, said, facts, closed)):
            return Check(name="date", passed=False, detail=f"{text[said.start : said.end]} is not in the evidence")
        heard += [] if own else [said]
    timed = facts.timeline and len(heard) > 1  # a time line chooses the times that it tells
    left_out = sorted(day for day in since if not any(said.fits(day) for said in heard)) if closed and not timed else []
    return Check(name="date", passed=not left_out, detail=f"leaves out {left_out[0]}" if left_out else "")


def is_own_day(text: str, said: DateSaid) -> bool:
    """Whether a date is given as the images' own: "(film of …)"."""
    return _OWN_DAY.search(text[: said.start]) is not None


def _days_allowed(text: str, said: DateSaid, facts: Facts, closed: bool) -> set[str]:
    """The days that may stand where a date stands."""
    before, films = text[: said.start], set(facts.film_dates)
    since = {claim.since for claim in facts.claims if claim.change and claim.since}
    timed = {day for point in facts.points for day in (point.on, point.since) if day} if facts.timeline else set()
    if is_own_day(text, said):
        return films
    is_earlier = bool(_EARLIER_DAY.search(before)) or (_resolved(facts) and before.endswith("of "))
    quoted = {day for quote in facts.quotes for found in dates_in(quote) for day in found.days}
    collected = {lab.collected[:10] for lab in facts.labs if lab.collected}
    collected |= {point.date[:10] for point in facts.before.values() if point.date}
    if since and (closed or is_earlier):
        return since | timed
    return since | timed | collected | quoted | films | set(facts.dates)


def _resolved(facts: Facts) -> bool:
    return any(claim.change == "resolved" for claim in facts.claims)


def _undated(text: str, facts: Facts) -> str:
    """The text without the names of days: "unknown date, 2 of 3" holds no figures."""
    for day in facts.days:
        text = text.replace(day, " ")
    return text


def _sources(facts: Facts) -> Iterator[str]:
    """The texts that figures may come from."""
    yield from facts.quotes
    for lab in facts.labs:
        yield f"{lab.value_text} {lab.unit}"
        yield lab.reference.text
    for point in facts.before.values():
        yield f"{point.value_text} {point.unit}"


def _number(said: Iterable[Figure], known: Iterable[Figure]) -> Check:
    """Each number stands in the evidence, and no more often than there."""
    left = [figure.number for figure in known]
    for figure in said:
        if figure.number not in left:
            name = "count" if figure.in_words else "number"
            return Check(name=name, passed=False, detail=f"{figure.number:g} is not in the evidence")
        left.remove(figure.number)
    return Check(name="number", passed=True)


def _sizes(said: Iterable[Figure], known: Iterable[Figure]) -> Iterator[Check]:
    """A size is the evidence's, in whatever unit of length."""
    measured = {figure.mm for figure in known if figure.mm is not None}
    for figure in said:
        if figure.mm not in measured:
            yield Check(name="size", passed=False, detail=f"a size of {figure.mm:g} mm is not in the evidence")
            return


def _units(said: Iterable[Figure], known: Iterable[Figure], closed: bool) -> Iterator[Check]:
    """A number that the evidence gives a unit has that unit."""
    for figure in said:
        same = [other.unit for other in known if other.number == figure.number and other.mm is None]
        spoken = figure.unit is not None or closed
        if spoken and same and figure.unit not in same and None not in same:
            yield Check(name="unit", passed=False, detail=f"the evidence gives {figure.number:g} in {same[0]}")
            return
        if figure.unit and same and not any(same):
            yield Check(name="unit", passed=False, detail=f"the evidence gives {figure.number:g} no unit")
            return


def _counts(text: str, facts: Facts) -> Iterator[Check]:
    """A vague count is quoted from the evidence, not made."""
    quoted = {count for quote in facts.quotes for count in counts_in(quote)}
    made = [count for count in counts_in(without_names(text, facts.labs)) if count not in quoted]
    if made:
        yield Check(name="count", passed=False, detail=f"the evidence does not say {made[0]}")
