"""Repairs: what is wrong in a sentence and has exactly one right value by its facts is replaced by it.

Only where every check passes afterwards, and never in a person's words. A denial, a finding or what was left out is
nothing that a word could be put in for: such a sentence is the reporter's to say again.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from agents.checks import check_statement, passed
from agents.dates import dates_in, without_dates
from agents.facts import Facts
from agents.figures import figures_in
from agents.measures import is_own_day
from agents.results import result_named, value_end
from prelim.draft import Check
from prelim.knowledge.wording import wording

Fix = tuple[int, int, str]
"""The stretch [start, end) of a text and what stands there instead."""


def repaired(text: str, facts: Facts, checks: Sequence[Check]) -> tuple[str, tuple[Check, ...]] | None:
    """The text with its wrong values put right, and its checks with a record of that; None where it cannot be."""
    fixes = [fix for name in dict.fromkeys(c.name for c in checks if not c.passed) for fix in _fixes(name, text, facts)]
    if not fixes:
        return None
    fixed = text
    for start, end, right in sorted(set(fixes), reverse=True):
        fixed = fixed[:start] + right + fixed[end:]
    again = check_statement(fixed, facts)
    if not passed(again):
        return None
    told = ", ".join(f"{text[start:end].strip()} → {right.strip()}" for start, end, right in sorted(set(fixes)))
    return fixed, (*again, Check(name="repair", passed=True, detail=f"repaired: {told}"))


def _fixes(name: str, text: str, facts: Facts) -> Iterator[Fix]:
    maker = _MAKERS.get(name)
    return maker(text, facts) if maker else iter(())


def _dates(text: str, facts: Facts) -> Iterator[Fix]:
    """A date in whose place only one day may stand."""
    since = {claim.since for claim in facts.claims if claim.since}
    for said in dates_in(text):
        right = set(facts.film_dates) if is_own_day(text, said) else since
        if len(right) == 1 and not said.among(right):
            yield said.start, said.end, right.pop()


def _sides(text: str, facts: Facts) -> Iterator[Fix]:
    """The only side word of a sentence about one finding on one side."""
    sides = {claim.side for claim in facts.claims}
    said = list(re.finditer(r"\b(?:right|left)(?=\b|-)", text, re.I))
    right = next(iter(sides)) if len(sides) == 1 else None
    if right in ("left", "right") and len(said) == 1:
        yield said[0].start(), said[0].end(), _as_printed(right, said[0].group())


def _changes(text: str, facts: Facts) -> Iterator[Fix]:
    """The only change word of a sentence, if the right change has a word of the same form."""
    changes = {claim.change for claim in facts.claims}
    said = list(wording().change_word.finditer(without_dates(text).lower()))
    right = next(iter(changes)) if len(changes) == 1 else None
    form = next((form for form in wording().forms if len(said) == 1 and said[0].group() in form.values()), None)
    if right and form and right in form:
        yield said[0].start(), said[0].end(), _as_printed(form[right], text[said[0].start() : said[0].end()])


def _figures(text: str, facts: Facts) -> Iterator[Fix]:
    """The value of the only result that a sentence names, and its unit."""
    if len(facts.labs) != 1:
        return
    lab = facts.labs[0]
    named = result_named(text, lab)
    if named is None:
        return
    rest = without_dates(text)[named.end() :]
    end, said = value_end(rest, lab.value_text), next(iter(figures_in(rest)), None)
    if end is None and said:
        mark = re.search(r"(?:[<>]=?|[≤≥])\s*$", rest[: said.start])
        start = mark.start() if mark else said.start
        yield named.end() + start, named.end() + said.end, lab.value_text
        end = said.end
    unit = _UNIT.match(rest, end) if end is not None else None
    if unit and lab.unit and unit.group().strip() != lab.unit and figures_in(rest[: unit.end()])[0].unit:
        yield named.end() + unit.start(), named.end() + unit.end(), f" {lab.unit}"


_UNIT = re.compile(r"\s*(?:%|10\^?\d+/\w+|[A-Za-zµμ]+(?:/[\w.]+)*)")
_MAKERS: dict[str, Callable[[str, Facts], Iterator[Fix]]] = {
    "date": _dates,
    "side": _sides,
    "change": _changes,
    "number": _figures,
    "unit": _figures,
}


def _as_printed(word: str, printed: str) -> str:
    """A word with the capital that another stood with."""
    return word.capitalize() if printed[:1].isupper() else word
